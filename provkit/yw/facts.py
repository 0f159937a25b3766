"""YesWorkflow's relations: what was extracted, what was modelled, what was found.

Names, arguments and order are YesWorkflow's own (its fact files
``yw_extract_facts``, ``yw_model_facts`` and ``reconfacts``), so that rules
written for those run on these. Different on purpose: rows of a relation are
never repeated, port types are in lower case whatever was typed, return ports
are ports too, and a flow across the border of a workflow is one channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provkit.model.workflow import Annotations, Channel, Port, Program, Workflow
from provkit.yw.reconstruction import Reconstruction
from provkit.yw.relations import (
    Facts,
    Relation,
    Row,
    Rows,
    to_json,
    write_csv,
    write_prolog,
)
from provkit.yw.shapes import extract_json, model_json, recon_json
from provkit.yw.walk import block_of, walk_blocks, walk_ports

__all__ = [
    "Facts",
    "Relation",
    "extract_facts",
    "extract_json",
    "model_facts",
    "model_json",
    "recon_facts",
    "recon_json",
    "to_json",
    "write_csv",
    "write_prolog",
]


def _relation(name: str, arguments: str, rows: Iterable[Row]) -> Relation:
    return Relation(name, tuple(arguments.split()), tuple(dict.fromkeys(rows)))


def extract_facts(annotations: Annotations) -> Facts:
    """Sources, annotations in reading order, and which annotation qualifies which."""
    found = annotations.annotations
    return (
        _relation(
            "extract_source",
            "source_id source_path",
            ((source.id, source.path) for source in annotations.sources),
        ),
        _relation(
            "annotation",
            "annotation_id source_id line_number tag keyword value",
            ((a.id, a.source, a.line, a.tag, a.keyword, a.value) for a in found),
        ),
        _relation(
            "annotation_qualifies",
            "qualifying_annotation_id primary_annotation_id",
            ((a.id, a.qualifies) for a in found if a.qualifies is not None),
        ),
    )


def model_facts(workflow: Workflow) -> Facts:
    """The seventeen relations of the model, rows in the order of a walk down the blocks."""
    walk = tuple(walk_blocks(workflow))
    ports = list(walk_ports(workflow))
    return (
        *_program_relations(walk),
        *_port_relations(workflow, walk, ports),
        *_channel_relations(workflow, walk),
        _relation(
            "uri_variable",
            "uri_variable_id variable_name port_id",
            ((number, name, port.id) for port in ports for number, name in port.variables),
        ),
        _relation(
            "log_template",
            "log_template_id port_id entry_template log_annotation_id",
            ((log.id, p.id, log.template, log.annotation) for p in ports for log in p.logs),
        ),
        _relation(
            "log_template_variable",
            "log_variable_id variable_name log_template_id",
            ((n, name, log.id) for p in ports for log in p.logs for n, name in log.variables),
        ),
    )


def recon_facts(reconstruction: Reconstruction) -> Facts:
    """Resources, the data they belong to, and the values of URI and log variables."""
    bindings, entries = reconstruction.bindings, reconstruction.entries
    return (
        Relation(
            "resource",
            ("resource_id", "resource_uri"),
            Rows(
                lambda: ((each.id, each.path) for each in reconstruction.resources),
                lambda: (each.path for each in reconstruction.resources),
            ),
        ),
        Relation(
            "data_resource",
            ("data_id", "resource_id"),
            Rows(lambda: _data_resources(reconstruction), lambda: iter(())),
        ),
        Relation(
            "uri_variable_value",
            ("resource_id", "uri_variable_id", "uri_variable_value"),
            Rows(
                lambda: (
                    (binding.resource, number, value)
                    for binding in bindings
                    for number, value in zip(binding.variables, binding.values, strict=True)
                ),
                lambda: (value for binding in bindings for value in binding.values),
            ),
        ),
        Relation(
            "log_variable_value",
            ("resource_id", "log_entry_id", "log_variable_id", "log_variable_value"),
            Rows(
                lambda: (
                    (entry.resource, entry.id, number, value)
                    for entry in entries
                    for number, value in zip(entry.variables, entry.values, strict=True)
                ),
                lambda: (value for entry in entries for value in entry.values),
            ),
        ),
    )


def _data_resources(reconstruction: Reconstruction) -> Iterator[Row]:
    """Each pair once, though several ports may carry the same data and template."""
    count = len(reconstruction.resources) + 1
    seen: set[int] = set()
    for binding in reconstruction.bindings:
        pair = binding.data * count + binding.resource
        if pair not in seen:
            seen.add(pair)
            yield binding.data, binding.resource


def _program_relations(walk: tuple[Program, ...]) -> Facts:
    return (
        _relation(
            "program",
            "program_id program_name qualified_program_name begin_annotation_id end_annotation_id",
            ((p.id, p.name, p.qualified_name, p.begin, p.end) for p in walk),
        ),
        _relation("workflow", "program_id", ((p.id,) for p in walk if p.is_workflow)),
        _relation("function", "program_id", ((p.id,) for p in walk if p.is_function)),
        _relation(
            "has_subprogram",
            "program_id subprogram_id",
            ((p.parent, p.id) for p in walk if p.parent is not None),
        ),
    )


def _port_relations(workflow: Workflow, walk: tuple[Program, ...], ports: list[Port]) -> Facts:
    return (
        _relation(
            "port",
            "port_id port_type port_name qualified_port_name port_annotation_id data_id",
            ((p.id, p.tag, p.name, p.qualified_name, p.annotation, p.data) for p in ports),
        ),
        _relation("port_alias", "port_id alias", ((p.id, p.alias) for p in ports if p.alias)),
        _relation("port_uri_template", "port_id uri", ((p.id, p.uri) for p in ports if p.uri)),
        _relation(
            "has_in_port", "block_id port_id", ((p.program, p.id) for p in ports if p.is_input)
        ),
        _relation(
            "has_out_port", "block_id port_id", ((p.program, p.id) for p in ports if not p.is_input)
        ),
        _relation("data", "data_id data_name qualified_data_name", _data_rows(workflow, walk)),
    )


def _data_rows(workflow: Workflow, walk: tuple[Program, ...]) -> Iterator[Row]:
    """Root data first, then the data within each block as the walk comes to it."""
    within: dict[int | None, list[Row]] = {}
    for data in workflow.data:
        within.setdefault(data.scope, []).append((data.id, data.name, data.qualified_name))
    for scope in (None, *(program.id for program in walk)):
        yield from within.get(scope, ())


def _channel_relations(workflow: Workflow, walk: tuple[Program, ...]) -> Facts:
    placed: dict[int, list[Channel]] = {}
    for channel in workflow.channels:
        placed.setdefault(block_of(workflow, channel), []).append(channel)
    channels = [(p.id, channel) for p in walk for channel in placed.get(p.id, ())]
    port = workflow.port_by_id
    inner: list[Row] = []
    inflow: list[Row] = []
    outflow: list[Row] = []
    for block, channel in channels:
        source_list = inflow if port[channel.source].program == block else inner
        source_list.append((channel.source, channel.id))
        sink_list = outflow if port[channel.sink].program == block else inner
        sink_list.append((channel.sink, channel.id))
    return (
        _relation("channel", "channel_id data_id", ((c.id, c.data) for _, c in channels)),
        _relation("port_connects_to_channel", "port_id channel_id", inner),
        _relation("inflow_connects_to_channel", "port_id channel_id", inflow),
        _relation("outflow_connects_to_channel", "port_id channel_id", outflow),
    )
