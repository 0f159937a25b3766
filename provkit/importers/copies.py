"""The archive of a RunManager: where its copies of files are, and whether they can be believed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from provkit.files import Fingerprint, fingerprint_steady


class Copies:
    """Copies below one home folder, each read once.

    Args:
        home: Folder that the paths of copies are relative to.
    """

    def __init__(self, home: Path) -> None:
        self._home = os.path.realpath(home)
        self._read: dict[str, tuple[Fingerprint | None, str]] = {}

    def path(self, written: str) -> str:
        """Where a copy is, or would be; a database of Windows writes backslashes."""
        plain = os.path.join(self._home, written)  # noqa: PTH118 - names need not be text
        if "\\" in written and not os.path.lexists(plain):
            plain = os.path.join(self._home, written.replace("\\", "/"))  # noqa: PTH118
        return os.path.realpath(plain)

    def read(self, written: str) -> tuple[Fingerprint | None, str]:
        """Fingerprint of a copy, or why there is none.

        Args:
            written: Its path, as the database writes it. One that leads out of the home
                folder, by ``..`` or by a link, is not followed.
        """
        if written not in self._read:
            self._read[written] = self._look(written)
        return self._read[written]

    def _look(self, written: str) -> tuple[Fingerprint | None, str]:
        if not written:
            return None, "no copy in the source"
        path = self.path(written)
        if not path.startswith(self._home.rstrip("/") + "/"):
            return None, "its copy is said to be outside of the source"
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
                return None, "its copy in the source is not a file"
            found = fingerprint_steady(path)
        except (FileNotFoundError, NotADirectoryError):
            return None, "its copy in the source is missing"
        except OSError:
            return None, "its copy in the source cannot be read"
        return found, "" if found else "its copy in the source kept changing"
