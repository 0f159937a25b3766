"""Times as other tools wrote them, as moments in UTC.

recordr writes ``2017-01-13 11:46:50 PST``, matlab-dataone ``20151027T104500``,
others RFC 3339. A text without zone says nothing about where it was written;
it is taken as UTC, so that an import gives the same on every machine, and the
importer reports it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_TEXT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d\d(?::?\d\d)?|[A-Za-z]{2,5})?\Z"
)
# Hours from UTC of the abbreviations that R prints for common zones; an
# abbreviation that several zones share (IST, BST of Bangladesh) is left out
# unless one use is far the most common.
_ZONES = {
    "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "WEST": 1.0, "BST": 1.0, "CET": 1.0, "CEST": 2.0,
    "EET": 2.0, "EEST": 3.0, "MSK": 3.0, "JST": 9.0, "KST": 9.0, "AWST": 8.0, "AEST": 10.0,
    "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0, "NST": -3.5, "NDT": -2.5, "AST": -4.0, "ADT": -3.0,
    "EST": -5.0, "EDT": -4.0, "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0,
    "PDT": -7.0, "AKST": -9.0, "AKDT": -8.0, "HST": -10.0, "BRT": -3.0, "ART": -3.0, "SAST": 2.0,
}  # fmt: skip


def read_foreign_time(text: str, zone: str = "") -> tuple[datetime | None, str]:
    """A moment, and what was doubtful about its text (empty when nothing was).

    Args:
        text: As the other tool wrote it.
        zone: Zone of a text without one, where the source tells it elsewhere.

    Returns:
        None as moment when the text is no time at all.
    """
    match = _TEXT.match(text.strip())
    if match is None:
        return None, f"not a time: {text!r}"
    year, month, day, hour, minute, second, fraction, own = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]), tzinfo=UTC,
        )  # fmt: skip
        offset, doubt = _offset(own or zone)
        return moment.replace(tzinfo=timezone(offset)).astimezone(UTC), doubt
    except (ValueError, OverflowError):
        return None, f"not a time: {text!r}"


def zone_of(text: str) -> str:
    """The zone that a time names; empty when it names none."""
    match = _TEXT.match(text.strip())
    return (match[8] or "") if match else ""


def _offset(zone: str) -> tuple[timedelta, str]:
    if not zone:
        return timedelta(0), "time without zone taken as UTC"
    if zone == "Z":
        return timedelta(0), ""
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        distance = timedelta(hours=hours, minutes=minutes)
        return (-distance if zone[0] == "-" else distance), ""
    known = _ZONES.get(zone.upper())
    if known is None:
        return timedelta(0), f"zone {zone!r} is not known, time taken as UTC"
    return timedelta(hours=known), ""
