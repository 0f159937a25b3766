"""From annotations to a workflow model: blocks, ports, data and the flows between them.

Source of the rules: YesWorkflow 0.2.1.2, with these mends
(docs/reference/yesworkflow.md): every flow once; all writers of a name are
connected, not only the last declared; a step that reads and writes one name
stays a step; ports of further top-level blocks have their data at the top;
return ports are ports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from provkit.errors import AnnotationError
from provkit.model.workflow import (
    Annotation,
    Annotations,
    Channel,
    Data,
    LogTemplate,
    Port,
    Program,
    Workflow,
)
from provkit.yw.blocks import Block, OpenPort, first_error, read_blocks
from provkit.yw.templates import parse_pattern, parse_template


def build(annotations: Annotations, workflow: str | None = None) -> Workflow:
    """The model that annotations declare.

    Args:
        annotations: Of one or more sources.
        workflow: Name of the top-level block to use; the first one by default.

    Raises:
        AnnotationError: The markup is wrong; the first error with its place.
    """
    blocks, errors = read_blocks(annotations)
    error = first_error((*annotations.findings, *errors))
    if error is not None:
        raise error
    tops = [block for block in blocks if block.parent is None]
    if not tops:
        path = annotations.sources[0].path if annotations.sources else ""
        raise AnnotationError(
            "Cannot create workflow model from source with no YW comments",
            file=path,
            hint="mark a block with @begin NAME and @end NAME",
        )
    top = tops[0] if workflow is None else next((b for b in tops if b.name == workflow), None)
    if top is None:
        names = ", ".join(block.name for block in tops)
        raise AnnotationError(
            f"No workflow named '{workflow}' found in source",
            file=annotations.sources[0].path,
            line=tops[0].begin.line,
            hint=f"top-level blocks: {names}",
        )
    return _Builder(annotations, blocks, top).workflow(workflow)


class _Builder:
    """Numbers everything, in reading order."""

    def __init__(self, annotations: Annotations, blocks: list[Block], top: Block) -> None:
        self.annotations = annotations
        self.blocks = blocks
        self.top = top
        self.data: dict[tuple[int | None, str], Data] = {}
        self.ports: list[Port] = []
        self.channels: list[Channel] = []
        self.qualified: dict[int, str] = {}
        self.variable = self.log = self.log_variable = 0

    def workflow(self, chosen: str | None) -> Workflow:
        """The whole model."""
        ports = {block.id: self._ports(block) for block in self.blocks}
        programs = [self._program(block) for block in self.blocks]
        children = {block.id: [child.id for child in block.blocks] for block in self.blocks}
        functions = {block.id for block in self.blocks if self._is_function(block)}
        if all(child.returns for child in self.top.blocks):
            wrapped = self._wrap(programs, ports)
            children[self.top.id].append(wrapped)
            children[wrapped] = []
        for block in reversed(self.blocks):  # inner blocks first
            if children[block.id]:
                self._flows(
                    ports[block.id], [(ports[c], c in functions) for c in children[block.id]]
                )
        owner = {port.id: port.program for port in self.ports}
        flowing = {owner[end] for c in self.channels for end in (c.source, c.sink)}
        with_flow = {p.id for p in programs if flowing & set(children[p.id])}
        programs = [p._replace(is_workflow=p.id in with_flow) for p in programs]
        return Workflow(
            digest=self._digest(chosen),
            top=self.top.id,
            sources=self.annotations.sources,
            annotations=self.annotations.annotations,
            programs=tuple(programs),
            ports=tuple(self.ports),
            data=tuple(self.data.values()),
            channels=tuple(self.channels),
        )

    def _digest(self, chosen: str | None) -> str:
        told = [[s.sha256, s.language, s.comment] for s in self.annotations.sources]
        return hashlib.sha256(json.dumps([told, chosen]).encode()).hexdigest()

    def _is_function(self, block: Block) -> bool:
        """Another top-level block, or a nested one that returns something."""
        if block.parent is None:
            return block is not self.top
        return block.returns

    def _program(self, block: Block) -> Program:
        name = self._name(block)
        assert block.end is not None  # noqa: S101 - an open block was an error before
        return Program(
            id=block.id,
            name=block.name,
            qualified_name=name,
            parent=block.parent.id if block.parent else None,
            begin=block.begin.id,
            end=block.end.id,
            begin_line=block.begin.line,
            end_line=block.end.line,
            source=block.begin.source,
            is_function=self._is_function(block),
            description=block.description,
            calls=tuple(block.calls),
        )

    def _name(self, block: Block) -> str:
        if block.id not in self.qualified:
            parent = f"{self.qualified[block.parent.id]}." if block.parent else ""
            self.qualified[block.id] = parent + block.name
        return self.qualified[block.id]

    def _ports(self, block: Block) -> list[Port]:
        owner = self._name(block)
        scope = block.parent
        made = [self._port(port, block, owner, scope) for port in block.ports]
        self.ports += made
        return made

    def _port(self, port: OpenPort, block: Block, owner: str, scope: Block | None) -> Port:
        arrow = "<-" if port.tag in ("in", "param") else "->"
        template = parse_template(port.uri.value) if port.uri else None
        names = template.path.names if template else ()
        return Port(
            id=port.id,
            program=block.id,
            tag=port.tag,
            name=port.annotation.value,
            qualified_name=f"{owner}{arrow}{port.annotation.value}",
            annotation=port.annotation.id,
            data=self._data(port.binding, scope).id,
            alias=port.alias,
            uri=template.text if template else None,
            description=port.description,
            variables=self._number(names),
            logs=self._logs(port.logs),
        )

    def _number(self, names: Sequence[str]) -> tuple[tuple[int, str], ...]:
        first = self.variable + 1
        self.variable += len(names)
        return tuple(enumerate(names, first))

    def _logs(self, logs: Iterable[Annotation]) -> tuple[LogTemplate, ...]:
        made = []
        for each in logs:
            self.log += 1
            names = parse_pattern(each.value).names
            numbered = tuple(enumerate(names, self.log_variable + 1))
            self.log_variable += len(names)
            made.append(
                LogTemplate(
                    id=self.log, annotation=each.id, template=each.value, variables=numbered
                )
            )
        return tuple(made)

    def _data(self, binding: str, scope: Block | None) -> Data:
        key = (scope.id if scope else None, binding)
        if key not in self.data:
            where = self._name(scope) if scope else ""
            self.data[key] = Data(
                id=len(self.data) + 1,
                name=binding,
                qualified_name=f"{where}[{binding}]",
                scope=key[0],
            )
        return self.data[key]

    def _wrap(self, programs: list[Program], ports: dict[int, list[Port]]) -> int:
        """A top block without steps is its own only step (YesWorkflow: a wrapped block)."""
        top = next(program for program in programs if program.id == self.top.id)
        number = len(programs) + 1
        name = f"{top.qualified_name}.{top.name}"
        programs.append(top._replace(id=number, qualified_name=name, parent=top.id, calls=()))
        copies = []
        first = max((port.id for port in self.ports), default=0) + 1
        inner = [port for port in ports[top.id] if port.tag != "return"]
        for position, port in enumerate(inner, first):
            copies.append(
                port._replace(
                    id=position,
                    program=number,
                    qualified_name=name + port.qualified_name[len(top.qualified_name) :],
                    variables=self._number([variable for _, variable in port.variables]),
                )
            )
        self.ports += copies
        ports[number] = copies
        return number

    def _flows(self, own: list[Port], children: list[tuple[list[Port], bool]]) -> None:
        """Join sources and sinks of equal binding within one block (every flow once)."""
        entering = _by_binding(port for port in own if port.is_input)
        written = _by_binding(
            port
            for ports, is_function in children
            for port in ports
            if port.tag == "out" and not is_function
        )
        for ports, _ in children:
            for sink in ports:
                if sink.is_input:
                    self._feed(sink, entering, written)
        for sink in own:
            if sink.tag in ("out", "return"):
                for source in written.get(sink.binding) or entering.get(sink.binding, []):
                    self._channel(source, sink)

    def _feed(
        self, sink: Port, entering: dict[str, list[Port]], written: dict[str, list[Port]]
    ) -> None:
        """Connect a step's input to every other step that writes it, else to the block's own input.

        A step that both reads and writes a name takes it from outside when it can.
        """
        writers = written.get(sink.binding, [])
        others = [port for port in writers if port.program != sink.program]
        outside = entering.get(sink.binding, [])
        if any(port.program == sink.program for port in writers):
            chosen = outside + others or writers
        else:
            chosen = others or outside
        for source in chosen:
            self._channel(source, sink)

    def _channel(self, source: Port, sink: Port) -> None:
        self.channels.append(
            Channel(
                id=len(self.channels) + 1,
                data=sink.data if not sink.is_input else source.data,
                source=source.id,
                sink=sink.id,
                name=source.binding,
            )
        )


def _by_binding(ports: Iterable[Port]) -> dict[str, list[Port]]:
    found: dict[str, list[Port]] = {}
    for port in ports:
        found.setdefault(port.binding, []).append(port)
    return found
