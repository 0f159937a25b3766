"""Other people's cases: the YesWorkflow conformance pack, when it lies beside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[3] / "shared" / "check" / "yw.py"


@pytest.mark.skipif(
    not CHECK.is_file(), reason="the conformance pack does not lie beside the checkout"
)
def test_every_counted_case_agrees() -> None:
    """Annotations, models, graphs, resources, listings and skeletons, as YesWorkflow or mended."""
    done = subprocess.run(
        [sys.executable, CHECK],
        env={**os.environ, "PROVKIT": str(Path(sys.executable).with_name("provkit"))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
