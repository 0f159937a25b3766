"""Draw DOT from standard input to standard output, in a process of its own.

Names in a graph reach C code here: Graphviz, cairo, pango. So this file is run
as a script by :mod:`provkit.drawing.render`, limits its own memory and time
before it reads a byte, and imports nothing of provkit.

Usage: ``graphviz_child.py FORMAT SECONDS MEGABYTES``. Exit codes: 0 drawn,
3 no Graphviz found, anything else: it failed.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys

NOTHING_FOUND = 3


def main(kind: str, seconds: int, megabytes: int) -> int:
    """Draw with the pygraphviz wheel, which holds Graphviz, or with a ``dot`` on the path."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import pygraphviz  # noqa: PLC0415 - optional, and may be missing
    except ImportError:
        dot = shutil.which("dot")
        if dot is None:
            return NOTHING_FOUND
        os.execv(dot, [dot, f"-T{kind}"])  # noqa: S606 - a fixed program, no shell
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(graph.draw(format=kind, prog="dot"))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
