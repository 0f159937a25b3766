"""The forms a package can be written in, by name, and the writing of a checked package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provkit.errors import PackageInvalidError
from provkit.package.bagit import write_bag
from provkit.package.base import Package
from provkit.package.dataone import folder_name, write_dataone
from provkit.package.rocrate import write_crate
from provkit.package.target import Target, open_target
from provkit.package.verify import verify_package
from provkit.plugins import load_plugin


@dataclass(frozen=True, slots=True)
class PackageForm:
    """A way to write packages.

    Attributes:
        write: Writes the files of a package to a target.
        folder: Name of the folder that holds everything in a zip file; may be empty.
    """

    write: Callable[[Package, Target], None]
    folder: Callable[[Package], str]


def _no_folder(_: Package) -> str:
    """A crate has its metadata at the top of a zip file (RO-Crate 1.1, packaging)."""
    return ""


DATAONE = PackageForm(write_dataone, folder_name)
BAGIT = PackageForm(write_bag, folder_name)
ROCRATE = PackageForm(write_crate, _no_folder)

FORMS = {
    "dataone": f"{__name__}:DATAONE",
    "rocrate": f"{__name__}:ROCRATE",
    "bagit": f"{__name__}:BAGIT",
}
"""Built-in forms, verified when written; others are entry points (``provkit.formats``)."""


def write_package(package: Package, form: str, out: str) -> None:
    """Write a package, check it, and only then give it its name.

    Args:
        package: What to write.
        form: Name of a form.
        out: A folder, or a name that ends in ``.zip``.

    Raises:
        PluginError: There is no such form.
        UsageError: Something is at ``out`` already.
        PackageError: Bytes are missing or changed, or ``out`` cannot be written.
        PackageInvalidError: What was written breaks a rule; nothing is left behind.
    """
    chosen: PackageForm = load_plugin("formats", form, FORMS)
    check = _check if form in FORMS else None
    with open_target(out, folder=chosen.folder(package), date=package.date, check=check) as target:
        chosen.write(package, target)


def _check(written: str) -> None:
    report = verify_package(written)
    if not report.is_sound:
        raise PackageInvalidError(
            "the package written breaks a rule of its format",
            violations=[str(finding) for finding in report.errors],
            hint="this is an error of provkit: please report it",
        )
