"""From annotations to a workflow model: blocks, ports, data and the flows between them.

Source of the rules: YesWorkflow 0.2.1.2, with these mends
(docs/reference/yesworkflow.md): every flow once (:mod:`provkit.yw.flows`); a step
that reads and writes one name stays a step; ports of further top-level blocks
have their data at the top; return ports are ports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import count

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
from provkit.yw.flows import join
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
        for block in self.blocks:
            above = f"{self.qualified[block.parent.id]}." if block.parent else ""
            self.qualified[block.id] = above + block.name
        ports: dict[int, list[Port]] = {block.id: [] for block in self.blocks}
        declared = [(port, block) for block in self.blocks for port in block.ports]
        for port, block in sorted(declared, key=lambda pair: pair[0].id):
            ports[block.id].append(self._port(port, block))
        self.ports = sorted(
            (port for own in ports.values() for port in own), key=lambda p: p.program
        )
        programs = [self._program(block) for block in self.blocks]
        steps = {block.id: [child.id for child in block.blocks] for block in self.blocks}
        if all(child.returns for child in self.top.blocks):
            wrapped = self._wrap(programs, ports)
            steps[self.top.id].append(wrapped)
        functions = {program.id for program in programs if program.is_function}
        with_flow = set()
        for block in reversed(self.blocks):  # inner blocks first
            inside = [(ports[step], step in functions) for step in steps[block.id]]
            flows = join(ports[block.id], inside)
            if flows:
                with_flow.add(block.id)
            self.channels += map(self._channel, count(len(self.channels) + 1), flows)
        return Workflow(
            digest=self._digest(chosen),
            top=self.top.id,
            sources=self.annotations.sources,
            annotations=self.annotations.annotations,
            programs=tuple(p._replace(is_workflow=p.id in with_flow) for p in programs),
            ports=tuple(self.ports),
            data=tuple(self.data.values()),
            channels=tuple(self.channels),
            findings=self.annotations.findings,
        )

    @staticmethod
    def _channel(number: int, flow: tuple[Port, Port]) -> Channel:
        source, sink = flow
        data = source.data if sink.is_input else sink.data  # across a border, that outside
        return Channel(id=number, data=data, source=source.id, sink=sink.id, name=source.binding)

    def _digest(self, chosen: str | None) -> str:
        told = [[s.sha256, s.language, s.comment] for s in self.annotations.sources]
        return hashlib.sha256(json.dumps([told, chosen]).encode()).hexdigest()

    def _is_function(self, block: Block) -> bool:
        """Another top-level block, or a nested one that returns something."""
        if block.parent is None:
            return block is not self.top
        return block.returns

    def _program(self, block: Block) -> Program:
        assert block.end is not None  # noqa: S101 - an open block was an error before
        return Program(
            id=block.id,
            name=block.name,
            qualified_name=self.qualified[block.id],
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

    def _port(self, port: OpenPort, block: Block) -> Port:
        arrow = "<-" if port.tag in ("in", "param") else "->"
        template = parse_template(port.uri.value) if port.uri else None
        names = template.path.names if template else ()
        return Port(
            id=port.id,
            program=block.id,
            tag=port.tag,
            name=port.annotation.value,
            qualified_name=f"{self.qualified[block.id]}{arrow}{port.annotation.value}",
            annotation=port.annotation.id,
            data=self._data(port.binding, block.parent).id,
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
            where = self.qualified[scope.id] if scope else ""
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
        first = max((port.id for port in self.ports), default=0) + 1
        inner = [port for port in ports[top.id] if port.tag != "return"]
        tails = [port.qualified_name[len(top.qualified_name) :] for port in inner]
        copies = [
            self._copy(port)._replace(id=position, program=number, qualified_name=name + tail)
            for position, (port, tail) in enumerate(zip(inner, tails, strict=True), first)
        ]
        self.ports += copies
        ports[number] = copies
        return number

    def _copy(self, port: Port) -> Port:
        """The same port with URI variables and log templates of its own."""
        variables = self._number([name for _, name in port.variables])
        logs = tuple(log._replace(id=self.log + at) for at, log in enumerate(port.logs, 1))
        self.log += len(logs)
        return port._replace(variables=variables, logs=logs)
