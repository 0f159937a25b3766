"""One lexical form for time: RFC 3339 in UTC, with ``Z`` and microseconds.

Records, the graph, the command line and packages all write times through
this module, so that equal moments are equal texts.
"""

from __future__ import annotations

from datetime import UTC, datetime

from provkit.errors import UsageError


def write_time(moment: datetime) -> str:
    """Text of a moment, for example ``2026-01-31T09:30:00.000000Z``.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"time without zone: {moment!r}")
    # "+00:00" gives way to "Z"; three times as fast as strftime, and every line has a time.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_time(text: str) -> datetime:
    """Moment written by :func:`write_time`, or any RFC 3339 text; without zone it is local time.

    Raises:
        UsageError: The text is not a date or a time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"not a date or time: {text!r}", hint="write 2026-01-31 or 2026-01-31T09:30:00+01:00"
        ) from error
    return moment.astimezone(UTC)
