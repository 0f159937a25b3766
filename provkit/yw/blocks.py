"""Blocks as they are opened and closed: which ports and qualifiers belong to which.

Annotations are walked in reading order with a stack. ``@begin`` opens a block inside
the current one, ``@end`` closes the innermost whatever its name, and a port belongs
to the innermost open block (YesWorkflow 0.2.1.2). What breaks this is a finding with its place.
"""

from __future__ import annotations

from collections.abc import Iterable

from provkit.errors import AnnotationError, ModelError
from provkit.model.workflow import Annotation, Annotations, Finding, PortTag, place_of
from provkit.yw.templates import parse_pattern

NAMING = ("begin", "in", "param", "out", "return", "as", "call")
"""Annotations whose value is a name."""

_LONGEST_NAME, _LONGEST_QUALIFIED, _LONGEST_TEMPLATE = 255, 2000, 4096
_MOST_FINDINGS, _MOST_TOLD = 1000, 100


class OpenPort:
    """A port while its block is open."""

    def __init__(self, annotation: Annotation, tag: PortTag, number: int) -> None:
        self.annotation = annotation
        self.tag: PortTag = tag
        self.id = number
        self.alias: str | None = None
        self.uri: Annotation | None = None
        self.description: str | None = None
        self.logs: list[Annotation] = []

    @property
    def binding(self) -> str:
        """Name by which flows are joined: the alias if there is one."""
        return self.alias or self.annotation.value


class Block:
    """A block while it is read."""

    def __init__(
        self, begin: Annotation, parent: Block | None, number: int, qualified_length: int
    ) -> None:
        self.begin = begin
        self.parent = parent
        self.id = number
        self.end: Annotation | None = None
        self.qualified_length = qualified_length
        self.description: str | None = None
        self.ports: list[OpenPort] = []
        self.blocks: list[Block] = []
        self.calls: list[str] = []

    @property
    def name(self) -> str:
        """Argument of its ``@begin``."""
        return self.begin.value

    @property
    def returns(self) -> bool:
        """It has a ``@return``, so it is a function when nested."""
        return any(port.tag == "return" for port in self.ports)


def first_error(findings: Iterable[Finding]) -> AnnotationError | None:
    """The first error among findings, to be raised with the others behind it; None without one."""
    errors = [each for each in findings if each.severity == "error"]
    if not errors:
        return None
    first, *others = sorted(errors, key=lambda f: (f.path, f.line, f.column))
    return AnnotationError(
        f"{first.message} [{first.code}]",
        file=first.path,
        line=first.line,
        column=first.column,
        hint=first.hint,
        also=[str(each) for each in others[:_MOST_TOLD]],
    )


def read_blocks(annotations: Annotations) -> tuple[list[Block], list[Finding]]:
    """Every block in the order of its ``@begin``, with what is wrong about the nesting."""
    nesting = _Nesting({source.id: source.path for source in annotations.sources})
    for each in annotations.annotations:
        nesting.take(each)
    nesting.close()
    return nesting.blocks, nesting.findings


class _Nesting:
    """The stack of open blocks, as annotations are walked."""

    def __init__(self, paths: dict[int, str]) -> None:
        self.paths = paths
        self.blocks: list[Block] = []
        self.findings: list[Finding] = []
        self.current: Block | None = None
        self.last: Block | OpenPort | None = None
        self.ports = 0

    def take(self, each: Annotation) -> None:
        """Let one annotation do what it does."""
        if each.tag in NAMING and len(each.value) > _LONGEST_NAME:
            message = f"a name of {len(each.value)} characters"
            self._complain("YW106", each, message, f"names have at most {_LONGEST_NAME}")
        elif each.tag == "begin":
            self._open(each)
        elif each.qualifies is not None:
            self._check_template(each)
            _qualify(self.last, each)
        elif self.current is None:
            message = f"{each.keyword} {each.value}".rstrip() + " stands outside any block"
            self._complain("YW103", each, message, "open a block with @begin NAME before it")
            self.last = None
        elif each.tag == "end":
            self.current.end, self.last, self.current = each, None, self.current.parent
        elif each.tag == "call":
            self.current.calls.append(each.value)
            self.last = None
        else:
            self.ports += 1
            tag: PortTag = each.tag  # type: ignore[assignment]  # the other tags were handled
            self.last = OpenPort(each, tag, self.ports)
            self.current.ports.append(self.last)

    def _check_template(self, each: Annotation) -> None:
        if each.tag in ("uri", "file", "log"):
            if len(each.value) > _LONGEST_TEMPLATE:
                message = f"a template of {len(each.value)} characters"
                self._complain("YW106", each, message, f"at most {_LONGEST_TEMPLATE}")
                return
            try:
                parse_pattern(each.value)
            except ModelError as error:
                self._complain("YW105", each, error.message, error.hint)

    def _open(self, begin: Annotation) -> None:
        above = self.current.qualified_length + 1 if self.current else 0
        length = above + len(begin.value)
        block = Block(begin, self.current, len(self.blocks) + 1, length)
        if length > _LONGEST_QUALIFIED and above <= _LONGEST_QUALIFIED:
            self._complain("YW107", begin, "blocks are nested too deep", "is this text a script?")
        if self.current is not None:
            self.current.blocks.append(block)
        self.blocks.append(block)
        self.current = self.last = block

    def close(self) -> None:
        """Complain of every block still open, innermost first; a thousand complaints are enough."""
        while self.current is not None and len(self.findings) < _MOST_FINDINGS:
            name = self.current.name
            message = f"No @end comment paired with '@begin {name}'"
            self._complain("YW104", self.current.begin, message, f"close it with @end {name}")
            self.current = self.current.parent

    def _complain(self, code: str, at: Annotation, message: str, hint: str) -> None:
        path = place_of(self.paths[at.source], at.cell)
        self.findings.append(Finding(code, "error", message, path, at.line, at.column, hint))


def _qualify(last: Block | OpenPort | None, by: Annotation) -> None:
    """Let a qualifier say what it says of the block or port before it; the last one wins."""
    if isinstance(last, Block) and by.tag == "desc":
        last.description = by.value
    elif isinstance(last, OpenPort):
        if by.tag == "as":
            last.alias = by.value
        elif by.tag == "desc":
            last.description = by.value
        elif by.tag in ("uri", "file"):
            last.uri = by
        elif last.tag in ("out", "return"):
            last.logs.append(by)
