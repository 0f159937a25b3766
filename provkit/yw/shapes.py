"""The JSON that the ``yw`` commands print: names instead of ids, every list sorted.

Two runs give the same bytes, and rows that differ only in an id are one row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provkit.model.workflow import Annotations, Workflow
from provkit.yw.reconstruction import Reconstruction

Json = dict[str, Any]


def _rows(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Each row once, sorted as text; None sorts first."""
    distinct = sorted(set(rows), key=lambda row: [(cell is not None, str(cell)) for cell in row])
    return [[list(cell) if isinstance(cell, tuple) else cell for cell in row] for row in distinct]


def extract_json(annotations: Annotations) -> Json:
    """Annotations in reading order; ``qualifies`` is a position in the same list, from 1."""
    paths = {source.id: source.path for source in annotations.sources}
    rows = []
    for found in annotations.annotations:
        row: Json = {
            "line": found.line,
            "column": found.column,
            "tag": found.tag,
            "keyword": found.keyword,
            "value": found.value,
        }
        if found.qualifies is not None:
            row["qualifies"] = found.qualifies
        if len(paths) > 1:
            row["source"] = paths[found.source]
        rows.append(row)
    return {"annotations": rows}


def model_json(workflow: Workflow) -> Json:
    """Blocks, ports, data and channels by their qualified names."""
    program, port, data = workflow.program_by_id, workflow.port_by_id, workflow.data_by_id
    programs = workflow.programs
    return {
        "programs": sorted(p.qualified_name for p in programs),
        "workflow": program[workflow.top].qualified_name,
        "workflows": sorted(p.qualified_name for p in programs if p.is_workflow),
        "functions": sorted(p.qualified_name for p in programs if p.is_function),
        "subprograms": _rows(
            (program[p.parent].qualified_name, p.qualified_name)
            for p in programs
            if p.parent is not None
        ),
        "ports": _rows(
            (p.qualified_name, p.tag, data[p.data].qualified_name, p.alias, p.uri)
            for p in workflow.ports
        ),
        "data": sorted({d.qualified_name for d in workflow.data}),
        "channels": _rows(
            (port[c.source].qualified_name, port[c.sink].qualified_name, c.name)
            for c in workflow.channels
        ),
        "uri_variables": _rows(
            (p.qualified_name, name) for p in workflow.ports for _, name in p.variables
        ),
        "log_templates": _rows(
            (p.qualified_name, log.template, tuple(name for _, name in log.variables))
            for p in workflow.ports
            for log in p.logs
        ),
    }


def recon_json(workflow: Workflow, reconstruction: Reconstruction) -> Json:
    """Resources by their paths, data by their qualified names."""
    data, path = workflow.data_by_id, reconstruction.path_of
    uri_variable = {number: name for port in workflow.ports for number, name in port.variables}
    log_variable = {
        number: name
        for port in workflow.ports
        for log in port.logs
        for number, name in log.variables
    }
    found = reconstruction.bindings
    entries = {  # one line read for two ports is one entry
        (e.resource, e.line, tuple((log_variable[number], value) for number, value in e.values))
        for e in reconstruction.entries
    }
    return {
        "resources": sorted(path.values()),
        "data_resources": _rows((data[b.data].qualified_name, path[b.resource]) for b in found),
        "values": _rows(
            (data[b.data].qualified_name, path[b.resource], uri_variable[number], value)
            for b in found
            for number, value in b.values
        ),
        "log_entries": [
            [path[resource], [list(pair) for pair in values]]
            for resource, _, values in sorted(
                entries, key=lambda entry: (path[entry[0]], entry[1], entry[2])
            )
        ],
    }
