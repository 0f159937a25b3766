"""Noise is put aside by what and where a path is; the user has the last word."""

from __future__ import annotations

import pytest

from provkit.capture.noise import Noise

HOME = {"HOME": "/home/ann"}


def noise(project: str = "/home/ann/project", **globs: list[str]) -> Noise:
    return Noise(project, environ=HOME, **globs)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/lib/libc.so.6", "library"),
        ("/usr/bin/sort", "system"),
        ("/etc/passwd", "system"),
        ("/proc/self/maps", "system"),
        ("/dev/null", "system"),
        ("/home/ann/.bashrc", "settings"),
        ("/home/ann/.local/lib/python3.11/site-packages/x/y.py", "package"),
        ("/opt/R/4.2/lib/R/library/base/DESCRIPTION", "library"),
        ("/tmp/RtmpAbc/file", "cache"),
        ("/home/ann/project/.git/HEAD", "version control"),
        ("/home/ann/project/src/__pycache__/m.cpython-311.pyc", "bytecode"),
        ("/home/ann/project/.venv/lib/python3.11/os.py", "package"),
        ("/home/ann/project/node_modules/x/index.js", "package"),
        ("/home/ann/project/.ipynb_checkpoints/a.ipynb", "cache"),
        ("/home/ann/project/notes.txt~", "editor"),
        ("/home/ann/project/.notes.swp", "editor"),
        ("/home/ann/project/.provkit/runs/x.jsonl", "provkit"),
    ],
)
def test_noise_has_a_kind(path: str, kind: str) -> None:
    """The report counts by it."""
    assert noise().kind(path) == kind


@pytest.mark.parametrize(
    "path",
    [
        "/home/ann/project/data.csv",
        "/home/ann/project/etc/settings.ini",
        "/home/ann/project/usr/lib/data",
        "/home/ann/project/~",
        "/home/ann/project/.hidden/data.csv",
        "/home/ann/project/.env",
        "/data/shared/in.csv",
        "/tmp/in.csv",
        "/home/ann/other/in.csv",
        "/mnt/lib.csv",
    ],
)
def test_data_is_no_noise(path: str) -> None:
    """Where a project lies must not decide what is data in it."""
    assert noise().kind(path) is None


def test_a_project_below_a_noisy_place_is_no_noise() -> None:
    """Somebody may work in /usr/local/src or ~/.cache."""
    assert noise("/usr/local/src/p").kind("/usr/local/src/p/in.csv") is None
    assert noise("/home/ann/.cache/p").kind("/home/ann/.cache/p/in.csv") is None


def test_include_lets_through_and_exclude_wins() -> None:
    """As the command line says."""
    rules = noise(include=[".git/**", "*.log"], exclude=["secret/", "*.key", "!x"])

    assert rules.kind("/home/ann/project/.git/HEAD") is None
    assert rules.kind("/var/log/x.log") is None
    assert rules.kind("/home/ann/project/secret/a/b") == "excluded"
    assert rules.kind("/home/ann/project/a/b.key") == "excluded"
    assert noise(include=["*"], exclude=["a"]).kind("/home/ann/project/a") == "excluded"


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("*.csv", ["a.csv", "x/y/a.csv"], ["a.csv.gz", "csv"]),
        ("data/*.csv", ["data/a.csv"], ["data/x/a.csv", "other/data/a.csv"]),
        ("data/**", ["data/a", "data/x/y"], ["data", "datax/a"]),
        ("**/tmp/*", ["tmp/a", "x/tmp/a"], ["tmp/x/a"]),
        ("a?c[0-9]", ["abc1"], ["abc", "abcx", "a/c1"]),
        ("[!a].txt", ["b.txt"], ["a.txt"]),
        ("./a.csv", ["a.csv"], ["b.csv"]),
        ("a(b)+.c", ["a(b)+.c"], ["abb.c", "a(b)+xc"]),
    ],
)
def test_globs_are_globs(glob: str, inside: list[str], outside: list[str]) -> None:
    """``*`` stays in a folder, ``**`` does not, everything else is itself."""
    rules = noise(exclude=[glob])

    assert {
        name for name in inside if rules.kind(f"/home/ann/project/{name}") != "excluded"
    } == set()
    assert {
        name for name in outside if rules.kind(f"/home/ann/project/{name}") == "excluded"
    } == set()


def test_each_path_counts_once() -> None:
    """A library that is opened a hundred times is one hidden file."""
    rules = noise()
    for _ in range(3):
        assert rules.hides("/usr/bin/sort")
        assert not rules.hides("/home/ann/project/in.csv")
    rules.hides("/home/ann/project/.provkit/runs/x")

    assert rules.hidden() == {"system": 1}


def test_what_was_only_looked_at_does_not_count() -> None:
    """Comparing the project before and after touches everything."""
    rules = noise()
    rules.kind("/usr/bin/sort")

    assert rules.hidden() == {}


def test_a_named_file_is_never_noise() -> None:
    """--input says so."""
    rules = noise(exclude=["*"])
    rules.let_through("/etc/passwd")

    assert rules.kind("/etc/passwd") is None


def test_paths_are_written_from_the_project() -> None:
    """As every record does."""
    rules = noise()

    assert rules.relative("/home/ann/project/a/b") == "a/b"
    assert rules.relative("/home/ann/project") == "."
    assert rules.relative("/home/ann/project2/a") == "/home/ann/project2/a"
