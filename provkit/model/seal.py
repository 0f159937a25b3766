"""The seal of a record: its last line holds the checksum of all lines before it.

``{"seal": "<sha256 of every byte above this line>"}``. A byte flipped anywhere
in a sealed record, seal and line ends included, is found by
:func:`check_seal`; a record cut short has no seal.
"""

from __future__ import annotations

import hashlib
from typing import Literal

_BEFORE, _AFTER = b'{"seal": "', b'"}\n'
_SEAL_BYTES = len(_BEFORE) + 64 + len(_AFTER)

Soundness = Literal["sealed", "unsealed", "changed"]


def seal_line(content: bytes) -> bytes:
    """The line that seals what stands above it; ``content`` ends with a line end."""
    return seal_line_of(hashlib.sha256(content).hexdigest())


def seal_line_of(sha256: str) -> bytes:
    """The line that seals lines of this digest, for who hashes as it writes."""
    return _BEFORE + sha256.encode("ascii") + _AFTER


def check_seal(record: bytes) -> Soundness:
    """Whether a record is whole.

    Returns:
        ``sealed``: whole and as it was written. ``unsealed``: it has no seal.
        ``changed``: it has one, which does not match.
    """
    content, last = record[:-_SEAL_BYTES], record[-_SEAL_BYTES:]
    if last == seal_line(content):
        return "sealed"
    return "changed" if b'"seal"' in record[-2 * _SEAL_BYTES :] else "unsealed"
