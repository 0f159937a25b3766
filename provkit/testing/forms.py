"""What every form of packages must hold to.

A new form's tests subclass :class:`PackageFormContract` and give it a ``form``;
see ``docs/howto/add-a-package-form.md``.
"""

# ruff: noqa: S101 - assertions are what a contract is made of

from __future__ import annotations

import uuid
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from provkit.errors import PackageError
from provkit.files import fingerprint_bytes
from provkit.model.run import fold
from provkit.package.assemble import assemble
from provkit.package.base import Opener, Package
from provkit.package.forms import PackageForm
from provkit.package.settings import Settings
from provkit.package.target import open_target
from provkit.testing.records import NOON, run_events

CONTENTS = {"data/in é.csv": b"1\n", "out <&>.csv": b"22\n", "empty": b""}
SOURCE = b"# a program\n"


def sample_package(**damaged: bytes) -> Package:
    """A package of one run; ``damaged`` puts other bytes in place of a content's SHA-256."""
    run = fold(
        run_events(
            run=str(uuid.UUID(int=7, version=4)),
            program="clean.R",
            source=SOURCE,
            inputs={"data/in é.csv": CONTENTS["data/in é.csv"]},
            outputs={name: CONTENTS[name] for name in ("out <&>.csv", "empty")},
        )
    )
    archive = {fingerprint_bytes(data).sha256: data for data in (SOURCE, *CONTENTS.values())}
    archive |= damaged

    def locate(sha256: str, path: str) -> Opener:
        del path
        return lambda: BytesIO(archive[sha256])

    return assemble(
        [run],
        locate=locate,
        date=NOON + timedelta(days=1),
        made_by="provkit",
        settings=Settings(title="A sample"),
    )


class PackageFormContract:
    """Tests of a form; a subclass sets ``form``."""

    form: PackageForm

    def write(self, package: Package, out: Path) -> None:
        """Write a package in this form."""
        folder = self.form.folder(package)
        with open_target(str(out), folder=folder, date=package.date) as target:
            self.form.write(package, target)

    def test_every_member_is_in_it(self, tmp_path: Path) -> None:
        """With exactly its bytes, under a path that ends in its own."""
        package = sample_package()
        self.write(package, tmp_path / "out")
        files = {
            str(path.relative_to(tmp_path / "out")): path.read_bytes()
            for path in (tmp_path / "out").rglob("*")
            if path.is_file()
        }
        for member in package.members:
            with member.open() as file:
                data = file.read()
            assert any(
                path == member.path or (path.endswith(f"/{member.path}") and found == data)
                for path, found in files.items()
            ), member.path

    def test_twice_is_the_same(self, tmp_path: Path) -> None:
        """Nothing of the day, the machine or the place gets in."""
        for name in ("1.zip", "other.zip"):
            self.write(sample_package(), tmp_path / name)
        assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()

    def test_a_zip_holds_what_the_folder_holds(self, tmp_path: Path) -> None:
        """Below one folder, or at the top."""
        package = sample_package()
        self.write(package, tmp_path / "out")
        self.write(package, tmp_path / "out.zip")
        start = f"{self.form.folder(package)}/" if self.form.folder(package) else ""
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            zipped = {name.removeprefix(start): archive.read(name) for name in archive.namelist()}
        folder = {
            str(path.relative_to(tmp_path / "out")): path.read_bytes()
            for path in (tmp_path / "out").rglob("*")
            if path.is_file()
        }
        assert zipped == folder

    def test_changed_bytes_stop_it(self, tmp_path: Path) -> None:
        """Bytes that are not what the run saw never leave under its hash; nothing stays behind."""
        sha256 = fingerprint_bytes(CONTENTS["out <&>.csv"]).sha256
        package = sample_package(**{sha256: b"33\n"})
        try:
            self.write(package, tmp_path / "out")
        except PackageError:
            assert list(tmp_path.iterdir()) == []
        else:
            raise AssertionError("changed bytes were packed")
