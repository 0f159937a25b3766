"""Blocks as they are opened and closed: which ports and qualifiers belong to which.

Annotations are walked in reading order with a stack. ``@begin`` opens a block inside
the current one, ``@end`` closes the innermost whatever its name, and a port belongs
to the innermost open block (YesWorkflow 0.2.1.2). What breaks this is a finding with its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from provkit.errors import AnnotationError
from provkit.model.workflow import Annotation, Annotations, Finding, PortTag


@dataclass(slots=True, eq=False)
class OpenPort:
    """A port while its block is open."""

    annotation: Annotation
    tag: PortTag
    id: int = 0
    alias: str | None = None
    uri: Annotation | None = None
    description: str | None = None
    logs: list[Annotation] = field(default_factory=list)

    @property
    def binding(self) -> str:
        """Name by which flows are joined: the alias if there is one."""
        return self.alias or self.annotation.value


@dataclass(slots=True, eq=False)
class Block:
    """A block while it is read."""

    begin: Annotation
    parent: Block | None
    id: int
    end: Annotation | None = None
    description: str | None = None
    ports: list[OpenPort] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Argument of its ``@begin``."""
        return self.begin.value

    @property
    def returns(self) -> bool:
        """It has a ``@return``, so it is a function when nested."""
        return any(port.tag == "return" for port in self.ports)


def first_error(findings: Iterable[Finding]) -> AnnotationError | None:
    """The first error among findings, to be raised; None when there are warnings only."""
    for each in sorted(findings, key=lambda f: (f.path, f.line, f.column)):
        if each.severity == "error":
            return AnnotationError(
                f"{each.message} [{each.code}]",
                file=each.path,
                line=each.line,
                column=each.column,
                hint=each.hint,
            )
    return None


def read_blocks(annotations: Annotations) -> tuple[list[Block], list[Finding]]:
    """Every block in the order of its ``@begin``, with what is wrong about the nesting."""
    blocks: list[Block] = []
    findings: list[Finding] = []
    current: Block | None = None
    last: Block | OpenPort | None = None
    paths = {source.id: source.path for source in annotations.sources}

    def complain(code: str, at: Annotation, message: str, hint: str) -> None:
        findings.append(
            Finding(
                code=code,
                severity="error",
                message=message,
                path=paths[at.source],
                line=at.line,
                column=at.column,
                hint=hint,
            )
        )

    port_id = 0
    for each in annotations.annotations:
        if each.tag == "begin":
            current = Block(each, current, len(blocks) + 1)
            blocks.append(current)
            if current.parent is not None:
                current.parent.blocks.append(current)
            last = current
        elif each.qualifies is not None:
            _qualify(last, each)
        elif current is None:
            last = None
            complain(
                "YW103",
                each,
                f"{each.keyword} {each.value} stands outside any block".replace("  ", " "),
                "open a block with @begin NAME before it",
            )
        elif each.tag == "end":
            current.end, last, current = each, None, current.parent
        elif each.tag == "call":
            current.calls.append(each.value)
            last = None
        else:
            port_id += 1
            last = OpenPort(each, each.tag, port_id)  # type: ignore[arg-type]  # the other tags were handled
            current.ports.append(last)
    while current is not None:
        complain(
            "YW104",
            current.begin,
            f"No @end comment paired with '@begin {current.name}'",
            f"close it with @end {current.name}",
        )
        current = current.parent
    return blocks, findings


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
