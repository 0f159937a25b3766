"""What /proc and pidfds tell the supervisor of the notify recorder about a process.

Bytes throughout: a name is what the kernel was given.
"""

# ruff: noqa: PTH115, PTH208 - bytes, and no pathlib in this process

from __future__ import annotations

import os
import struct
from fcntl import ioctl

_STATUS_BYTES = 4096
_DESCRIPTORS_LIMIT = 256
_EXIT_CODE = 49  # exit_code of proc_pid_stat(5), counted after the name

# ioctl PIDFD_GET_INFO (Linux 6.13) with the first 64 bytes of struct pidfd_info:
# mask, cgroup, pid, process, parent, real user and group, effective user, …, exit code.
_GET_INFO = 0xC040FF0B
_INFO = struct.Struct("=QQ11Ii")
_ASK_PLAIN = _INFO.pack(1, *[0] * 13)
_ASK_EXIT = _INFO.pack(1 << 3, *[0] * 13)


class Vanished(Exception):  # noqa: N818 - it is no error: processes end when they like
    """The process ended, or its memory is closed to us: the call cannot be told."""


def descriptor(thread: int, number: int) -> bytes:
    """What stands behind a descriptor: a path, ``pipe:[…]``, or empty."""
    try:
        return os.readlink(b"/proc/%d/fd/%d" % (thread, number))
    except OSError:
        return b""


def descriptors(pid: int) -> list[int]:
    """Numbers of the descriptors of a process, the first few hundred."""
    try:
        return sorted(map(int, os.listdir(b"/proc/%d/fd" % pid)))[:_DESCRIPTORS_LIMIT]
    except (OSError, ValueError):
        return []


def inherited(pid: int) -> tuple[list[bytes], list[bytes]]:
    """What a program that begins can read from and write to: files, pipes, sockets.

    As :func:`provkit.capture.streams.inherited`, but taking standard input for
    a source and the other two for sinks, which spares most of the looking.
    """
    reads: list[bytes] = []
    writes: list[bytes] = []
    for number in descriptors(pid):
        name = descriptor(pid, number)
        if name.startswith(b"socket:"):
            ways: tuple[list[bytes], ...] = (reads, writes)
        elif number <= 2 and name[:1] == b"/" and not name.startswith(b"/dev/"):
            ways = (reads,) if number == 0 else (writes,)
        elif not name.startswith(b"pipe:"):
            continue
        else:
            ways = (reads,) if number == 0 else (writes,)
        if number > 2:
            flags = _flags(pid, number)
            if flags & os.O_CLOEXEC:
                continue
            if name.startswith(b"pipe:"):
                ways = (writes,) if flags & os.O_WRONLY else (reads,)
        for way in ways:
            if name not in way and not name.endswith(b" (deleted)"):
                way.append(name)
    return reads, writes


def _flags(pid: int, number: int) -> int:
    """Flags with which a descriptor was opened."""
    try:
        handle = os.open(b"/proc/%d/fdinfo/%d" % (pid, number), os.O_RDONLY)
        try:
            words = os.read(handle, 512).split()
        finally:
            os.close(handle)
        return int(words[words.index(b"flags:") + 1], 8)
    except (OSError, ValueError, IndexError):
        return os.O_CLOEXEC


def wait_status_of(pidfd: int, pid: int) -> int | None:
    """How a process ended, as ``wait`` would say; None where nobody knows any more.

    Only the parent may wait for a process. But since Linux 6.15 a pidfd tells the
    same once the parent has, and until then /proc does.
    """
    try:
        answer = _INFO.unpack(ioctl(pidfd, _GET_INFO, _ASK_EXIT))
        if answer[0] & (1 << 3):
            return int(answer[13])
    except OSError:
        pass
    try:
        handle = os.open(b"/proc/%d/stat" % pid, os.O_RDONLY)
        try:
            fields = os.read(handle, _STATUS_BYTES).rpartition(b")")[2].split()
        finally:
            os.close(handle)
        return int(fields[_EXIT_CODE]) if fields[0] == b"Z" else None
    except (OSError, ValueError, IndexError):
        return None


def pidfd_of(pid: int) -> int:
    """A descriptor that tells the end of a process.

    Raises:
        Vanished: It is gone.
    """
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Vanished from error


def look_up(thread: int) -> tuple[int, int, int, int]:
    """Process of a thread, its parent, its user and, if already open, its pidfd (else -1).

    Raises:
        Vanished: It is gone.
    """
    try:
        pidfd = os.pidfd_open(thread)
    except OSError:  # not the first thread of its process
        return (*_read_status(thread), -1)
    try:
        answer = _INFO.unpack(ioctl(pidfd, _GET_INFO, _ASK_PLAIN))
    except OSError:
        try:
            return (*_read_status(thread), pidfd)
        except Vanished:
            os.close(pidfd)
            raise
    return answer[3], answer[4], answer[7], pidfd


def _read_status(thread: int) -> tuple[int, int, int]:
    try:
        handle = os.open(b"/proc/%d/status" % thread, os.O_RDONLY)
        try:
            text = os.read(handle, _STATUS_BYTES)
        finally:
            os.close(handle)
        group, parent, user = (_field(text, name) for name in (b"Tgid:", b"PPid:", b"Uid:"))
        return int(group[0]), int(parent[0]), int(user[1])
    except (OSError, ValueError, IndexError) as error:
        raise Vanished from error


def _field(text: bytes, name: bytes) -> list[bytes]:
    start = text.index(b"\n" + name) + 1 + len(name)
    return text[start : text.index(b"\n", start)].split()
