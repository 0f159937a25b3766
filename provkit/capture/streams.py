"""What /proc tells of a process: its words, its parent, what its descriptors stand for.

Pipes are how data goes from one process to another without a file; knowing
both ends keeps derivations apart that "ran at the same time" would mix.
"""

# ruff: noqa: PTH115, PTH123, PTH208 - descriptors by the thousand, and names that are no paths

from __future__ import annotations

import os
from collections.abc import Mapping

MOST_DESCRIPTORS = 256
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


def inherited(
    pid: int | str = "self", instead: Mapping[int, int] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What a process can read from, and write to, when its program begins.

    Call it while the process is held at exec, from within it, or for ourselves
    about what we are going to start. Descriptors that close on exec are left
    out; of those above 2 only pipes and sockets count.

    Args:
        pid: Whose descriptors.
        instead: Descriptor to the one that takes its place, as in a ``Watch``.

    Returns:
        Names such as ``pipe:[123]``, ``socket:[123]`` or an absolute path; None
        when the process cannot be looked at.
    """
    try:
        numbers = sorted(map(int, os.listdir(f"/proc/{pid}/fd")))[:MOST_DESCRIPTORS]
    except (OSError, ValueError):
        return None
    instead = instead or {}
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for number in numbers:
        held = instead.get(number, number)
        try:
            name = os.readlink(f"/proc/{pid}/fd/{held}")
            if number > 2 and not name.startswith(("pipe:", "socket:")):
                continue
            if name.startswith("/dev/") or name.endswith(" (deleted)"):
                continue
            flags = _flags(f"/proc/{pid}/fdinfo/{held}")
        except (OSError, ValueError):
            continue
        if flags & os.O_CLOEXEC and held == number:
            continue
        if flags & _ACCESS != os.O_WRONLY:
            reads[name] = None
        if flags & _ACCESS != os.O_RDONLY:
            writes[name] = None
    return tuple(reads), tuple(writes)


def _flags(path: str) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for line in os.read(handle, 512).split(b"\n"):
            if line.startswith(b"flags:"):
                return int(line[6:], 8)
    finally:
        os.close(handle)
    return os.O_CLOEXEC


def open_paths(pid: int) -> set[str]:
    """Paths, pipes and sockets that a process has open."""
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return set()
    return {link_of(pid, f"fd/{number}") for number in numbers}


def link_of(pid: int, name: str) -> str:
    """What a link such as ``cwd``, ``exe`` or ``fd/3`` of a process points to, or nothing."""
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


def command_of(pid: int) -> tuple[str, ...]:
    """Argument vector of a process; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return tuple(os.fsdecode(word) for word in file.read().split(b"\0")[:-1])
    except OSError:
        return ()


def parent_of(pid: int) -> int | None:
    """Process id of the parent; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None
