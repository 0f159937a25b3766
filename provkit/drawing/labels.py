"""Text of names, made fit to be seen.

Names come from scripts, file systems and other people's records, so they hold
anything: line feeds, terminal escapes, right-to-left overrides, halves of
surrogate pairs. What cannot be seen is shown as a visible sign, so that no
name can break a picture, or a terminal, or pass for another one.
"""

from __future__ import annotations

LINE_LIMIT = 160
WRAP_AT = 56


def visible(text: str) -> str:
    """The text with every unseen character replaced by a sign for it.

    Control characters become their Unicode control pictures, a byte that was
    not UTF-8 becomes ``%XX``, the rest becomes U+FFFD.
    """
    return text if text.isprintable() else "".join(map(_sign, text))


def _sign(character: str) -> str:
    code = ord(character)
    if character.isprintable() or code == 0xA0:
        return character
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
