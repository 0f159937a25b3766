"""Text of names, made fit to be seen.

Names come from scripts, file systems and other people's records, so they hold
anything: line feeds, terminal escapes, right-to-left overrides, halves of
surrogate pairs. What cannot be seen is shown as a visible sign, so that no
name can break a picture, or a terminal, or pass for another one.
"""

from __future__ import annotations

import re

LINE_LIMIT = 160
WRAP_AT = 56

# C0, DEL, C1, line and paragraph separators, bidirectional controls, zero-width
# and format characters, halves of surrogate pairs, the two non-characters XML forbids.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with every unseen character replaced by a sign for it.

    Control characters become their Unicode control pictures, a byte that was
    not UTF-8 becomes ``%XX``, the rest becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape of a byte of a file name
        return f"%{code - 0xDC00:02X}"
    return "\ufffd"


def shorten(text: str, limit: int = LINE_LIMIT) -> str:
    """The text, its middle left out when it is longer than the limit."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def wrap(text: str, width: int = WRAP_AT) -> list[str]:
    """The text cut at blanks into rows of about ``width`` characters; words stay whole."""
    if len(text) <= width:
        return [text]
    rows: list[str] = []
    row = ""
    for word in text.split(" "):
        if row and len(row) + 1 + len(word) > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    rows.append(row)
    return rows
