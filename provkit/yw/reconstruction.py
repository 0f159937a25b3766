"""What a reconstruction found, as values: resources, values of variables, log entries.

Named tuples, because a run may have a million files and each makes some.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from provkit.model.workflow import Finding


class Resource(NamedTuple):
    """A file that some template names.

    Attributes:
        id: From 1: in the order of the ports, and of the paths within a port.
        path: Relative to the root, with ``/``; absolute if it lies outside.
    """

    id: int
    path: str


class Binding(NamedTuple):
    """A resource found for a port, with what the variables of its template stood for.

    Attributes:
        port: Id of the port where the template is written.
        data: Id of the data it carries.
        variables: Id of each variable of the template, once.
        values: What each of them stood for.
    """

    port: int
    data: int
    resource: int
    variables: tuple[int, ...]
    values: tuple[str, ...]


class LogEntry(NamedTuple):
    """One line of a log that fits a ``@log`` template.

    Attributes:
        id: From 1, in the order they were read.
        template: Id of the log template.
        line: Line in the resource, from 1.
        variables: Id of each log variable of the template, once.
        values: What each of them stood for.
    """

    id: int
    resource: int
    template: int
    line: int
    variables: tuple[int, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """Files matched to the URI templates of a workflow."""

    resources: tuple[Resource, ...]
    bindings: tuple[Binding, ...]
    entries: tuple[LogEntry, ...]
    findings: tuple[Finding, ...] = ()

    @cached_property
    def path_of(self) -> dict[int, str]:
        """Path of each resource by its id."""
        return {resource.id: resource.path for resource in self.resources}
