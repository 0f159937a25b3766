"""What the notify recorder asks of the kernel: a filter that holds calls until they are answered.

A seccomp filter with user notification (Linux 5.9) holds a process at a
system call until a supervisor has answered; "continue" lets the kernel do the
call as if nothing had been. It needs neither root, ptrace nor a compiler, is
inherited by every child and thread, and sees static binaries. See
``seccomp_unotify(2)``, ``seccomp(2)`` and the kernel's
``Documentation/userspace-api/seccomp_filter.rst``.

Only the calls that name a file, start a program or change a working directory
are held; all others run at full speed.
"""

from __future__ import annotations

import ctypes
import os
import struct
from fcntl import ioctl

TYPE_CHECKING = False  # typing and dataclasses would double the start of the supervisor
if TYPE_CHECKING:
    from collections.abc import Iterable

# Calls that the filter holds, by the names of their manual pages.
_GENERIC = {
    "openat2": 437,
    "io_uring_setup": 425,
}
_X86_64 = _GENERIC | {
    "open": 2, "execve": 59, "truncate": 76, "chdir": 80, "fchdir": 81, "rename": 82, "creat": 85,
    "link": 86, "unlink": 87, "symlink": 88, "openat": 257, "unlinkat": 263, "renameat": 264,
    "linkat": 265, "symlinkat": 266, "renameat2": 316, "execveat": 322,
}  # fmt: skip
_I386 = _GENERIC | {
    "open": 5, "creat": 8, "link": 9, "unlink": 10, "execve": 11, "chdir": 12, "rename": 38,
    "symlink": 83, "truncate": 92, "fchdir": 133, "truncate64": 193, "openat": 295,
    "unlinkat": 301, "renameat": 302, "linkat": 303, "symlinkat": 304, "renameat2": 353,
    "execveat": 358,
}  # fmt: skip
_AARCH64 = _GENERIC | {
    "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "truncate": 45, "chdir": 49,
    "fchdir": 50, "openat": 56, "execve": 221, "renameat2": 276, "execveat": 281,
}  # fmt: skip
_ARM = _GENERIC | {
    "open": 5, "creat": 8, "link": 9, "unlink": 10, "execve": 11, "chdir": 12, "rename": 38,
    "symlink": 83, "truncate": 92, "fchdir": 133, "truncate64": 193, "openat": 322,
    "unlinkat": 328, "renameat": 329, "linkat": 330, "symlinkat": 331, "renameat2": 382,
    "execveat": 387,
}  # fmt: skip


class Abi:
    """One way in which programs call the kernel.

    Attributes:
        audit: Its ``AUDIT_ARCH_…`` number, which the filter sees.
        calls: Name of each held call to its number.
        word_bytes: Size of a pointer in the program's memory.
    """

    __slots__ = ("audit", "calls", "word_bytes")

    def __init__(self, audit: int, calls: dict[str, int], word_bytes: int = 8) -> None:
        self.audit = audit
        self.calls = calls
        self.word_bytes = word_bytes


class Machine:
    """A processor architecture: its own ABI and the 32-bit one that its kernel also serves."""

    __slots__ = ("compat", "native", "seccomp")

    def __init__(self, native: Abi, compat: Abi, *, seccomp: int) -> None:
        self.native = native
        self.compat = compat
        self.seccomp = seccomp


MACHINES: dict[str, Machine] = {
    "x86_64": Machine(Abi(0xC000003E, _X86_64), Abi(0x40000003, _I386, 4), seccomp=317),
    "aarch64": Machine(Abi(0xC00000B7, _AARCH64), Abi(0x40000028, _ARM, 4), seccomp=277),
}
"""What is supported, by ``uname -m``."""

_OPEN_FLAGS_ARGUMENT = {"open": 1, "openat": 2}
_O_PATH = 0o10000000

# struct sock_filter codes (linux/bpf_common.h) and filter verdicts (linux/seccomp.h).
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_OFFSET_NUMBER, _OFFSET_ABI, _OFFSET_ARGUMENTS = 0, 4, 16

_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 38, 36
_SET_MODE_FILTER, _NEW_LISTENER, _WAIT_KILLABLE_RECV = 1, 1 << 3, 1 << 5
_PIDFD_GETFD = 438

RECEIVE, ANSWER, SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
SYNC_WAKE_UP = 1
CONTINUE = 1
BLANK_NOTIFICATION = bytes(80)
"""What :data:`RECEIVE` wants to find; it returns the same filled in."""

NOTIFICATION = struct.Struct("=QIIiIQ6Q")
"""struct seccomp_notif: id, thread, flags, call number, ABI, instruction, six arguments."""

RESPONSE = struct.Struct("=QqiI")
"""struct seccomp_notif_resp: id, value, error, flags."""


def filter_program(machine: Machine) -> bytes:
    """The BPF program that holds the calls of both ABIs of a machine and allows all others."""
    native, compat = (_filter_calls(abi) for abi in (machine.native, machine.compat))
    program = [
        _step(_LOAD, 0, 0, _OFFSET_ABI),
        _step(_JUMP_EQUAL, 0, len(native), machine.native.audit),
        *native,
        _step(_JUMP_EQUAL, 0, len(compat), machine.compat.audit),
        *compat,
        _step(_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(program)


def _filter_calls(abi: Abi) -> list[bytes]:
    steps = [_step(_LOAD, 0, 0, _OFFSET_NUMBER)]
    for name, number in abi.calls.items():
        flags = _OPEN_FLAGS_ARGUMENT.get(name)
        if flags is None:
            steps += [_step(_JUMP_EQUAL, 0, 1, number), _step(_RETURN, 0, 0, _NOTIFY)]
            continue
        steps += [  # a descriptor opened with O_PATH gives no access to what the file holds
            _step(_JUMP_EQUAL, 0, 4, number),
            _step(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * flags),
            _step(_JUMP_SET, 0, 1, _O_PATH),
            _step(_RETURN, 0, 0, _ALLOW),
            _step(_RETURN, 0, 0, _NOTIFY),
        ]
    return [*steps, _step(_RETURN, 0, 0, _ALLOW)]


def _step(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


class Kernel:
    """The few calls that Python has no function for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._libc = ctypes.CDLL(None, use_errno=True)

    def install_filter(self) -> int:
        """Hold the calls of this process and all its children from now on.

        Privileges are given up (``no_new_privs``) only where the kernel demands
        it: root keeps them, so that ``su`` and ``sudo`` work in a run by root.

        Returns:
            The listener: descriptor on which the held calls are received.

        Raises:
            OSError: The kernel, a container or another listener does not allow it.
        """
        program = filter_program(self._machine)
        keep = ctypes.create_string_buffer(program)
        fprog = ctypes.create_string_buffer(
            struct.pack("@HP", len(program) // 8, ctypes.addressof(keep))
        )
        error = 0
        for give_up in (False, True):
            if give_up:
                self._libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            for flags in (_NEW_LISTENER | _WAIT_KILLABLE_RECV, _NEW_LISTENER):
                number, mode = self._machine.seccomp, _SET_MODE_FILTER
                listener: int = self._libc.syscall(number, mode, flags, fprog)
                if listener >= 0:
                    return listener
                error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))

    def adopt_orphans(self) -> None:
        """Become the parent of descendants whose parent ends (``PR_SET_CHILD_SUBREAPER``)."""
        self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def fetch_descriptor(self, pidfd: int, number: int) -> int:
        """Our own copy of a descriptor of another process (``pidfd_getfd(2)``).

        Raises:
            OSError: There is none, or we may not have it.
        """
        copy: int = self._libc.syscall(_PIDFD_GETFD, pidfd, number, 0)
        if copy < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        os.set_inheritable(copy, False)
        return copy

    def set_signals(self, blocked: Iterable[int], defaults: Iterable[int]) -> None:
        """Set the blocked signals, and give signals back their default action."""
        mask = 0
        for signal in blocked:
            mask |= 1 << (signal - 1)
        for signal in defaults:
            self._libc.signal(signal, None)
        full = ctypes.create_string_buffer(mask.to_bytes(8, "little"), 128)
        self._libc.sigprocmask(2, full, None)


def wake_on_same_cpu(listener: int) -> None:
    """Ask for ``SYNC_WAKE_UP`` (Linux 6.6): halves the time a call is held."""
    try:
        ioctl(listener, SET_FLAGS, SYNC_WAKE_UP)
    except OSError:
        return
