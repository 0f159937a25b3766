"""Names of files inside a package: safe on any system, unique, and as the user knows them.

A package travels to file systems that fold case, normalise Unicode or forbid
characters, and BagIt manifests, XML and zip entries each have characters they
cannot hold. So a name keeps what is safe everywhere; the rest becomes ``_``.
The recorded name is not lost: the map tells it as the location of the file.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata

# Not in file names of Windows; controls and surrogates are not in XML (Char, XML 1.0 §2.2);
# % is an escape in BagIt manifests (RFC 8493 §2.1.3) that common tools do not decode.
_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f<>:"|?*\\\\%\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]'
)
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|\Z)", re.IGNORECASE)
_LONGEST_BYTES = 200


def safe_path(path: str) -> str:
    """A recorded path as a relative path that any system can hold.

    An absolute path, or one that climbs out of its project, keeps its last
    name only: the folders of a machine are nobody else's business.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts:
        parts = ["outside", parts[-1] if parts and parts[-1] != ".." else "file"]
    return "/".join(_safe_part(part) for part in parts) or "file"


def _safe_part(part: str) -> str:
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFC", part))
    safe = safe.rstrip(" .") or "_"
    if safe.startswith("~") or _DEVICE.match(safe):
        safe = f"_{safe}"
    return _cut(safe)


def _cut(part: str) -> str:
    """A part of at most so many bytes, its extension kept."""
    if len(part.encode()) <= _LONGEST_BYTES:
        return part
    stem, extension = posixpath.splitext(part)
    if len(extension.encode()) > 20:
        stem, extension = part, ""
    room = _LONGEST_BYTES - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + extension


class PathBook:
    """Gives out names so that no two files, and no file and folder, are the same anywhere."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}

    def take(self, wanted: str, *, otherwise: str = "") -> str:
        """A free name: the one wanted, else the other one, else that with a number.

        Args:
            wanted: A safe path.
            otherwise: A safe path to fall back to; ``wanted`` by default.
        """
        for candidate in (wanted, otherwise or wanted):
            if self._is_free(candidate):
                return self._taken(candidate)
        last = otherwise or wanted
        if self._files.intersection(_folders(_key(last))):  # a file has a folder's name
            last = last.replace("/", "_")
        stem, extension = posixpath.splitext(last)
        number = self._numbers.get(last, 2)
        while not self._is_free(f"{stem}-{number}{extension}"):
            number += 1
        self._numbers[last] = number + 1
        return self._taken(f"{stem}-{number}{extension}")

    def _is_free(self, path: str) -> bool:
        key = _key(path)
        return (
            key not in self._files
            and key not in self._folders
            and not self._files.intersection(_folders(key))
        )

    def _taken(self, path: str) -> str:
        self._files.add(_key(path))
        self._folders.update(_folders(_key(path)))
        return path


def _key(path: str) -> str:
    """Equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
