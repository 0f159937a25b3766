"""Make text safe and fitting for a terminal, whoever wrote it.

Names of files, tags and notes come from strangers: a control character could
move the cursor, change the title or hide a line. None gets through.
"""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, what turns the direction
# of writing (Unicode UAX #9), invisible characters, and lone surrogates.
# A text, not compiled: most output is plain ASCII and never needs it.
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def printable(text: str) -> str:
    r"""Text with every unsafe character spelled out, for example ``\x1b``.

    A byte that was not UTF-8 (a surrogate of ``surrogateescape``) is written as
    that byte, ``\xe9``.
    """
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, _spell, text)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return _NAMED.get(match[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def width(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode UAX #11: wide ones take two)."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, columns: int) -> str:
    """Text that fits, with ``…`` for what was left out of its middle."""
    if width(text) <= columns:
        return text
    if columns < 3:
        return _head(text, columns)
    tail_columns = (columns - 1) // 2
    head = _head(text, columns - 1 - tail_columns)
    tail = _head(text[::-1], tail_columns)[::-1]
    return f"{head}…{tail}"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Text filled up with blanks."""
    gap = " " * max(0, columns - width(text))
    return gap + text if right else text + gap


def _head(text: str, columns: int) -> str:
    taken = 0
    for at, character in enumerate(text):
        taken += width(character)
        if taken > columns:
            return text[:at]
    return text
