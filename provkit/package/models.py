"""What a YesWorkflow model adds to a package: which file is at which port, and what follows.

The files of a run are matched to the URI templates of its program's model. An
output then derives from an input, with evidence ``workflow``, when the model
leads from the input's port to the output's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from provkit.errors import ModelError
from provkit.model.events import StateObserved
from provkit.model.run import Run
from provkit.model.workflow import Program, Workflow
from provkit.package.request import PathDerivation
from provkit.yw.matcher import Matcher
from provkit.yw.templates import parse_template

PortFiles = dict[int, tuple[str, ...]]
"""Recorded paths at a port, by the port's id, sorted."""


def files_at_ports(workflow: Workflow, run: Run) -> PortFiles:
    """Files of a run at the ports whose URI template they fit: inputs to in-ports, outputs to out.

    Templates start at the working directory of the run.
    """
    found: dict[int, set[str]] = defaultdict(set)
    for is_input, states in ((True, run.inputs), (False, run.outputs)):
        matcher, ports = Matcher(), []
        for port in workflow.ports:
            if port.uri and port.is_input == is_input:
                try:
                    template = parse_template(port.uri)
                except ModelError:  # the model tells of it
                    continue
                matcher.add(template, crossing=True)
                ports.append(port.id)
        for state in states:
            for number, _ in matcher.match(_from_directory(run, state)):
                found[ports[number]].add(state.path)
    return {port: tuple(sorted(paths)) for port, paths in sorted(found.items())}


def _from_directory(run: Run, state: StateObserved) -> str:
    """A recorded path as the program would name it."""
    directory = run.directory.rstrip("/")
    if directory and directory != "." and state.path.startswith(f"{directory}/"):
        return state.path[len(directory) + 1 :]
    return state.path


def workflow_derivations(workflow: Workflow, files: PortFiles) -> list[PathDerivation]:
    """(output, input, ``workflow``) for each pair of files that the model connects."""
    onward = _onward(workflow)
    claims: set[PathDerivation] = set()
    for port in workflow.ports:
        if not port.is_input or port.id not in files:
            continue
        for reached in _reach(onward, port.id):
            if workflow.port_by_id[reached].is_input:
                continue
            claims |= {
                (out, source, "workflow")
                for out in files.get(reached, ())
                for source in files[port.id]
                if out != source
            }
    return sorted(claims)


def _onward(workflow: Workflow) -> dict[int, set[int]]:
    """From each port to the next: along channels, and through each block without blocks in it."""
    onward: dict[int, set[int]] = defaultdict(set)
    parents = {program.parent for program in workflow.programs}
    for channel in workflow.channels:
        onward[channel.source].add(channel.sink)
    for program in workflow.programs:
        if program.id in parents:
            continue
        ports = workflow.ports_of[program.id]
        outs = {port.id for port in ports if not port.is_input}
        for port in ports:
            if port.is_input:
                onward[port.id] |= outs
    return onward


def _reach(onward: dict[int, set[int]], start: int) -> set[int]:
    reached, waiting = set[int](), [start]
    while waiting:
        for port in onward.get(waiting.pop(), ()):
            if port not in reached:
                reached.add(port)
                waiting.append(port)
    return reached


def steps_of(workflow: Workflow) -> list[Program]:
    """Blocks directly inside the top block, in reading order."""
    return [p for p in workflow.programs if p.parent == workflow.top and not p.is_function]


def tell_methods(workflow: Workflow) -> Iterator[str]:
    """What a workflow does, a paragraph for it and one for each step."""
    top = workflow.program_by_id[workflow.top]
    yield _sentence(workflow, top)
    steps = steps_of(workflow)
    if [step.name for step in steps] == [top.name]:  # a block of its own, wrapped
        return
    for step in steps:
        yield _sentence(workflow, step)


def _sentence(workflow: Workflow, program: Program) -> str:
    ports = workflow.ports_of[program.id]
    told = (program.description or program.name).strip().rstrip(".")
    parts = [told if program.description is None else f"{program.name}: {told}"]
    reads = _names(port.binding for port in ports if port.is_input)
    writes = _names(port.binding for port in ports if not port.is_input)
    if reads:
        parts.append(f"It takes {reads}")
    if writes:
        parts.append(f"It gives {writes}")
    return ". ".join(parts) + "."


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
