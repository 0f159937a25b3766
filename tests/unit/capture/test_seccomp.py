"""The filter holds the calls that name files, on each machine, and no others."""

from __future__ import annotations

import struct

import pytest

from provkit.capture.seccomp import MACHINES, Abi, Machine, filter_program

ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
O_PATH = 0o10000000


def verdict(program: bytes, *, abi: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter says of a call: a BPF machine as linux/filter.h describes it."""
    data = struct.pack("=IIQ6Q", number, abi, 0, *(*arguments, *[0] * 6)[:6])
    steps = list(struct.iter_unpack("=HBBI", program))
    place, register = 0, 0
    while True:
        code, if_true, if_false, value = steps[place]
        place += 1
        if code == 0x20:  # load
            register = struct.unpack_from("=I", data, value)[0]
        elif code == 0x15:  # jump if equal
            place += if_true if register == value else if_false
        elif code == 0x45:  # jump if any bit set
            place += if_true if register & value else if_false
        else:
            assert code == 0x06
            return value


def abis() -> list[tuple[str, Machine, Abi]]:
    return [
        (f"{name}-{kind}", machine, getattr(machine, kind))
        for name, machine in MACHINES.items()
        for kind in ("native", "compat")
    ]


@pytest.mark.parametrize(("name", "machine", "abi"), abis(), ids=[name for name, *_ in abis()])
class TestFilter:
    def test_holds_each_call_of_the_table(self, name: str, machine: Machine, abi: Abi) -> None:
        """A call left out is a file not seen."""
        program = filter_program(machine)

        for call, number in abi.calls.items():
            assert verdict(program, abi=abi.audit, number=number) == NOTIFY, call

    def test_allows_every_other_call(self, name: str, machine: Machine, abi: Abi) -> None:
        """Reading, writing and computing must cost nothing."""
        program = filter_program(machine)

        others = set(range(600)) - set(abi.calls.values())
        assert {verdict(program, abi=abi.audit, number=number) for number in others} == {ALLOW}

    def test_allows_descriptors_without_access(self, name: str, machine: Machine, abi: Abi) -> None:
        """O_PATH opens nothing that could be read or written."""
        program = filter_program(machine)

        for call, place in (("open", 1), ("openat", 2)):
            if call not in abi.calls:
                continue
            arguments = [0] * 6
            arguments[place] = O_PATH | 0o2000000
            found = verdict(
                program, abi=abi.audit, number=abi.calls[call], arguments=tuple(arguments)
            )
            assert found == ALLOW


def test_a_foreign_abi_is_left_alone() -> None:
    """Its numbers mean other calls."""
    program = filter_program(MACHINES["x86_64"])

    assert verdict(program, abi=0xC00000F3, number=257) == ALLOW


def test_numbers_are_those_of_the_kernel_headers() -> None:
    """Checked by hand against asm/unistd_64.h and asm-generic/unistd.h of Linux 6.1."""
    x86, arm = MACHINES["x86_64"].native.calls, MACHINES["aarch64"].native.calls

    assert (x86["open"], x86["openat"], x86["execve"], x86["renameat2"]) == (2, 257, 59, 316)
    assert (arm["openat"], arm["unlinkat"], arm["execve"], arm["renameat2"]) == (56, 35, 221, 276)
    assert "open" not in arm
