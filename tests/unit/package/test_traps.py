"""Forty archives made to harm: none writes, none fills memory, none crashes (threat S4).

Verification never unpacks, so nothing can be written outside of anything; the
tests hold that true, and that each trap is named for what it is.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import resource
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.errors import PackageError
from provkit.package.verify import verify_package

BAG = {
    "bag/bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
    "bag/manifest-md5.txt": b"",
    "bag/data/": b"",
}
MIB = 1 << 20


def zipped(*more: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A sound bag with entries that are not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name twice is meant
        for name, data in (*BAG.items(), *more):
            archive.writestr(name, data)
    return out.getvalue()


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def tarred(*more: tarfile.TarInfo, mode: str = "w", data: bytes = b"") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in BAG.items():
            if not name.endswith("/"):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new)


def with_size(data: bytes, claimed: int) -> bytes:
    """The last entry of a zip says another size than it has, in both its headers."""
    real = struct.pack("<I", 7)
    at = data.rindex(b"PK\x03\x04") + 22
    directory = data.rindex(b"PK\x01\x02") + 24
    changed = bytearray(data)
    for place in (at, directory):
        assert bytes(changed[place : place + 4]) == real
        changed[place : place + 4] = struct.pack("<I", claimed)
    return bytes(changed)


def encrypted(data: bytes) -> bytes:
    """The last entry of a zip says that it is encrypted."""
    at = data.rindex(b"PK\x01\x02") + 8
    return data[:at] + b"\x01" + data[at + 1 :]


def compressed_by_lzma(name: str) -> zipfile.ZipInfo:
    info = entry(name)
    info.compress_type = zipfile.ZIP_LZMA
    return info


def overlapping() -> bytes:
    """Two entries of the directory that lead to the same bytes."""
    data = bytearray(zipped(("bag/data/a", os.urandom(9)), ("bag/data/b", os.urandom(9))))
    first = data.index(b"PK\x03\x04", data.index(b"bag/data/") + 10)
    second = data.rindex(b"PK\x01\x02") + 42
    data[second : second + 4] = struct.pack("<I", first)
    return bytes(data)


def many_entries(count: int) -> bytes:
    """A directory of more entries than any package has, each of no bytes."""
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"x"
    row = (
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
        + b"x"
    )
    rows = row * count
    end64 = struct.pack(
        "<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(rows), len(head)
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(head) + len(rows), 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return head + rows + end64 + locator + end


def long_pax_header() -> bytes:
    info = tarfile.TarInfo("bag/data/x")
    info.pax_headers = {"comment": "x" * (2 * MIB)}
    return tarred(info, mode="w")


UNSAFE_NAMES = {
    "upwards": "bag/../../evil",
    "upwards at once": "../evil",
    "absolute": "/tmp/evil",
    "drive": "C:/evil",
    "backslashes upwards": "bag\\..\\..\\evil",
    "network share": "\\\\host\\share",
    "home": "~/evil",
    "roundabout": "bag//data/./x",
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "zip bomb": lambda: zipped(("bag/data/x", b"\x00" * (40 * MIB))),
    "zip bomb in many files": lambda: zipped(
        *((f"bag/data/{n}", b"\x00" * MIB) for n in range(40))
    ),
    "zip that says it is huge": lambda: with_size(zipped(("bag/data/x", b"1234567")), 2**31),
    "zip with overlapping entries": overlapping,
    "zip with 200,000 entries": lambda: many_entries(200_000),
    "zip cut off": lambda: zipped(("bag/data/x", b"1"))[:-30],
    "zip of rubbish": lambda: b"PK\x03\x04" + b"\xff" * 4000,
    "gzip bomb": lambda: gzip.compress(b"\x00" * (40 * MIB)),
    "xz bomb": lambda: lzma.compress(b"\x00" * (40 * MIB)),
    "gzip cut off": lambda: gzip.compress(tarred())[:-20],
    "gzip of rubbish": lambda: b"\x1f\x8b" + b"\xff" * 200,
    "tar that says it is huge": lambda: patched(
        tarred(tar_entry("bag/data/x")), b"00000000000\x00", b"77777777777\x00"
    ),
    "tar with a long header": long_pax_header,
    "tar of rubbish": lambda: b"\xff" * 257 + b"ustar" + b"\xff" * 2000,
    "empty file": lambda: b"",
    "something else": lambda: b"\x7fELF" + b"\x00" * 100,
}
TOLD: dict[str, tuple[str, Callable[[], bytes]]] = {
    **{f"zip {k}": ("P1", lambda n=n: zipped((n, b"x"))) for k, n in UNSAFE_NAMES.items()},
    **{f"tar {k}": ("P1", lambda n=n: tarred(tar_entry(n))) for k, n in UNSAFE_NAMES.items()},
    "zip name with NUL": (
        "P1",
        lambda: patched(zipped(("bag/data/x_.txt", b"x")), b"x_.txt", b"x\x00.txt"),
    ),
    "zip link": ("P3", lambda: zipped((entry("bag/data/l", mode=0o120777), b"/etc/passwd"))),
    "zip device": ("P3", lambda: zipped((entry("bag/data/d", mode=0o020666), b""))),
    "zip name twice": ("P2", lambda: zipped(("bag/data/x", b"1"), ("bag/data/x", b"2"))),
    "zip encrypted": (
        "P4",
        lambda: encrypted(zipped(("bag/data/x", b"1"))),
    ),
    "zip with lzma": ("P4", lambda: zipped((compressed_by_lzma("bag/data/x"), b"1"))),
    "tar link": ("P3", lambda: tarred(tar_entry("bag/l", tarfile.SYMTYPE, "/etc/passwd"))),
    "tar hard link": ("P3", lambda: tarred(tar_entry("bag/l", tarfile.LNKTYPE, "../../x"))),
    "tar device": ("P3", lambda: tarred(tar_entry("bag/d", tarfile.CHRTYPE))),
    "tar pipe": ("P3", lambda: tarred(tar_entry("bag/p", tarfile.FIFOTYPE))),
    "tar name twice": ("P2", lambda: tarred(tar_entry("bag/x"), tar_entry("bag/x"))),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _little_memory() -> object:
    """Whatever the trap, a quarter of a GiB more than now must do."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    now = pages * os.sysconf("SC_PAGE_SIZE")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + 256 * MIB, before[1]))
    yield None
    resource.setrlimit(resource.RLIMIT_AS, before)


def test_there_are_forty_of_them() -> None:
    assert len(REFUSED) + len(TOLD) >= 40


@pytest.mark.parametrize("name", REFUSED)
def test_a_trap_is_refused(tmp_path: Path, name: str) -> None:
    package = tmp_path / "package"
    package.write_bytes(REFUSED[name]())
    with pytest.raises(PackageError) as caught:
        verify_package(str(package))
    assert caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


@pytest.mark.parametrize("name", TOLD)
def test_an_unsafe_entry_is_a_finding(tmp_path: Path, name: str) -> None:
    """And the rest of the package is still looked at."""
    rule, make = TOLD[name]
    package = tmp_path / "package"
    package.write_bytes(make())
    report = verify_package(str(package))

    assert rule in {each.rule for each in report.errors}
    assert report.files >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_a_wrong_checksum_in_a_zip_is_found_while_reading(tmp_path: Path) -> None:
    """The archive says one thing about its bytes and holds another."""
    data = zipped(("bag/data/x", b"1234567"), method=zipfile.ZIP_STORED)
    data = patched(data, b"1234567", b"1234568")
    manifest = b"00 data/x\n"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert zlib.crc32(b"1234568") != archive.getinfo("bag/data/x").CRC
    package = tmp_path / "package"
    package.write_bytes(data)
    with zipfile.ZipFile(package, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("bag/manifest-md5.txt", manifest)
    assert {"P2"} <= {each.rule for each in verify_package(str(package)).errors}
