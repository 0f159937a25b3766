"""After a run: hash the files it met, archive their bytes, say in which states they were.

The found state of a file is that of its first meeting: from the copy that the
recorder staged before it changed, else from the file itself when it is still
the same, else from what an earlier run knew. A hash that is not certain is not
given, and the state says why.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH115

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from provkit.app.patience import Patience
from provkit.archive.store import Archive
from provkit.capture.hashes import Hashes
from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.sight import Sight
from provkit.capture.tree import Identity, identify
from provkit.errors import ArchiveError
from provkit.files import fingerprint_steady
from provkit.model.events import StateObserved
from provkit.model.identifiers import Moment

SECRET = re.compile(
    r"(?:\A|/)(?:\.env(?:\.[^/]*)?|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|id_[a-z0-9]+"
    r"|credentials|\.npmrc|\.pypirc|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx))\Z"
)
"""Names of files that hold secrets: hashed, never archived."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
INTERRUPTED = "interrupted before it was read"
CHANGED = "changed while the run went on"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which bytes are kept.

    Attributes:
        archive: Whether any are.
        max_bytes: Largest file to keep; 0 is any.
        script: Path of the script that was run, as records write it: kept whatever its size.
        is_noise: Whether an absolute path is noise, such as a program of the system.
    """

    archive: bool
    max_bytes: int
    script: str
    is_noise: Callable[[str], bool]

    def refuses(self, path: str, size: int) -> str:
        """Why the bytes of a file are not kept; empty when they are."""
        if not self.archive:
            return "not archived: archiving is off"
        if path.startswith("/") and self.is_noise(path):
            return "not archived: part of the system"
        if SECRET.search(path):
            return "not archived: it may hold secrets"
        if self.max_bytes and size > self.max_bytes and path != self.script:
            return "not archived: too large"
        return ""


class Keeper:
    """Turns what an observer met into states.

    Args:
        archive: Where bytes are kept.
        hashes: What is known of files by their status.
        noise: Gives paths as records write them.
        policy: Which bytes are kept.
        observer: What was met, and who is told what went wrong.
        patience: Of the user, for reading files.
    """

    def __init__(
        self,
        archive: Archive,
        hashes: Hashes,
        noise: Noise,
        policy: Policy,
        observer: Observer,
        *,
        patience: Patience,
    ) -> None:
        self._archive = archive
        self._hashes = hashes
        self._noise = noise
        self._policy = policy
        self._observer = observer
        self._patience = patience

    def states(self) -> Iterator[StateObserved]:
        """Every state that the run found or left, in order of path."""
        observer = self._observer
        for path, sight in sorted(observer.found.items()):
            yield self._found(path, sight)
        for path in sorted(observer.written):
            state = self._after(path, observer.found.get(path))
            if state is not None:
                yield state
        self._hashes.save()

    def _found(self, path: str, sight: Sight) -> StateObserved:
        then = sight.identity
        now = identify(path, follow=then is not None and not then.is_link)
        if then is not None and then.is_link:
            return self._link("found", path, then)
        if sight.staged is not None:
            return self._read("found", path, then, sight.staged)
        if then is None:
            return self._state("found", path, None, why=sight.why or "not seen before it changed")
        if now is not None and now.same_bytes(then):
            return self._read("found", path, then, path)
        known = self._hashes.get(then)
        if known is not None:
            kept = self._archive.renew(known)
            why = "" if kept else "bytes are gone"
            return self._state("found", path, then, sha256=known, archived=kept, why=why)
        return self._state("found", path, then, why=sight.why or CHANGED)

    def _after(self, path: str, before: Sight | None) -> StateObserved | None:
        now = identify(path)
        if now is None:
            if before is not None:
                return None  # it was there before, and is gone
            return self._state("temporary", path, None, why="deleted by the run")
        if now.is_link:
            return self._link("left", path, now)
        if not now.is_regular:
            return None
        if before is not None and before.identity is not None and before.identity == now:
            return None  # opened for writing, but nothing was written
        return self._read("left", path, now, path)

    def _read(
        self, moment: Moment, path: str, identity: Identity | None, source: str
    ) -> StateObserved:
        """The state of a path whose bytes are in ``source``, itself or a staged copy."""
        shown = self._noise.relative(path)
        there = identify(source, follow=True)
        if there is None or not there.is_regular:
            return self._state(moment, path, identity, why="gone before it could be read")
        identity = identity or there
        known = self._hashes.get(identity)
        refused = self._policy.refuses(shown, there.size)
        if known is not None and (refused or self._archive.renew(known)):
            return self._state(
                moment, path, identity, sha256=known, archived=not refused, why=refused
            )
        sha256, why = self._hash(source, there, keep=not refused)
        if sha256 is None:
            return self._state(moment, path, identity, why=why)
        self._hashes.put(identity, sha256)
        why = refused or why
        return self._state(moment, path, identity, sha256=sha256, archived=not why, why=why)

    def _hash(self, source: str, there: Identity, *, keep: bool) -> tuple[str | None, str]:
        """Hash of a file, archived if that can be; and why there is no hash or no copy."""
        if self._patience.is_over:
            return None, INTERRUPTED
        try:
            with self._patience.reading():
                sha256, lost = self._take(source, keep=keep)
        except KeyboardInterrupt:
            return None, INTERRUPTED
        except OSError as error:
            return None, f"unreadable: {error.strerror}"
        after = identify(source, follow=True)
        if sha256 is None or after is None or not after.same_bytes(there):
            return None, "unstable: it kept changing"
        return sha256, lost

    def _take(self, source: str, *, keep: bool) -> tuple[str | None, str]:
        """Hash of a file, archived if that can be, and why it is not.

        Raises:
            OSError: It cannot be read.
        """
        lost = ""
        if keep:
            try:
                return self._archive.keep(source).sha256, ""
            except ArchiveError:
                return None, ""
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                lost = "not archived: no room on the disk"
                self._observer.problem("no room on the disk for the archive")
        found = fingerprint_steady(source)
        return (None if found is None else found.sha256), lost

    def _link(self, moment: Moment, path: str, identity: Identity) -> StateObserved:
        try:
            target = os.readlink(path)
        except OSError:
            target = None
        return self._state(moment, path, identity, link_target=target, why="symbolic link")

    def _state(
        self,
        moment: Moment,
        path: str,
        identity: Identity | None,
        *,
        sha256: str | None = None,
        archived: bool = False,
        link_target: str | None = None,
        why: str = "",
    ) -> StateObserved:
        known = identity is not None and identity.mode != 0
        return StateObserved(
            moment=moment,
            path=self._noise.relative(path),
            size_bytes=identity.size if identity is not None else None,
            sha256=sha256,
            mode=identity.mode & 0o7777 if identity is not None and known else None,
            modified=_moment(identity.mtime_ns) if identity is not None else None,
            archived=archived and sha256 is not None,
            link_target=link_target,
            why=why,
        )


def _moment(nanoseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # a time beyond the calendar
