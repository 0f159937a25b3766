"""The JSON that the ``yw`` commands print: names instead of ids, every list sorted.

Two runs give the same bytes, and rows that differ only in an id are one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from provkit.model.workflow import Annotations, Workflow
from provkit.yw.reconstruction import Binding, Reconstruction

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
        if found.cell is not None:
            row["cell"] = found.cell
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
    return {key: list(rows) for key, rows in recon_rows(workflow, reconstruction)}


def recon_rows(
    workflow: Workflow, reconstruction: Reconstruction
) -> Iterator[tuple[str, Iterator[Any]]]:
    """Each key of :func:`recon_json` with its rows, made one by one."""
    yield "resources", iter(sorted(reconstruction.path_of.values()))
    yield (
        "data_resources",
        ([data, path] for data, path, _ in _found_by_data(workflow, reconstruction)),
    )
    yield (
        "values",
        (
            [data, path, name, value]
            for data, path, values in _found_by_data(workflow, reconstruction)
            for name, value in values
        ),
    )
    yield "log_entries", _log_entries(workflow, reconstruction)


def _found_by_data(
    workflow: Workflow, reconstruction: Reconstruction
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Each data item with each of its resources once, and what the variables stood for."""
    name_of = {number: name for port in workflow.ports for number, name in port.variables}
    path = reconstruction.path_of
    by_data: dict[str, list[Binding]] = {}
    for binding in reconstruction.bindings:
        data = workflow.data_by_id[binding.data].qualified_name
        by_data.setdefault(data, []).append(binding)
    for data, bindings in sorted(by_data.items()):
        bindings.sort(key=lambda binding: path[binding.resource])
        for resource, same in groupby(bindings, key=lambda binding: binding.resource):
            values = {
                (name_of[number], value)
                for binding in same
                for number, value in zip(binding.variables, binding.values, strict=True)
            }
            yield data, path[resource], sorted(values)


def _log_entries(workflow: Workflow, reconstruction: Reconstruction) -> Iterator[list[Any]]:
    """Entries by path and line; one line read for two ports is one entry."""
    name_of = {
        number: name
        for port in workflow.ports
        for log in port.logs
        for number, name in log.variables
    }
    path = reconstruction.path_of
    entries = {
        (
            path[entry.resource],
            entry.line,
            tuple(zip(map(name_of.__getitem__, entry.variables), entry.values, strict=True)),
        )
        for entry in reconstruction.entries
    }
    for resource, _, values in sorted(entries):
        yield [resource, [list(pair) for pair in values]]
