"""Choose runs: the filters of ``runs``, ``rm``, ``graph runs`` and ``package``.

All filters given must hold (AND). Text is matched by glob: ``*``, ``?`` and
``[…]`` as in :mod:`fnmatch`, where ``*`` also matches ``/``; text that equals the
pattern always matches. Paths match from any folder on, so ``clean.R`` finds
``scripts/clean.R``. A time stands for the whole of its last unit: ``--until
2026-01-31`` includes that day, ``--until 10:30`` that minute. Without zone it
is local time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from provkit.errors import UsageError
from provkit.times import read_time

if TYPE_CHECKING:
    from provkit.app.summary import RunSummary
    from provkit.model.events import Status

STATUSES: tuple[Status, ...] = ("ok", "failed", "interrupted", "incomplete", "running")

# Texts, not compiled: a list without filters does not pay for them.
_DAY = r"\d{4}-?\d\d-?\d\d\Z"
_UNITS = (
    (r"[T ]\d\d(?![\d:])", timedelta(hours=1)),
    (r"[T ]\d\d:?\d\d(?![\d:])", timedelta(minutes=1)),
    (r"[T ]\d\d:?\d\d:?\d\d(?![\d.,])", timedelta(seconds=1)),
)
_SEQ = r"([0-9]*)(:?)([0-9]*)\Z"


class FileTouched(NamedTuple):
    """A file that a run names, as filters see it."""

    path: str
    sha256: str | None


class RunFilter(NamedTuple):
    """Which runs are meant; what is None or empty does not matter.

    Attributes:
        id: Start of a run id, or a glob for all of it.
        program: Glob for the program's path.
        files: Globs; each must match a file the run read, wrote or ran.
        hashes: Starts of a SHA-256, or globs; each must match such a file's content.
        tags: Globs; each must match a tag.
        user: Glob for who ran it.
        status: How it ended.
        since: First moment of starting that counts.
        before: First moment of starting that does not count any more.
        error: Glob for a part of the error message.
        first_seq: Smallest run number.
        last_seq: Greatest run number.
        limit: How many runs, the newest first.
    """

    id: str | None = None
    program: str | None = None
    files: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    user: str | None = None
    status: Status | None = None
    since: datetime | None = None
    before: datetime | None = None
    error: str | None = None
    first_seq: int | None = None
    last_seq: int | None = None
    limit: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no filter was given at all: then it means every run."""
        return self == EVERY_RUN

    def accepts(self, run: RunSummary) -> bool:
        """Whether all filters hold that need no file of the run."""
        return (
            _opt(self.id, lambda pattern: match_start(pattern, run.record))
            and _opt(self.program, lambda pattern: match_path(pattern, run.program))
            and _opt(self.user, lambda pattern: match_text(pattern, run.user))
            and _opt(self.error, lambda pattern: bool(run.error) and _part(pattern, run.error))
            and (self.status is None or run.status == self.status)
            and (self.since is None or run.started >= self.since)
            and (self.before is None or run.started < self.before)
            and (self.first_seq is None or run.seq >= self.first_seq)
            and (self.last_seq is None or run.seq <= self.last_seq)
            and all(any(match_text(tag, each) for each in run.tags) for tag in self.tags)
        )

    @property
    def needs_files(self) -> bool:
        """Whether :meth:`accepts_files` has to be asked too."""
        return bool(self.files or self.hashes)

    def accepts_files(self, files: Sequence[FileTouched]) -> bool:
        """Whether the filters hold that look at files."""
        return all(any(match_path(glob, f.path) for f in files) for glob in self.files) and all(
            any(f.sha256 is not None and match_start(digest, f.sha256) for f in files)
            for digest in self.hashes
        )


EVERY_RUN = RunFilter()
"""The filter that accepts every run."""


def read_filter(  # noqa: PLR0913 - one argument for each filter of the contract
    *,
    id: str | None = None,  # noqa: A002 - the word of the contract
    program: str | None = None,
    file: Iterable[str] = (),
    hash: Iterable[str] = (),  # noqa: A002 - the word of the contract
    tag: Iterable[str] = (),
    user: str | None = None,
    status: str | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    error: str | None = None,
    seq: str | int | None = None,
    limit: int | None = None,
) -> RunFilter:
    """The filter that a user's words mean.

    Args:
        id: Start of a run id or glob; ``urn:uuid:`` in front is allowed.
        program: Glob.
        file: Globs.
        hash: Starts of a SHA-256; ``sha256:`` in front is allowed.
        tag: Globs.
        user: Glob.
        status: One of :data:`STATUSES`.
        since: A date or time.
        until: A date or time; all of that day, hour, minute or second counts.
        error: Glob for a part of the message.
        seq: ``A:B``, ``A:``, ``:B`` or one number.
        limit: Greatest number of runs.

    Raises:
        UsageError: A value that means nothing.
    """
    if status is not None and status not in STATUSES:
        raise UsageError(f"no such status: {status}", hint=f"one of {', '.join(STATUSES)}")
    if limit is not None and limit < 0:
        raise UsageError(f"a limit cannot be negative: {limit}")
    first, last = _read_seq(str(seq)) if seq is not None else (None, None)
    return RunFilter(
        id=id.removeprefix("urn:uuid:").lower() if id is not None else None,
        program=program,
        files=_texts(file),
        hashes=tuple(each.removeprefix("sha256:").lower() for each in _texts(hash)),
        tags=_texts(tag),
        user=user,
        status=next((each for each in STATUSES if each == status), None),
        since=_moment(since, read_time) if isinstance(since, str) else _utc(since),
        before=_moment(until, _read_until) if isinstance(until, str) else _after(until),
        error=error,
        first_seq=first,
        last_seq=last,
        limit=limit,
    )


def match_text(pattern: str, text: str) -> bool:
    """Whether a glob matches a text, case and all."""
    return text == pattern or fnmatchcase(text, pattern)


def match_path(pattern: str, path: str) -> bool:
    """Whether a glob matches a path, from its beginning or from any folder on."""
    if match_text(pattern, path):
        return True
    return not pattern.startswith("/") and (
        path.endswith(f"/{pattern}") or fnmatchcase(path, f"*/{pattern}")
    )


def match_start(pattern: str, text: str) -> bool:
    """Whether a text starts as a pattern says; for ids and hashes."""
    return text.startswith(pattern) or fnmatchcase(text, pattern)


def _part(pattern: str, text: str) -> bool:
    return pattern in text or fnmatchcase(text, f"*{pattern}*")


def _opt(pattern: str | None, holds: Callable[[str], bool]) -> bool:
    return pattern is None or holds(pattern)


def _texts(value: Iterable[str] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _moment(text: str, read: Callable[[str], datetime]) -> datetime:
    try:
        return read(text)
    except (OverflowError, ValueError) as error:  # a zone or a day beyond year 1 or 9999
        raise UsageError(f"a time out of range: {text!r}") from error


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _after(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC) + timedelta(microseconds=1)


def _read_until(text: str) -> datetime:
    """First moment after a date or time, taken as long as it is precise."""
    text = text.strip()
    if text == "9999-12-31":  # what other tools write for "for ever"
        return datetime.max.replace(tzinfo=UTC)
    moment = read_time(text)
    if re.match(_DAY, text):
        # The next local midnight: a day may have 23 or 25 hours.
        day = datetime.fromisoformat(text) + timedelta(days=1)
        return day.astimezone(UTC)
    for unit, length in _UNITS:
        if re.search(unit, text):
            return moment + length
    return moment + timedelta(microseconds=1)


def _read_seq(text: str) -> tuple[int | None, int | None]:
    parts = re.match(_SEQ, text.strip())
    if parts is None or not (parts[1] or parts[3]):
        raise UsageError(f"not a run number or range: {text!r}", hint="write 7, 3:9, 3: or :9")
    first = int(parts[1]) if parts[1] else None
    if not parts[2]:
        return first, first
    last = int(parts[3]) if parts[3] else None
    if first is not None and last is not None and first > last:
        raise UsageError(f"an empty range of runs: {text}", hint=f"write {last}:{first}")
    return first, last
