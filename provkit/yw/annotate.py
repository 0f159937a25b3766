"""Propose YesWorkflow annotations for a script that has none, from its file accesses.

The calls that read and write files are found in the text of the script, which
is never run. What is proposed is a start to edit: a block around the script,
a block around each function that touches files, ports with URI templates.
Only comment lines are added; the code stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from provkit.errors import UsageError

Direction = Literal["in", "out"]

_WORD = re.compile(r"[^A-Za-z0-9_]+")
_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Access:
    """One file that code reads or writes.

    Attributes:
        path: Its path as a URI template: ``data/{year}.csv``.
        line: Where the call stands, from 1.
    """

    direction: Direction
    path: str
    line: int


@dataclass(slots=True)
class Block:
    """Lines of a script that become a block.

    Attributes:
        first: First line of it, from 1.
        last: Last line of it.
    """

    name: str
    first: int
    last: int
    description: str = ""
    accesses: list[Access] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """What was understood of a script.

    Attributes:
        whole: Everything between the imports and the end.
        steps: Parts of it that touch files, in order, not overlapping.
        parameters: Names of command-line options.
    """

    whole: Block
    steps: list[Block]
    parameters: list[str] = field(default_factory=list)


class _Names:
    """A port name of its own for each path."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Name made from the last segment of a path, the same for the same path."""
        if path not in self._of:
            stem = path.rstrip("/").rpartition("/")[2].split(".")[0]
            plain = word(_VARIABLE.sub(" ", stem)) or word(" ".join(_VARIABLE.findall(path)))
            wanted = base = plain or "file"
            count = 1
            while wanted in self._of.values():
                count += 1
                wanted = f"{base}_{count}"
            self._of[path] = wanted
        return self._of[path]


def word(text: str) -> str:
    """Text as one word that can name a block or a port; it may be empty."""
    return _WORD.sub("_", text).strip("_")


def insert_annotations(text: str, outline: Outline, *, comment: str = "#") -> str:
    """The script with annotations for an outline; line ends stay as they are.

    Raises:
        UsageError: Nothing in it reads or writes a file.
    """
    blocks = outline.steps or [outline.whole]
    if not any(block.accesses for block in blocks):
        raise UsageError(
            "no call that reads or writes a file was found",
            hint="annotate by hand: # @begin NAME, # @in NAME, # @out NAME, # @end NAME",
        )
    if outline.steps:
        for step in outline.steps:
            step.accesses = [_made_own(each, step, outline.parameters) for each in step.accesses]
    names = _Names()
    lines = text.split("\n")
    before: dict[int, list[str]] = {}
    after: dict[int, list[str]] = {}
    whole = outline.whole
    parameters: dict[str, None] = {}
    for block in blocks:
        ports = _ports(block.accesses, names)
        code = "\n".join(lines[block.first - 1 : block.last])
        taken = {names.of(access.path) for access in block.accesses}
        used = [name for name in outline.parameters if re.search(rf"\b{name}\b", code)]
        own = [name for name in used if name not in taken]
        parameters |= dict.fromkeys(own)
        if outline.steps:
            opening = [f"@begin {block.name}{_description(block)}"]
            before[block.first] = [*opening, *(f"@param {name}" for name in own), *ports]
            after[block.last] = [f"@end {block.name}"]
    outer = [
        f"@begin {whole.name}{_description(whole)}",
        *(f"@param {name}" for name in parameters),
    ]
    first = before.get(whole.first, [])
    before[whole.first] = [*outer, *_ports(_outside(blocks), names), *first]
    after.setdefault(whole.last, []).append(f"@end {whole.name}")
    return _insert(text, before, after, comment)


def _made_own(access: Access, step: Block, parameters: Sequence[str]) -> Access:
    """A path of which only a variable is known is another one in each step, but for parameters."""
    if word(_VARIABLE.sub("", access.path)) or word(access.path) in parameters:
        return access
    return Access(access.direction, f"{{{step.name}_{word(access.path)}}}", access.line)


def _outside(blocks: list[Block]) -> list[Access]:
    """What the steps together take from outside and leave there."""
    read = {a.path for block in blocks for a in block.accesses if a.direction == "in"}
    written = {a.path for block in blocks for a in block.accesses if a.direction == "out"}
    return [
        access
        for block in blocks
        for access in block.accesses
        if access.path not in (written if access.direction == "in" else read) or len(blocks) == 1
    ]


def _ports(accesses: Sequence[Access], names: _Names) -> list[str]:
    """One line for each path and direction, inputs first."""
    lines: dict[str, None] = {}
    for direction in ("in", "out"):
        for access in accesses:
            if access.direction == direction:
                uri = f" @uri file:{access.path}" if _can_be_uri(access.path) else ""
                lines[f"@{direction} {names.of(access.path)}{uri}"] = None
    return list(lines)


def _can_be_uri(path: str) -> bool:
    """A template is one word, and more than a single variable."""
    return not re.search(r"[\s@]", path) and bool(_VARIABLE.sub("", path).strip("/."))


def _description(block: Block) -> str:
    text = " ".join(block.description.split()).replace("@", "")
    return f" @desc {text}" if text else ""


def _insert(
    text: str, before: dict[int, list[str]], after: dict[int, list[str]], comment: str
) -> str:
    lines = text.split("\n")
    ending = "\r" if lines[0].endswith("\r") else ""
    if lines and lines[-1] == "":
        lines.pop()
    written: list[str] = []
    for number, line in enumerate(lines, 1):
        written += [f"{comment} {added}{ending}" for added in before.get(number, ())]
        written.append(line)
        written += [f"{comment} {added}{ending}" for added in after.get(number, ())]
    return "\n".join(written) + "\n"
