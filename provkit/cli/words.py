"""Say times, durations and sizes in words that people read."""

from __future__ import annotations

from datetime import datetime

_PREFIXES = "kMGTP"


def local_time(moment: datetime) -> str:
    """A moment in local time, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float | None) -> str:
    """A duration in the two units that matter."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(size_bytes: int | None) -> str:
    """A size with a decimal prefix (1 kB = 1000 bytes), three digits at most."""
    if size_bytes is None:
        return ""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    number, power = size_bytes / 1000, 0
    while number >= 999.5 and power < len(_PREFIXES) - 1:
        number, power = number / 1000, power + 1
    return (
        f"{number:.1f} {_PREFIXES[power]}B"
        if number < 9.95
        else f"{number:.0f} {_PREFIXES[power]}B"
    )


def count(number: int, thing: str, things: str = "") -> str:
    """A number of things: ``1 run``, ``2 runs``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
