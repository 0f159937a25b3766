"""What a program says of itself while it is recorded: ``provkit.parameter("x", 2.5)``.

The environment names a file; each thing told is one line of JSON appended to
it. Outside of a recorded run nothing is named, and nothing is told.
"""

# Plain os: a program that calls this must not pay for pathlib.
# ruff: noqa: PTH123

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TypeVar

TELL_VARIABLE = "PROVKIT_TELL"
MOST_TOLD = 10_000
LONGEST_VALUE = 1000
T = TypeVar("T")


def parameter(name: str, value: T) -> T:
    """Record a parameter of the run that is going on, and return its value.

    Outside of a recorded run it only returns the value, so a script may keep
    the call::

        threshold = provkit.parameter("threshold", 2.5)
    """
    path = os.environ.get(TELL_VARIABLE)
    if path:
        line = json.dumps({"parameter": str(name), "value": shorten(value)}) + "\n"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return value  # the recorder is gone; the program goes on
        try:
            os.write(handle, line.encode("ascii"))
        finally:
            os.close(handle)
    return value


def shorten(value: object) -> str:
    """A value as text: a text itself, else how Python would write it, within limits."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def read_told(path: str) -> Iterator[tuple[str, str]]:
    """Names and values told, in order; what is not well formed is left out."""
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")[:MOST_TOLD]
    except OSError:
        return
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("parameter"), str):
            yield row["parameter"], str(row.get("value", ""))
