"""The log of strace is read whatever names are in it and in whatever order lines come."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.strace_log import StraceLog
from provkit.capture.tree import Tree
from provkit.model.events import Event, FileAccessed, ProcessStarted


class Reader:
    """Reads log lines as if they came from a run in a project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.events: list[Event] = []
        noise = Noise(str(project), environ={})
        self.observer = Observer(noise, self.events.append, Tree(str(project), noise))
        self.path = project.parent / "strace.log"
        self.log = StraceLog(str(self.path), self.observer, command=100, directory=str(project))

    def read(self, *lines: str) -> list[tuple[str, str, str | None]]:
        """Feed lines; the accesses that come of them."""
        text = "".join(f"{line}\n" for line in lines).replace("{p}", str(self.project))
        self.path.write_bytes(text.encode())
        self.log.close()
        accesses = [event for event in self.events if isinstance(event, FileAccessed)]
        return [(e.kind, e.path, e.target) for e in accesses]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "project").mkdir()
    return Reader(tmp_path / "project")


START = '100 1.000000 execve("/bin/sh", ["sh", "-c", "x"], 0x7ffc /* 3 vars */) = 0'


def test_flags_decide_what_an_opening_is(reader: Reader) -> None:
    """As everywhere in provkit."""
    (reader.project / "in").write_text("x")

    assert reader.read(
        START,
        '100 1.1 openat(AT_FDCWD<{p}>, "x", O_RDONLY) = 3<{p}/x>'.replace("1.1", "1.100000"),
        '100 1.200000 openat(AT_FDCWD<{p}>, "in", O_RDONLY|O_CLOEXEC) = 3<{p}/in>',
        '100 1.300000 open("out", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4<{p}/out>',
        '100 1.400000 creat("made", 0644) = 5<{p}/made>',
        '100 1.500000 openat2(AT_FDCWD<{p}>, "log", {flags=O_WRONLY|O_CREAT|O_APPEND, mode=0644,'
        " resolve=0}, 24) = 6<{p}/log>",
        '100 1.600000 openat(AT_FDCWD<{p}>, ".", O_RDONLY|O_DIRECTORY) = 7<{p}>',
        '100 1.700000 openat(AT_FDCWD<{p}>, "in", O_RDONLY|O_PATH) = 8<{p}/in>',
    ) == [
        ("read", "x", None),
        ("read", "in", None),
        ("write", "out", None),
        ("write", "made", None),
        ("write", "log", None),
        ("list", ".", None),
    ]


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        (r"caf\351", "caf\udce9"),
        (r"\303\251", "é"),
        (r"a\tb\nc\\d\"e", 'a\tb\nc\\d"e'),
        (r"a\74b\76", "a<b>"),
        (r"x, O_WRONLY", "x, O_WRONLY"),
        (r"\1771", "\x7f1"),
    ],
)
def test_names_are_unquoted(reader: Reader, quoted: str, name: str) -> None:
    """strace writes bytes that do not print as octal numbers."""
    line = f'100 1.100000 openat(AT_FDCWD<{{p}}>, "{quoted}", O_RDONLY) = 3<{{p}}/{quoted}>'

    assert reader.read(START, line) == [("read", name, None)]


def test_plain_paths_start_at_the_folder_of_their_process(reader: Reader) -> None:
    """`-y` gives no folder for rename, unlink and execve."""
    (reader.project / "sub").mkdir()

    assert reader.read(
        START,
        "100 1.050000 clone(child_stack=NULL, flags=SIGCHLD) = 101",
        '101 1.100000 chdir("sub") = 0',
        '101 1.200000 rename("a", "b") = 0',
        '100 1.300000 unlink("c") = 0',
        "101 1.400000 fchdir(3<{p}>) = 0",
        '101 1.500000 symlink("b", "d") = 0',
        '101 1.600000 renameat2(5<{p}/sub>, "b", AT_FDCWD<{p}>, "e", RENAME_NOREPLACE) = 0',
        '101 1.700000 unlinkat(AT_FDCWD<{p}>, "sub", AT_REMOVEDIR) = 0',
    ) == [
        ("rename", "sub/a", "sub/b"),
        ("delete", "c", None),
        ("link", "b", "d"),
        ("rename", "sub/b", "e"),
    ]


def test_a_child_that_speaks_before_its_parent_is_known_is_its_child(reader: Reader) -> None:
    """Lines stand in the order in which calls end, and clone may end late."""
    told = reader.read(
        START,
        '101 1.200000 openat(AT_FDCWD<{p}>, "x", O_WRONLY|O_CREAT, 0666) = 3<{p}/x>',
        "100 1.300000 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88) = 101",
        "101 1.400000 +++ exited with 0 +++",
        "100 1.500000 +++ exited with 3 +++",
    )
    started = [event for event in reader.events if isinstance(event, ProcessStarted)]

    assert told == [("write", "x", None)]
    assert [(e.pid, e.parent) for e in started] == [(100, None), (101, 1)]
    assert reader.log.over


def test_threads_are_their_process(reader: Reader) -> None:
    """They open files in its name."""
    reader.read(
        START,
        "100 1.100000 clone3({flags=CLONE_VM|CLONE_THREAD|CLONE_FS}, 88) = 101",
        '101 1.200000 openat(AT_FDCWD<{p}>, "x", O_WRONLY|O_CREAT, 0666) = 3<{p}/x>',
        "101 1.300000 +++ exited with 0 +++",
        '100 1.400000 openat(AT_FDCWD<{p}>, "y", O_WRONLY|O_CREAT, 0666) = 3<{p}/y>',
    )

    assert {e.process for e in reader.events if isinstance(e, FileAccessed)} == {1}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "garbage",
        "100 1.100000 openat(AT_FDCWD<{p}",
        "100 1.100000 openat(AT_FDCWD<{p}>, ) = ?",
        '100 1.100000 rename("a") = 0',
        "100 1.100000 clone() = 0",
        "999 1.100000 +++ killed by SIGKILL +++",
        "100 1.100000 --- SIGTERM {si_signo=SIGTERM} ---",
        '100 99999999999999999999.100000 openat(AT_FDCWD<{p}>, "q", O_RDONLY) = 3<{p}/q>',
    ],
)
def test_a_line_that_makes_no_sense_is_left_out(reader: Reader, line: str) -> None:
    """strace was killed, or is a version that we do not know."""
    told = reader.read(START, line, '100 2.000000 openat(AT_FDCWD<{p}>, "x", O_RDONLY) = 3<{p}/x>')

    assert ("read", "x", None) in told
