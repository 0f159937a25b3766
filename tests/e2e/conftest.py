"""The installed program: the wheel, built once, in a virtual environment of its own.

``PROVKIT_BIN`` names another program to test. Else the environment in
``build/e2e`` is used again as long as the sources are the same. Dependencies
come from the package index that pip is set up for; without one, those that run
this test serve.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / "build" / "e2e"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Provkit:
    """The installed program, called in one folder."""

    binary: Path
    folder: Path

    def __call__(self, *words: str | Path, code: int = 0, **settings: Any) -> Done:
        """Run a command line and hold it to its exit code."""
        done = subprocess.run(
            [self.binary, *words],
            cwd=settings.pop("cwd", self.folder),
            env={**clean_environment(), **settings.pop("env", {})},
            capture_output=True,
            check=False,
            timeout=120,
            **settings,
        )
        err = done.stderr.decode()
        assert "Traceback" not in err or "run" in words[:3], err  # a script may have one
        assert done.returncode == code, (words, done.returncode, err)
        return Done(done.returncode, done.stdout, err)


def clean_environment() -> dict[str, str]:
    """The environment without what would lead the program elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PROVKIT_", "PYTHON")) and name != "XDG_CONFIG_HOME"
    }


@pytest.fixture(scope="session")
def provkit_bin() -> Path:
    """Path of the installed ``provkit``."""
    named = os.environ.get("PROVKIT_BIN")
    if named:
        return Path(named).resolve()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:  # one worker builds, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed()


@pytest.fixture(scope="session")
def times_python(provkit_bin: Path) -> Callable[..., float]:
    """How many times what Python itself takes to start a command takes, in processor time.

    Processor time, the best of many, turn by turn: other work on the machine
    must not decide.
    """
    beside = provkit_bin.parent / "python"
    python = beside if beside.exists() else Path(sys.executable)

    def measure(*words: str, cwd: Path, turns: int = 15) -> float:
        ours, theirs = [], []
        for _ in range(turns):
            ours.append(_processor_s([str(provkit_bin), *words], cwd))
            theirs.append(_processor_s([str(python), "-c", "pass"], cwd))
        return min(ours) / min(theirs)

    return measure


def _processor_s(command: list[str], cwd: Path) -> float:
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL) as going:
        _, status, used = os.wait4(going.pid, 0)
        going.returncode = os.waitstatus_to_exitcode(status)
    assert going.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.fixture
def provkit(provkit_bin: Path, tmp_path: Path) -> Provkit:
    """The installed program in an empty folder."""
    return Provkit(provkit_bin, tmp_path)


def _installed() -> Path:
    folder = CACHE / "venv"
    stamp, digest = folder / "provkit-sources", _sources_digest()
    program = folder / "bin" / "provkit"
    if program.exists() and stamp.exists() and stamp.read_text() == digest:
        return program
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    wheel = _build_wheel()
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input"]
    quiet = ["--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    whole = f"{wheel}[graphviz]"  # as the README tells users
    done = subprocess.run([*pip, *quiet, whole], capture_output=True, check=False)
    if done.returncode:
        _borrow_dependencies(folder)
    subprocess.run([*pip, *quiet, "--no-deps", "--force-reinstall", wheel], check=True)
    stamp.write_text(digest)
    return program


def _build_wheel() -> Path:
    out = CACHE / "dist"
    shutil.rmtree(out, ignore_errors=True)
    here = ["--no-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "build", "--wheel", *here, "--outdir", out, CHECKOUT]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def _borrow_dependencies(folder: Path) -> None:
    """Let the environment see the packages of this one, after its own."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path = folder / "lib" / version / "site-packages" / "borrowed.pth"
    path.write_text(sysconfig.get_path("purelib") + "\n")


def _sources_digest() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(str(path.relative_to(CHECKOUT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield CHECKOUT / "pyproject.toml"
    yield CHECKOUT / "README.md"
    for part in ("provkit", "ontologies", "sparql"):
        for path in sorted((CHECKOUT / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
