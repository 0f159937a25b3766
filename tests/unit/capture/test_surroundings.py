"""Where a run happened is read from files; no program is started for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provkit.capture.environment import VARIABLES, observe_environment
from provkit.capture.git import look_at_git
from provkit.capture.noise import Noise
from provkit.capture.redact import Redactor
from provkit.capture.tree import Tree
from provkit.model.events import EnvironmentObserved, ProcessStarted

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def look(folder: Path) -> Tree:
    return Tree(str(folder), Noise(str(folder)))


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """git in a folder, with nobody's settings."""

    def call(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        return subprocess.check_output(
            ["git", *who, *words], cwd=tmp_path, text=True, env=env, stderr=subprocess.STDOUT
        ).strip()

    call("init", "-q")
    return call


@needs_git
def test_commit_branch_and_remote(git: Callable[..., str], tmp_path: Path) -> None:
    """As git itself says."""
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "x")
    git("remote", "add", "origin", "https://x.org/r.git")

    facts = look_at_git(look(tmp_path))
    assert facts == {
        "git.commit": git("rev-parse", "HEAD"),
        "git.branch": "main",
        "git.remote": "https://x.org/r.git",
        "git.dirty": "0",
    }


@needs_git
def test_packed_refs_and_detached_head(git: Callable[..., str], tmp_path: Path) -> None:
    """Both ways a commit may be named."""
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "x")
    commit = git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert look_at_git(look(tmp_path))["git.commit"] == commit

    git("checkout", "-q", "--detach")
    facts = look_at_git(look(tmp_path))
    assert facts["git.commit"] == commit
    assert "git.branch" not in facts


@needs_git
def test_dirty_files_are_those_that_git_names(git: Callable[..., str], tmp_path: Path) -> None:
    """Changed and deleted ones; names may be anything."""
    names = ["plain", "with space", "café", "sub/deep", "unchanged"]
    (tmp_path / "sub").mkdir()
    for name in names:
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "-qm", "x")
    for name in names[:3]:
        (tmp_path / name).write_text("22")
    (tmp_path / "sub/deep").unlink()
    (tmp_path / "untracked").write_text("")

    facts = look_at_git(look(tmp_path))
    assert set(facts["git.dirty_files"].split("\n")) == set(names[:4])
    assert facts["git.dirty"] == "4"


def test_without_a_repository_nothing_is_said(tmp_path: Path) -> None:
    """The temporary folder is in none."""
    assert look_at_git(look(tmp_path)) == {}


@pytest.mark.parametrize("head", ["", "ref: refs/heads/none", "nonsense", "ref: ../../etc/passwd"])
def test_a_strange_repository_does_no_harm(tmp_path: Path, head: str) -> None:
    """It may be half made, or made up."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    (tmp_path / ".git" / "index").write_bytes(b"DIRC\0\0\0\2\0\0\0\5short")

    assert "git.commit" not in look_at_git(look(tmp_path))


def observed(folder: Path, environ: dict[str, str], *executables: str) -> EnvironmentObserved:
    programs = [
        ProcessStarted(
            process=1, at=datetime.now(UTC), command=(name,), directory=".", executable=name
        )
        for name in executables
    ]
    return observe_environment(environ, programs, look(folder), Redactor(environ))


def test_packages_of_a_python_are_the_installed_ones(tmp_path: Path) -> None:
    """Those of the environment that ran, by their metadata folders."""
    env = tmp_path / "venv"
    packages = env / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (env / "bin").mkdir()
    (env / "bin" / "python").symlink_to(sys.executable)
    (env / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.9\n")
    for name in ("numpy-2.4.0.dist-info", "My_Pkg-1.0.post1.dist-info", "old-3.egg-info", "junk"):
        (packages / name).mkdir()

    found = observed(tmp_path, {}, str(env / "bin" / "python"))
    assert found.packages == {"numpy": "2.4.0", "my-pkg": "1.0.post1", "old": "3"}
    assert found.facts["python.version"] == "3.11.9"


def test_packages_of_r_come_from_their_descriptions(tmp_path: Path) -> None:
    """R_LIBS first."""
    package = tmp_path / "library" / "aPackage"
    package.mkdir(parents=True)
    (package / "DESCRIPTION").write_text("Package: aPackage\nVersion: 1.2-3\n")

    found = observed(tmp_path, {"R_LIBS": str(tmp_path / "library")}, "/usr/bin/Rscript")
    assert found.packages["aPackage"] == "1.2-3"


def test_only_variables_of_the_list_are_kept(tmp_path: Path) -> None:
    """By name, and without what looks secret."""
    environ = {
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "4",
        "HOME": "/home/ann",
        "API_TOKEN": "abc123XYZ",
        "PATH": "/opt/ghp_0123456789abcdefghijABCDEFGHIJ012345/bin",
    }

    found = observed(tmp_path, environ)
    assert found.variables == {
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "4",
        "PATH": "/opt/[redacted]/bin",
    }


@pytest.mark.parametrize("name", ["HOME", "USER", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "X"])
def test_personal_variables_are_not_on_the_list(name: str) -> None:
    """What a program computes does not depend on them."""
    assert not VARIABLES.match(name)
