"""Open what a user named as a package, whatever it turns out to be."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provkit.errors import PackageError, UsageError
from provkit.package.archives import open_tar, open_zip
from provkit.package.findings import Ledger
from provkit.package.reading import Contents, FolderContents, SingleDocument


@contextmanager
def open_contents(package: str, ledger: Ledger) -> Iterator[Contents]:
    """The contents of a package named by the user.

    Args:
        package: A folder, a zip or tar file, or a single document.
        ledger: Takes down what is unsafe.

    Raises:
        UsageError: There is nothing of that name.
        PackageError: It cannot be read, or is a trap.
    """
    try:
        info = Path(package).stat()
        if stat.S_ISDIR(info.st_mode):
            yield FolderContents(Path(package), ledger)
            return
        if not stat.S_ISREG(info.st_mode):
            raise UsageError(f"not a file or a folder: {package}")
        with Path(package).open("rb") as file:
            head = file.read(512)
            file.seek(0)
            if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                yield open_zip(file, info.st_size, ledger)
            elif head[257:262] == b"ustar" or head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
                with open_tar(file, info.st_size, ledger) as contents:
                    yield contents
            else:
                yield SingleDocument(Path(package), info.st_size)
    except FileNotFoundError as error:
        raise UsageError(f"no such package: {package}") from error
    except OSError as error:
        raise PackageError(f"cannot read {package}: {error.strerror or error}") from error
