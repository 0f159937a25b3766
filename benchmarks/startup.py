"""How quickly the command line answers, as a multiple of ``python -c pass``.

    python benchmarks/startup.py [PROJECT]

PROJECT is a project folder with runs in it, such as ``demo`` after ``make demo``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paired import compare, print_table

GOALS = {"provkit --help": 4.0, "provkit runs": 8.0, "import provkit": 3.0}


def main() -> None:
    """Print the table."""
    project = Path(sys.argv[1] if len(sys.argv) > 1 else "demo").resolve()
    provkit = str(Path(sys.executable).with_name("provkit"))
    commands = {
        "import provkit": [sys.executable, "-c", "import provkit"],
        "provkit --help": [provkit, "--help"],
        "provkit runs": [provkit, "runs"],
        "provkit show latest": [provkit, "show", "latest"],
        "provkit lineage results/Grass_map.csv": [provkit, "lineage", "results/Grass_map.csv"],
    }
    rows = compare(commands, baseline=[sys.executable, "-c", "pass"], cwd=project)
    print_table(f"Start-up in {project.name}/", rows, GOALS)


if __name__ == "__main__":
    main()
