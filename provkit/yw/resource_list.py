r"""Read the recorded inputs and outputs of a run from a small YAML or JSON file.

The shape is that of yw-matlab's export: two keys, ``inputs`` and ``outputs``,
each with a list of paths. Exactly this much of YAML 1.2 is read: block lists
and flow lists of plain, single- and double-quoted scalars on one line,
comments, and the document markers. Anything else is refused with its line
rather than guessed at. ::

    inputs:
      - prep/raw.csv            # a comment
      - 'a name: with signs.csv'
    outputs: [prep/out.csv, "b\tc.csv"]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from provkit.errors import UnknownDataError

_KEYS = ("inputs", "outputs")
_KEY = re.compile(r"""(["']?)(\w+)\1\s*:(?:\s+(.*))?""")
_ITEM = re.compile(r"\s*-(?:\s+(.*))?")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_COMMENT = re.compile(r"\s#")
# What a plain scalar cannot begin with, or hold (YAML 1.2.2, section 7.3.3).
_NOT_PLAIN = re.compile(r"[&*!|>%@`?{}\[\]]|-\s|.*:(?:\s|$)")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_ESCAPED = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordedResources:
    """Paths that a run read and wrote, in the order recorded."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def parse_resource_list(text: str, *, file: str = "") -> RecordedResources:
    """Recorded resources of a YAML or JSON text.

    Raises:
        UnknownDataError: It has another shape; the message names file and line.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        return _parse_json(text, file)
    return _Reader(file).read(text)


class _Reader:
    """The lines of one file, with the place for messages."""

    def __init__(self, file: str) -> None:
        self._file = file or "<resources>"
        self._line = 0

    def read(self, text: str) -> RecordedResources:
        """Both lists.

        Raises:
            UnknownDataError: A line of another shape, or neither key.
        """
        found: dict[str, list[str]] = {}
        current: list[str] | None = None
        for self._line, line in enumerate(text.replace("\r", "").split("\n"), 1):
            if _is_blank(line) or line.startswith(("---", "...", "%")):
                continue
            item = _ITEM.fullmatch(line)
            if item and current is not None:
                current.append(self._path(item.group(1) or ""))
                continue
            key = _KEY.fullmatch(line)
            if not key or key.group(2) not in _KEYS:
                self._refuse(f"expected `inputs:`, `outputs:` or `- PATH`, found {line.strip()!r}")
            if key.group(2) in found:
                self._refuse(f"{key.group(2)!r} stands here a second time")
            current = found[key.group(2)] = self._value((key.group(3) or "").strip())
        if not found:
            self._refuse("neither `inputs:` nor `outputs:` was found")
        return RecordedResources(tuple(found.get("inputs", ())), tuple(found.get("outputs", ())))

    def _value(self, text: str) -> list[str]:
        """What stands behind a key: nothing, a list in brackets, or one path."""
        if _is_blank(text) or text in ("~", "null"):
            return []
        if not text.startswith("["):
            return [self._path(text)]
        paths: list[str] = []
        rest = text[1:].lstrip()
        while not rest.startswith("]"):
            path, rest = self._scalar(rest, stops=",]")
            paths.append(path)
            if rest.startswith(","):
                rest = rest[1:].lstrip()
            elif not rest.startswith("]"):
                self._refuse("the list in brackets is not closed on its line")
        self._close(rest[1:])
        return paths

    def _path(self, text: str) -> str:
        path, rest = self._scalar(text)
        self._close(rest)
        return path

    def _close(self, rest: str) -> None:
        if not _is_blank(rest) or rest.startswith("#"):
            self._refuse(f"cannot read {rest.strip()!r}", hint="put the path in quotes")

    def _scalar(self, text: str, *, stops: str = "") -> tuple[str, str]:
        """A scalar at the start of a text, and what follows it."""
        if single := _SINGLE.match(text):
            return single.group(1).replace("''", "'"), text[single.end() :]
        if double := _DOUBLE.match(text):
            return _ESCAPE.sub(self._escaped, double.group(1)), text[double.end() :]
        ends = [at for sign in stops if (at := text.find(sign)) >= 0]
        if comment := _COMMENT.search(text):
            ends.append(comment.start())
        end = min(ends, default=len(text))
        plain = text[:end].rstrip()
        if not plain or plain[0] in "'\"" or _NOT_PLAIN.match(plain):
            self._refuse(f"not a path on one line: {plain!r}", hint="put it in quotes")
        return plain, text[end:]

    def _escaped(self, found: re.Match[str]) -> str:
        code = found.group(1)
        if len(code) > 1 and int(code[1:], 16) < 0x110000:
            return chr(int(code[1:], 16))
        if code not in _ESCAPED:
            self._refuse(f"no such escape: \\{code}")
        return _ESCAPED[code]

    def _refuse(self, message: str, *, hint: str = "") -> NoReturn:
        raise UnknownDataError(f"{self._file}:{max(self._line, 1)}:1: {message}", hint=hint)


def _is_blank(text: str) -> bool:
    """Nothing but blanks and a comment."""
    text = text.lstrip()
    return not text or text.startswith("#")


def _parse_json(text: str, file: str) -> RecordedResources:
    import json  # noqa: PLC0415 - the file is YAML, nearly always

    place = file or "<resources>"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnknownDataError(f"{place}: not JSON: {error}") from error
    lists = []
    for key in _KEYS:
        paths = value.pop(key, None) or []
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise UnknownDataError(f"{place}: {key!r} is not a list of paths")
        lists.append(tuple(paths))
    if value or not any(lists):
        raise UnknownDataError(f"{place}: expected the keys 'inputs' and 'outputs', nothing else")
    return RecordedResources(*lists)
