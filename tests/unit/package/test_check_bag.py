"""Bags are checked to the letter of RFC 8493; each rule has a bag that breaks it and no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest

from provkit.package.verify import verify_package


def rules(bag: Path) -> set[str]:
    """Rules of the errors found."""
    return {each.rule for each in verify_package(str(bag)).errors}


def warnings(bag: Path) -> set[str]:
    return {each.rule for each in verify_package(str(bag)).findings if each.severity == "warning"}


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A sound bag with two files, made by hand."""
    root = tmp_path / "bag"
    (root / "data/sub").mkdir(parents=True)
    files = {"data/a.txt": b"a\n", "data/sub/b b.txt": b""}
    for name, data in files.items():
        (root / name).write_bytes(data)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    (root / "manifest-sha256.txt").write_text("".join(lines))
    (root / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (root / "bag-info.txt").write_text("Payload-Oxum: 2.2\nSource-Organization: A\n  and B\n")
    return root


def test_a_sound_bag_has_no_finding(bag: Path) -> None:
    assert bagit.Bag(str(bag)).validate()
    assert verify_package(str(bag)).findings == ()


def test_bags_of_the_reference_library_are_sound(tmp_path: Path) -> None:
    """What everybody else writes must pass."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x/é 100%.txt").write_text("1")
    bagit.make_bag(str(tmp_path), {"Contact-Name": "Ann"}, checksums=["md5", "sha1", "sha512"])
    assert rules(tmp_path) == set()


def edit(name: str, old: str, new: str) -> Callable[[Path], Any]:
    def change(bag: Path) -> None:
        path = bag / name
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new).encode())

    return change


def append(name: str, text: str) -> Callable[[Path], Any]:
    def change(bag: Path) -> None:
        with (bag / name).open("a") as file:
            file.write(text)

    return change


BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
LISTED_TAG = f"{hashlib.sha256(BAGIT_TXT).hexdigest()}  bagit.txt\n"

BROKEN: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "declaration missing its second line": ("B1", edit("bagit.txt", "\nTag", " Tag")),
    "blank at the end of the version": ("B1", edit("bagit.txt", "1.0\n", "1.0 \n")),
    "blank before the colon": ("B1", edit("bagit.txt", "Version:", "Version :")),
    "two blanks after the colon": ("B1", edit("bagit.txt", ": 1.0", ":  1.0")),
    "blank line in the declaration": ("B1", edit("bagit.txt", "1.0\n", "1.0\n\n")),
    "byte order mark": ("B1", edit("bagit.txt", "BagIt", "\ufeffBagIt")),
    "lines in the wrong order": (
        "B1",
        lambda bag: (bag / "bagit.txt").write_text(
            "Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n"
        ),
    ),
    "unknown encoding": ("B1", edit("bagit.txt", "UTF-8", "UTF-99")),
    "encoding that is no text": ("B1", edit("bagit.txt", "UTF-8", "base64")),
    "encoding that is a trap": ("B1", edit("bagit.txt", "UTF-8", "punycode")),
    "not in its encoding": ("B1", lambda bag: (bag / "bag-info.txt").write_bytes(b"A: \xe9\n")),
    "label without blank": ("B2", edit("bag-info.txt", "Oxum: ", "Oxum:")),
    "label with a blank at its end": ("B2", edit("bag-info.txt", "Oxum:", "Oxum :")),
    "line without label": ("B2", append("bag-info.txt", "hello\n")),
    "wrong oxum": ("B3", edit("bag-info.txt", "2.2", "3.2")),
    "oxum that counts tag files": ("B3", edit("bag-info.txt", "2.2", "300.6")),
    "unreadable oxum": ("B3", edit("bag-info.txt", "2.2", "two")),
    "two oxums": ("B3", append("bag-info.txt", "Payload-Oxum: 2.2\n")),
    "no manifest": ("B4", lambda bag: (bag / "manifest-sha256.txt").unlink()),
    "line without path": ("B5", append("manifest-sha256.txt", "abcdef\n")),
    "checksum not hexadecimal": ("B5", append("manifest-sha256.txt", "xyz  data/a.txt\n")),
    "tag file in the payload manifest": ("B6", append("manifest-sha256.txt", LISTED_TAG)),
    "path upwards": ("B6", append("manifest-sha256.txt", "00  data/../../etc/passwd\n")),
    "absolute path": ("B6", append("manifest-sha256.txt", "00  /etc/passwd\n")),
    "home folder": ("B6", append("manifest-sha256.txt", "00  ~/.ssh/id_rsa\n")),
    "drive": ("B6", append("manifest-sha256.txt", "00  C:\\x\n")),
    "listed file missing": ("B7", lambda bag: (bag / "data/a.txt").unlink()),
    "file not listed": ("B8", lambda bag: (bag / "data/new.txt").write_text("")),
    "changed file": ("B9", lambda bag: (bag / "data/a.txt").write_bytes(b"b\n")),
    "listed twice": (
        "B10",
        lambda bag: append("manifest-sha256.txt", (bag / "manifest-sha256.txt").read_text())(bag),
    ),
    "fetch to outside": ("B13", append("fetch.txt", "http://x.example/ 3 ../x\n")),
    "fetch still to do": ("B13", append("fetch.txt", "http://x.example/ 3 data/new.txt\n")),
    "fetch unreadable": ("B13", append("fetch.txt", "nothing\n")),
}  # fmt: skip
ALSO = {
    "wrong oxum": set(),
    "listed file missing": {"B3"},
    "file not listed": {"B3"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_breaks_its_rule(bag: Path, name: str) -> None:
    rule, break_it = BROKEN[name]
    break_it(bag)
    assert rules(bag) - ALSO.get(name, set()) == {rule}


def test_an_empty_bag_needs_its_data_folder(tmp_path: Path) -> None:
    (tmp_path / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (tmp_path / "manifest-md5.txt").write_text("")
    assert rules(tmp_path) == {"B4"}
    (tmp_path / "data").mkdir()
    assert rules(tmp_path) == set()


def test_a_link_in_a_bag_is_never_followed(bag: Path) -> None:
    (bag / "data/a.txt").unlink()
    (bag / "data/a.txt").symlink_to("/etc/hostname")
    assert {"P3", "B7"} <= rules(bag)


def test_every_manifest_must_list_every_file_since_1_0(bag: Path) -> None:
    """Before, one of them was enough."""
    digest = hashlib.md5(b"a\n", usedforsecurity=False).hexdigest()
    (bag / "manifest-md5.txt").write_text(f"{digest}  data/a.txt\n")
    assert rules(bag) == {"B8"}
    edit("bagit.txt", "1.0", "0.97")(bag)
    assert rules(bag) == set()


def test_an_older_bag_may_be_looser(bag: Path) -> None:
    (bag / "bagit.txt").write_text("BagIt-Version : 0.97\nTag-File-Character-Encoding: UTF-8\n")
    assert rules(bag) == set()
    assert warnings(bag) == {"B1"}


def test_a_tag_manifest_is_checked_too(bag: Path) -> None:
    digest = hashlib.sha256((bag / "bagit.txt").read_bytes()).hexdigest()
    (bag / "tagmanifest-sha256.txt").write_text(f"{digest} bagit.txt\n")
    assert rules(bag) == set()
    append("tagmanifest-sha256.txt", f"{digest} bag-info.txt\n")(bag)
    assert rules(bag) == {"B9"}


def test_a_tag_manifest_lists_no_tag_manifest(bag: Path) -> None:
    (bag / "tagmanifest-md5.txt").write_text("00 tagmanifest-md5.txt\n")
    assert "B12" in rules(bag)


def test_escaped_names_are_understood(bag: Path) -> None:
    r"""RFC 8493, 2.1.3: CR, LF and % are written as %0D, %0A and %25."""
    (bag / "data/a.txt").rename(bag / "data/a\n%.txt")
    edit("manifest-sha256.txt", "data/a.txt", "data/a%0A%25.txt")(bag)
    assert rules(bag) == set()


def test_a_utf_16_bag_is_read(bag: Path) -> None:
    """bagit.txt says how the other tag files are encoded."""
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n")
    for name in ("manifest-sha256.txt", "bag-info.txt"):
        (bag / name).write_bytes((bag / name).read_text().encode("utf-16"))
    assert rules(bag) == set()


def test_an_unknown_algorithm_is_told_and_not_trusted(bag: Path) -> None:
    (bag / "manifest-whirl99.txt").write_text("00 data/a.txt\n00 data/sub/b b.txt\n")
    assert rules(bag) == set()
    assert warnings(bag) == {"B11"}


def test_names_that_meet_elsewhere_are_told(bag: Path) -> None:
    (bag / "data/A.txt").write_bytes(b"a\n")
    append("manifest-sha256.txt", f"{hashlib.sha256(b'a' + bytes([10])).hexdigest()} data/A.txt\n")(
        bag
    )
    edit("bag-info.txt", "2.2", "4.3")(bag)
    assert rules(bag) == set()
    assert warnings(bag) == {"B14"}


@pytest.mark.parametrize("version", ["0.97", "1.0"])
def test_a_byte_order_mark_is_wrong_in_every_version(bag: Path, version: str) -> None:
    edit("bagit.txt", "1.0", version)(bag)
    edit("bagit.txt", "BagIt-V", "\ufeffBagIt-V")(bag)
    assert rules(bag) == {"B1"}


def test_manifests_of_md5sum_are_understood(bag: Path) -> None:
    """``md5sum -b`` writes a star before the name; ``find .`` a dot and a slash."""
    edit("manifest-sha256.txt", "  data/a.txt", " *data/a.txt")(bag)
    edit("manifest-sha256.txt", "  data/sub", "  ./data/sub")(bag)
    assert rules(bag) == set()
    assert warnings(bag) == {"B5", "B6"}


def test_one_file_with_two_checksums_is_wrong(bag: Path) -> None:
    edit("bagit.txt", "1.0", "0.97")(bag)
    append("manifest-sha256.txt", f"{'0' * 64}  data/a.txt\n")(bag)
    assert rules(bag) == {"B9"}
