"""Go through a workflow in YesWorkflow's order: facts and resources are numbered by it."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.model.workflow import Channel, Port, Program, Workflow


def walk_blocks(workflow: Workflow) -> Iterator[Program]:
    """Blocks from the top down: each before its steps, its steps before its functions."""
    children: dict[int | None, list[Program]] = {}
    for program in workflow.programs:
        children.setdefault(program.parent, []).append(program)
    beside = [p for p in children.get(None, ()) if p.id != workflow.top]
    waiting = [*reversed(beside), workflow.program_by_id[workflow.top]]
    while waiting:
        program = waiting.pop()
        yield program
        inside = sorted(children.get(program.id, ()), key=lambda child: child.is_function)
        waiting += reversed(inside)


def walk_ports(workflow: Workflow) -> Iterator[Port]:
    """Ports in the order of their blocks, inputs before outputs."""
    for program in walk_blocks(workflow):
        ports = workflow.ports_of[program.id]
        yield from (port for port in ports if port.is_input)
        yield from (port for port in ports if not port.is_input)


def block_of(workflow: Workflow, channel: Channel) -> int:
    """Id of the block within which a channel runs."""
    source = workflow.port_by_id[channel.source]
    sink = workflow.port_by_id[channel.sink]
    parent = workflow.program_by_id[source.program].parent
    if source.is_input or parent is None:  # it comes in from outside
        return source.program
    return sink.program if sink.program == parent else parent
