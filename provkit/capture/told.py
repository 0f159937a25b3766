"""What a program says of itself while it is recorded: ``provkit.parameter("x", 2.5)``.

The environment names a file; each thing told is one line of JSON appended to
it. Outside of a recorded run nothing is named, and nothing is told.
"""

# Plain os: a program that calls this must not pay for pathlib.
# ruff: noqa: PTH123

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

TELL_VARIABLE = "PROVKIT_TELL"
MOST_TOLD = 10_000


def tell_parameter(name: str, value: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell the recorder of this process of a parameter.

    Returns:
        Whether somebody listens.
    """
    path = environ.get(TELL_VARIABLE)
    if not path:
        return False
    line = json.dumps({"parameter": name, "value": value}) + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False  # the recorder is gone; the program goes on
    try:
        os.write(handle, line.encode("ascii"))
    finally:
        os.close(handle)
    return True


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
