"""What is suspicious about annotations and the model they declare.

YesWorkflow lost data flows without a word; here every loss has a code, a
place and a suggestion. Codes are stable: 1xx are errors, 2xx concern the text,
3xx the model. ``docs/reference/yw-check.md`` shows each with an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from provkit.model.workflow import Finding, Port, Program, Workflow
from provkit.yw.lint_text import at_annotation, check_annotations
from provkit.yw.near import NearNames
from provkit.yw.templates import parse_template

__all__ = ["CODES", "check_annotations", "check_workflow"]

CODES = {
    "YW101": "a keyword has no argument",
    "YW102": "a qualifier stands before anything it could qualify",
    "YW103": "an annotation stands outside any block",
    "YW104": "a block is never closed",
    "YW105": "a template has a brace that is not closed",
    "YW106": "a name or a template is too long",
    "YW107": "blocks are nested too deep",
    "YW108": "there are too many annotations, comments or strings for a script",
    "YW201": "an @end names another block than the one it closes",
    "YW202": "only the first of several names is declared",
    "YW203": "the language of a file is not known",
    "YW204": "there are no annotations",
    "YW205": "a qualifier says nothing here",
    "YW206": "an @uri is cut at a blank",
    "YW207": "a documentation tag stands in an ordinary comment outside any block",
    "YW208": "a word looks like a keyword that is misspelt",
    "YW301": "two blocks side by side have the same name",
    "YW302": "several steps write the same name",
    "YW303": "an input comes from nowhere",
    "YW304": "an output goes nowhere",
    "YW305": "an input of a workflow is used by no step",
    "YW306": "an output of a workflow is written by no step",
    "YW307": "a step writes the name of an input of its workflow",
    "YW308": "a step can never start: it waits for itself or for steps that wait for it",
    "YW309": "a block declares a port twice",
    "YW310": "an alias is used nowhere else",
    "YW311": "a template can match no file, or not surely",
    "YW312": "a @log has no file to read",
    "YW313": "a @call names no function",
}
"""Every code and what it means."""

_MOST_LINES = 10


def check_workflow(workflow: Workflow) -> list[Finding]:
    """Suspicious things about a model."""
    checker = _Checker(workflow)
    found = [*checker.names(), *checker.templates(), *checker.calls()]
    for program in workflow.programs:
        children = checker.children.get(program.id, [])
        if children and not checker.is_wrapped(program):
            found += checker.flows(program, children)
    return found


class _Names(NamedTuple):
    """Who reads and writes each binding within one block."""

    enters: dict[str, list[Port]]
    leaves: dict[str, list[Port]]
    reads: dict[str, list[Port]]
    writes: dict[str, list[Port]]


class _Checker:
    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.notes = {each.id: each for each in workflow.annotations}
        self.paths = {source.id: source.path for source in workflow.sources}
        self.functions = {p.id for p in workflow.programs if p.is_function}
        self.children: dict[int, list[Program]] = {}
        for program in workflow.programs:
            if program.parent is not None:
                self.children.setdefault(program.parent, []).append(program)

    def is_wrapped(self, program: Program) -> bool:
        """Its only step is itself."""
        return any(child.begin == program.begin for child in self.children[program.id])

    def at(self, code: str, annotation: int, message: str, hint: str = "") -> Finding:
        """A finding at an annotation."""
        return at_annotation(code, self.paths, self.notes[annotation], message, hint)

    def names(self) -> Iterator[Finding]:
        """Duplicate blocks and ports."""
        for siblings in (
            [p for p in self.workflow.programs if p.parent is None],
            *self.children.values(),
        ):
            seen: dict[str, Program] = {}
            for program in siblings:
                first = seen.setdefault(program.name, program)
                if first is not program:
                    yield self.at(
                        "YW301",
                        program.begin,
                        f"a block named {program.name} stands beside this one already,"
                        f" from line {first.begin_line}",
                        "give one of them another name",
                    )
        aliases = Counter(port.binding for port in self._declared())
        for program in self.workflow.programs:
            ports = [port for port in self.workflow.ports_of[program.id] if not self._is_copy(port)]
            declared: set[tuple[bool, str]] = set()
            for port in ports:
                key = (port.is_input, port.binding)
                if key in declared:
                    yield self.at(
                        "YW309",
                        port.annotation,
                        f"{program.name} declares {port.binding} twice",
                        "take one away",
                    )
                declared.add(key)
                if port.alias is not None and aliases[port.binding] < 2:
                    yield self.at(
                        "YW310",
                        port.annotation,
                        f"the alias {port.alias} of {port.name} is used nowhere else",
                        "other ports join it by this name",
                    )

    def _declared(self) -> Iterator[Port]:
        return (port for port in self.workflow.ports if not self._is_copy(port))

    def _is_copy(self, port: Port) -> bool:
        program = self.workflow.program_by_id[port.program]
        return (
            program.parent is not None
            and program.begin == self.workflow.program_by_id[program.parent].begin
        )

    def flows(self, block: Program, children: list[Program]) -> Iterator[Finding]:
        """Ports that meet nothing, several writers, shadowed inputs, circles."""
        names = self._names(block, children)
        yield from self._steps_reads(block, names)
        yield from self._steps_writes(block, names)
        yield from self._own_ports(block, names)
        yield from self._circles(children)

    def _steps_reads(self, block: Program, names: _Names) -> Iterator[Finding]:
        known = NearNames([*names.writes, *names.enters])
        for name, ports in names.reads.items():
            if name in names.writes or name in names.enters:
                continue
            otherwise = f"declare @in {name} in {block.name}, or @out in a step"
            for port in ports:
                message = f"nothing in {block.name} writes {name}"
                yield self.at("YW303", port.annotation, message, _meant(known, name, otherwise))

    def _steps_writes(self, block: Program, names: _Names) -> Iterator[Finding]:
        wanted = NearNames([*names.reads, *names.leaves])
        renamed = "give each version a name of its own with @as"
        for name, written in names.writes.items():
            ports = [port for port in written if port.program not in self.functions]
            if not ports:  # what a function returns goes to its caller
                continue
            writers = {port.program for port in ports}
            if len(writers) > 1:
                lines = ", ".join(
                    str(self.notes[port.annotation].line) for port in ports[:_MOST_LINES]
                )
                more = ", …" if len(ports) > _MOST_LINES else ""
                message = f"{len(writers)} steps write {name} (lines {lines}{more})"
                yield self.at("YW302", ports[-1].annotation, message, renamed)
            if name not in names.reads and name not in names.leaves:
                message = f"nothing in {block.name} reads {name}"
                hint = _meant(
                    wanted, name, f"declare @out {name} in {block.name}, or @in in a step"
                )
                yield self.at("YW304", ports[0].annotation, message, hint)
            if name in names.enters and any(not self._also_reads(port) for port in ports):
                message = f"{name} hides the input {name} of {block.name}"
                yield self.at("YW307", ports[0].annotation, message, renamed)

    def _own_ports(self, block: Program, names: _Names) -> Iterator[Finding]:
        read, known = NearNames(names.reads), NearNames([*names.writes, *names.enters])
        for name, ports in names.enters.items():
            if name not in names.reads and name not in names.leaves:
                message = f"no step of {block.name} reads its input {name}"
                hint = _meant(read, name, "declare it in the step that uses it")
                yield self.at("YW305", ports[0].annotation, message, hint)
        for name, ports in names.leaves.items():
            if name not in names.writes and name not in names.enters:
                message = f"no step of {block.name} writes its output {name}"
                hint = _meant(known, name, "declare it in the step that makes it")
                yield self.at("YW306", ports[0].annotation, message, hint)

    def _names(self, block: Program, children: list[Program]) -> _Names:
        names = _Names({}, {}, {}, {})
        for port in self.workflow.ports_of[block.id]:
            (names.enters if port.is_input else names.leaves).setdefault(port.binding, []).append(
                port
            )
        for child in children:
            for port in self.workflow.ports_of[child.id]:
                (names.reads if port.is_input else names.writes).setdefault(
                    port.binding, []
                ).append(port)
        return names

    def _also_reads(self, port: Port) -> bool:
        return any(
            p.is_input and p.binding == port.binding for p in self.workflow.ports_of[port.program]
        )

    def _circles(self, children: list[Program]) -> Iterator[Finding]:
        """Steps left over when every step that can start has started (Kahn, 1962)."""
        steps = {child.id: child for child in children if not child.is_function}
        waits: dict[int, set[int]] = {step: set() for step in steps}
        feeds: dict[int, set[int]] = {step: set() for step in steps}
        for channel in self._channels_between(steps):
            source, sink = channel
            if source != sink:
                waits[sink].add(source)
                feeds[source].add(sink)
        ready = [step for step, before in waits.items() if not before]
        while ready:
            step = ready.pop()
            for after in feeds[step]:
                waits[after].discard(step)
                if not waits[after]:
                    ready.append(after)
        for step, before in waits.items():
            if before:
                others = ", ".join(sorted(steps[other].name for other in before)[:_MOST_LINES])
                yield self.at(
                    "YW308",
                    steps[step].begin,
                    f"{steps[step].name} waits for {others}, and cannot start",
                    "one of the flows in this circle has the wrong name",
                )

    def _channels_between(self, steps: dict[int, Program]) -> Iterator[tuple[int, int]]:
        for channel in self.workflow.channels:
            source = self.workflow.port_by_id[channel.source].program
            sink = self.workflow.port_by_id[channel.sink].program
            if source in steps and sink in steps:
                yield source, sink

    def templates(self) -> Iterator[Finding]:
        """Templates that match nothing, and logs without a file."""
        for port in self._declared():
            if port.logs and port.uri is None:
                yield self.at(
                    "YW312",
                    port.logs[0].annotation,
                    f"{port.name} has a @log but no @uri",
                    "say with @uri which file it is",
                )
            if port.uri is None:
                continue
            template = parse_template(port.uri)
            if not template.is_file:
                yield self.at(
                    "YW311",
                    port.annotation,
                    f"{port.uri} names no file, so no file is looked up for it",
                )
            elif not template.path.slots and any(
                sign in template.path.fragments[0] for sign in "*?"
            ):
                yield self.at(
                    "YW311",
                    port.annotation,
                    f"{port.uri} is taken as a file name, * and ? included",
                    "write a variable: {name}",
                )
            elif "" in template.path.fragments[1:-1]:
                yield self.at(
                    "YW311",
                    port.annotation,
                    f"two variables touch in {port.uri}, so where one ends is a guess",
                    "put a character between them",
                )

    def calls(self) -> Iterator[Finding]:
        """Calls of functions that are not there."""
        functions = {program.name for program in self.workflow.programs if program.is_function}
        near = NearNames(functions)
        for each in self.workflow.annotations:
            if each.tag == "call" and each.value not in functions:
                meant = near.near(each.value)
                yield self.at(
                    "YW313",
                    each.id,
                    f"{each.keyword} {each.value} names no function of this model",
                    f"did you mean {meant}?"
                    if meant
                    else "mark the function with @begin and @return",
                )


def _meant(known: NearNames, name: str, otherwise: str) -> str:
    near = known.near(name)
    return f"did you mean {near}?" if near else otherwise
