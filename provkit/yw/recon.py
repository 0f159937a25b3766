"""Find the files that the URI templates of a workflow name.

Either below a folder, where a variable stays within one segment of a path, or
in the recorded inputs and outputs of a run, where inputs belong to in-ports,
outputs to out-ports, and a variable may cross ``/``. What is looked for and
not there is told as a finding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOENT
from typing import Literal

from provkit.errors import ModelError, UsageError
from provkit.model.workflow import Annotation, Finding, Port, Workflow
from provkit.yw.folders import find_below
from provkit.yw.logs import parse_logs, read_log
from provkit.yw.matcher import Matcher, tidy_path
from provkit.yw.reconstruction import Binding, LogEntry, Reconstruction, Resource
from provkit.yw.resource_list import RecordedResources
from provkit.yw.templates import Template, Values, parse_template
from provkit.yw.walk import walk_ports

Role = Literal["input", "output"]
Wanted = tuple[Role, Template]
Found = Mapping[Wanted, Sequence[tuple[str, Values]]]
"""Paths that a template of an in-port or out-port fits, with a value for each of its names."""


def reconstruct_below(workflow: Workflow, root: str) -> Reconstruction:
    """Match the templates to the files below a folder; paths are relative to it.

    Raises:
        UsageError: There is no such folder.
    """
    if not os.path.isdir(root):  # noqa: PTH112
        raise UsageError(f"no such folder: {root!r}", hint="name the folder of the run: --root DIR")
    build = _Build(workflow, root)
    wanted = [pair for pair in build.wanted if pair[1].is_file]
    search = find_below(root, [template for _, template in wanted])
    for path, reason in search.unreadable:
        build.say("YW402", f"cannot read the folder {path!r}: {reason}", None)
    for path, place in search.undecided:
        build.undecided(wanted[place], path)
    found = dict(zip(wanted, search.found, strict=True))
    return build.finish(found, missing="no file below {root!r} fits {text!r}")


def reconstruct_recorded(
    workflow: Workflow, recorded: RecordedResources, *, root: str | None = None
) -> Reconstruction:
    """Match the templates to what a run read and wrote.

    Args:
        workflow: The model.
        recorded: Paths in the order recorded; they are reported as given.
        root: Folder of the run: cut off from recorded paths that lie in it, and
            where logs are read; the working directory if None.
    """
    build = _Build(workflow, root or ".")
    found: dict[Wanted, list[tuple[str, Values]]] = {}
    paths: dict[Role, tuple[str, ...]] = {"input": recorded.inputs, "output": recorded.outputs}
    for role, given in paths.items():
        matcher = Matcher()
        wanted = [pair for pair in build.wanted if pair[0] == role]
        for _, template in wanted:
            matcher.add(template, crossing=True)
        for path, matches in matcher.match_all(dict.fromkeys(_relative(given, root))):
            for number, values in matches:
                found.setdefault(wanted[number], []).append((path, values))
        for path, number in matcher.undecided:
            build.undecided(wanted[number], path)
    return build.finish(found, missing="no recorded {role} fits {text!r}")


def _relative(paths: Sequence[str], root: str | None) -> Iterator[str]:
    if root is None:
        yield from paths
        return
    tops = {root.rstrip("/") + "/", os.path.abspath(root).rstrip("/") + "/"}  # noqa: PTH100
    for path in paths:
        top = next((top for top in tops if path.startswith(top)), "")
        yield path[len(top) :]


@dataclass(slots=True)
class _Build:
    """A reconstruction in the making."""

    workflow: Workflow
    root: str
    ports: list[tuple[Port, Wanted]] = field(init=False)
    wanted: list[Wanted] = field(init=False)
    findings: list[Finding] = field(default_factory=list)
    entries: list[LogEntry] = field(default_factory=list)
    _read: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ports = []
        for port in walk_ports(self.workflow):
            if port.uri:
                try:
                    template = parse_template(port.uri)
                except ModelError:  # the model has told of it
                    continue
                self.ports.append((port, ("input" if port.is_input else "output", template)))
        self.wanted = list(dict.fromkeys(pair for _, pair in self.ports))

    def say(self, code: str, message: str, port: Port | None, hint: str = "") -> None:
        """Add a warning at the template of a port, or at the start of the first source."""
        annotations = self.workflow.annotations
        place = _template_annotation(annotations, port) if port else None
        sources = {source.id: source.path for source in self.workflow.sources}
        self.findings.append(
            Finding(
                code=code,
                severity="warning",
                message=message,
                path=sources[place.source] if place else next(iter(sources.values()), ""),
                line=place.line if place else 1,
                column=place.column if place else 1,
                hint=hint,
            )
        )

    def undecided(self, wanted: Wanted, path: str) -> None:
        """Tell that a path could be read in too many ways."""
        port = next(port for port, pair in self.ports if pair == wanted)
        text = wanted[1].text
        self.say("YW403", f"too many ways to read {path!r} as {text!r}; it was left out", port)

    def finish(self, found: Found, *, missing: str) -> Reconstruction:
        """Number what was found, in the order of the ports."""
        resources: dict[str, Resource] = {}
        bindings: list[Binding] = []
        told: set[Wanted] = set()
        for port, wanted in self.ports:
            matches = found.get(wanted, ())
            if not matches and wanted not in told:
                told.add(wanted)
                self._tell_missing(port, wanted, missing)
            id_of = {name: number for number, name in port.variables}
            variables = tuple(id_of[name] for name in wanted[1].path.names)
            for path, values in matches:
                resource = resources.get(path)
                if resource is None:
                    resource = resources[path] = Resource(id=len(resources) + 1, path=path)
                bindings.append(
                    Binding(
                        port=port.id,
                        data=port.data,
                        resource=resource.id,
                        variables=variables,
                        values=values,
                    )
                )
            if port.logs:
                self._read_logs(port, [resources[path] for path, _ in matches])
        return Reconstruction(
            resources=tuple(resources.values()),
            bindings=tuple(bindings),
            entries=tuple(self.entries),
            findings=tuple(dict.fromkeys(self.findings)),
        )

    def _tell_missing(self, port: Port, wanted: Wanted, missing: str) -> None:
        role, template = wanted
        if template.is_file:  # of the others the model has told
            message = missing.format(root=self.root, text=template.text, role=role)
            self.say("YW401", message, port)

    def _read_logs(self, port: Port, resources: Sequence[Resource]) -> None:
        """Add the entries of an output's logs; a line read for two ports is one entry."""
        patterns = parse_logs(port.logs)
        variables = tuple(number for log in patterns for number in log.ids)
        for resource in resources if patterns else ():
            if (resource.id, variables) in self._read:
                continue
            self._read.add((resource.id, variables))
            path = os.path.join(self.root, tidy_path(resource.path))  # noqa: PTH118
            try:
                if not os.path.isfile(path):  # noqa: PTH113
                    raise FileNotFoundError(ENOENT, "no such file")
                with open(path, encoding="utf-8", errors="surrogateescape") as lines:  # noqa: PTH123
                    for line, log, values in read_log(lines, patterns):
                        self.entries.append(
                            LogEntry(
                                id=len(self.entries) + 1,
                                resource=resource.id,
                                template=log.template.id,
                                line=line,
                                variables=log.ids,
                                values=values,
                            )
                        )
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                self.say("YW404", f"cannot read the log {resource.path!r}: {reason}", port)


def _template_annotation(annotations: Sequence[Annotation], port: Port) -> Annotation | None:
    """Where the template of a port is written: the last ``@uri`` or ``@file`` that qualifies it."""
    found = None
    for annotation in annotations:
        if annotation.id == port.annotation and found is None:
            found = annotation
        if annotation.qualifies == port.annotation and annotation.tag in ("uri", "file"):
            found = annotation
    return found
