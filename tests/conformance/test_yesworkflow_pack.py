"""Other people's cases: the YesWorkflow conformance pack, when it lies beside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = Path(__file__).resolve().parents[3] / "shared" / "check"


@pytest.mark.skipif(
    not CHECKS.is_dir(), reason="the conformance pack does not lie beside the checkout"
)
@pytest.mark.parametrize(
    ("script", "only"),
    [
        ("yw.py", ""),
        ("questions.py", " q"),
        ("questions.py", " workflow"),
        ("questions.py", " complete"),
        ("questions.py", " rm_"),
    ],
)
def test_every_counted_case_agrees(script: str, only: str, provkit_bin: Path) -> None:
    done = subprocess.run(
        [sys.executable, CHECKS / script, "--only", only],
        env={**os.environ, "PROVKIT": str(provkit_bin)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
