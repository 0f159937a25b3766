"""A YesWorkflow model as values: annotations, and the workflow they declare.

The terms are those of YesWorkflow and ProvONE. ``yw/extract`` makes
:class:`Annotations` from source text, ``yw/build`` makes a :class:`Workflow`
of them, and drawing, facts, reconstruction and the graph start from there.
Ids are small integers in reading order, so that they are the same on every
machine.

Named tuples, not dataclasses: the decorator takes seven times as long, and every
``yw`` command waits for it; a script makes ten thousand of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

Tag = Literal[
    "begin", "end", "in", "param", "out", "return", "call", "as", "desc", "uri", "file", "log"
]
PortTag = Literal["in", "param", "out", "return"]
Severity = Literal["error", "warning"]


class Source(NamedTuple):
    """A text that was read.

    Attributes:
        id: From 1, in the order given.
        path: As given by the user; empty for standard input.
        language: Name of the language, or None when only a comment delimiter was given.
        sha256: Of the bytes read.
        comment: Single-line comment delimiter, when there is no language.
        guessed: The delimiter was not given: nothing told the language.
    """

    id: int
    path: str
    language: str | None
    sha256: str
    comment: str | None = None
    guessed: bool = False


class Comment(NamedTuple):
    """One comment on one line (a block comment gives one for each of its lines).

    Attributes:
        line: From 1.
        column: Of the first character of ``text``, from 1.
        text: Trimmed, without delimiter.
        cell: Of a notebook, from 1; lines then count within it.
        is_block: Part of a comment with an end of its own, or of a docstring.
    """

    source: int
    line: int
    column: int
    text: str
    cell: int | None = None
    is_block: bool = False


class Annotation(NamedTuple):
    """One keyword with its argument.

    Attributes:
        id: From 1, in reading order over all sources, qualifiers included.
        tag: Keyword in lower case without ``@``.
        keyword: As typed, for example ``@BEGIN``.
        value: First word, or the whole text for ``desc`` and ``log``.
        text: The annotation as written, free text included.
        qualifies: Id of the primary annotation that this one qualifies.
        cell: Of a notebook, from 1; lines then count within it.
    """

    id: int
    source: int
    line: int
    column: int
    tag: Tag
    keyword: str
    value: str
    text: str = ""
    qualifies: int | None = None
    cell: int | None = None


class Finding(NamedTuple):
    """One suspicious thing in annotations or in the model built from them.

    Attributes:
        code: Stable code, for example ``YW101``.
        message: One sentence.
        hint: What to write instead; may be empty.
        path: Source as given by the user.
    """

    code: str
    severity: Severity
    message: str
    path: str
    line: int
    column: int
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        place = f"{self.path or '<stdin>'}:{self.line}:{self.column}"
        return f"{place}: {self.severity} {self.code}: {self.message}{hint}"

    def to_json(self) -> dict[str, str | int]:
        """The finding as a JSON object."""
        return self._asdict()


def place_of(path: str, cell: int | None) -> str:
    """A source as messages name it: with the cell, when it is a notebook."""
    return path if cell is None else f"{path}[cell {cell}]"


class Annotations(NamedTuple):
    """All annotations of one or more sources, in reading order."""

    sources: tuple[Source, ...]
    annotations: tuple[Annotation, ...]
    comments: tuple[Comment, ...] = ()
    findings: tuple[Finding, ...] = ()


class LogTemplate(NamedTuple):
    """A ``@log`` of an output: how each entry of that file looks."""

    id: int
    annotation: int
    template: str
    variables: tuple[tuple[int, str], ...]


class Port(NamedTuple):
    """A port of a block; becomes a ``provone:Port``.

    Attributes:
        program: Id of the block that owns it.
        name: As declared; the alias is apart.
        qualified_name: ``W.S<-x`` or ``W.S->x``.
        data: Id of the data it carries.
        uri: URI template.
        variables: (id, name) of each variable of the template, once.
    """

    id: int
    program: int
    tag: PortTag
    name: str
    qualified_name: str
    annotation: int
    data: int
    alias: str | None = None
    uri: str | None = None
    description: str | None = None
    variables: tuple[tuple[int, str], ...] = ()
    logs: tuple[LogTemplate, ...] = ()

    @property
    def binding(self) -> str:
        """Name by which flows are joined: the alias if there is one."""
        return self.alias or self.name

    @property
    def is_input(self) -> bool:
        """Data flows in here."""
        return self.tag in ("in", "param")


class Program(NamedTuple):
    """A block; becomes a ``provone:Program``, or a ``provone:Workflow`` with flows inside.

    Attributes:
        parent: Id of the enclosing block; None at the top and for top-level functions.
        begin: Id of its ``@begin`` annotation.
        end: Id of its ``@end`` annotation.
        is_workflow: At least one flow inside.
        is_function: Has a ``@return``, or stands beside the top workflow.
        calls: Names given with ``@call`` inside it.
    """

    id: int
    name: str
    qualified_name: str
    parent: int | None
    begin: int
    end: int
    begin_line: int
    end_line: int
    source: int
    is_workflow: bool = False
    is_function: bool = False
    description: str | None = None
    calls: tuple[str, ...] = ()


class Data(NamedTuple):
    """What flows under one name within one block.

    Attributes:
        scope: Id of that block; None for the ports of a top-level block.
        qualified_name: ``[x]`` or ``W[x]``.
    """

    id: int
    name: str
    qualified_name: str
    scope: int | None


class Channel(NamedTuple):
    """One flow: from the port that sends to the port that receives."""

    id: int
    data: int
    source: int
    sink: int
    name: str


class _Parts(NamedTuple):
    digest: str
    top: int
    sources: tuple[Source, ...]
    annotations: tuple[Annotation, ...]
    programs: tuple[Program, ...]
    ports: tuple[Port, ...]
    data: tuple[Data, ...]
    channels: tuple[Channel, ...]
    findings: tuple[Finding, ...] = ()


class Workflow(_Parts):
    """A model: the top block, everything in it, and the functions beside it.

    Attributes:
        digest: Of the ordered (source hash, language, comment delimiter) and the workflow name.
        top: Id of the top block.
        findings: What is suspicious about it.
    """

    @cached_property
    def program_by_id(self) -> dict[int, Program]:
        """Each block by its id."""
        return {program.id: program for program in self.programs}

    @cached_property
    def port_by_id(self) -> dict[int, Port]:
        """Each port by its id."""
        return {port.id: port for port in self.ports}

    @cached_property
    def data_by_id(self) -> dict[int, Data]:
        """Each data by its id."""
        return {data.id: data for data in self.data}

    @cached_property
    def ports_of(self) -> dict[int, tuple[Port, ...]]:
        """Ports of each block, in declaration order."""
        found: dict[int, list[Port]] = {program.id: [] for program in self.programs}
        for port in self.ports:
            found[port.program].append(port)
        return {key: tuple(ports) for key, ports in found.items()}
