"""Workflow and Provenance Run Crate: what a YesWorkflow model adds to an RO-Crate.

The program becomes a ``ComputationalWorkflow``, its ports formal parameters, its
blocks tools and steps, its channels parameter connections. That a block was
carried out is not observed but follows from the program having run to its end;
the action of a step says so in its description, and only successful runs have them.

https://w3id.org/ro/wfrun/workflow/0.5, https://w3id.org/ro/wfrun/provenance/0.5
"""

from __future__ import annotations

from collections.abc import Callable

from provkit.model.identifiers import encode_path, within_run
from provkit.model.run import Run
from provkit.model.workflow import Port, Program, Workflow
from provkit.package.base import Member, Package, PackagedRun
from provkit.package.entities import Entity, Graph, local, reference, references
from provkit.package.models import files_at_ports, steps_of

WORKFLOW_RO_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_WORKFLOW_PROFILES = [
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    (WORKFLOW_RO_CRATE, "Workflow RO-Crate", "1.0"),
]
_PROVENANCE_PROFILE = ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5")
_COMPUTATIONAL_WORKFLOW = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_FORMAL_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_INFERRED = "Inferred from the annotations of a program that ran to its end; not observed."

FileId = Callable[[str], str]
"""Id in the crate of a thing of the package, by its name."""


def workflow_entities(
    graph: Graph, package: Package, *, file_id: FileId
) -> list[tuple[str, str, str]]:
    """Add what the models of a package tell.

    Returns:
        The profiles (IRI, name, version) that the crate keeps beside Process Run Crate.
    """
    runs = [each for each in package.runs if _is_told(package, each)]
    if not runs:
        return []
    for each in runs:
        _WorkflowRun(graph, package, each, file_id).add()
    graph.main = file_id(runs[-1].plan)
    succeeded = {each.plan for each in runs if each.run.status == "ok"}
    if {each.plan for each in runs} <= succeeded:
        return [*_WORKFLOW_PROFILES, _PROVENANCE_PROFILE]
    return _WORKFLOW_PROFILES


def _is_told(package: Package, each: PackagedRun) -> bool:
    return each.plan in package.models and isinstance(package.things[each.plan], Member)


class _WorkflowRun:
    """A run of a program that declares a workflow."""

    def __init__(self, graph: Graph, package: Package, each: PackagedRun, file_id: FileId) -> None:
        self.graph = graph
        self.each = each
        self.workflow: Workflow = package.models[each.plan]
        self.file = file_id(each.plan)
        self.steps = steps_of(self.workflow)
        self.files = self._files(package, each.run, file_id)

    def add(self) -> None:
        top = self.workflow.program_by_id[self.workflow.top]
        self._add_workflow(top)
        for position, step in enumerate(self.steps, 1):
            self._add_step(step, position)
        self._add_connections()
        if self.each.run.status == "ok":
            self._add_actions()

    def _files(self, package: Package, run: Run, file_id: FileId) -> dict[int, list[str]]:
        """Ids of the run's files at each port."""
        names = {
            package.things[name].origin: name for name in (*self.each.used, *self.each.generated)
        }
        return {
            port: [file_id(names[path]) for path in paths if path in names]
            for port, paths in files_at_ports(self.workflow, run).items()
        }

    def _add_workflow(self, top: Program) -> None:
        entity = self.graph.retype(self.file, "ComputationalWorkflow", "HowTo")
        entity["conformsTo"] = reference(_COMPUTATIONAL_WORKFLOW)
        if top.description:
            entity["description"] = top.description
        entity.setdefault("programmingLanguage", reference("#language"))
        if entity["programmingLanguage"] == reference("#language"):
            name = self.workflow.sources[0].language or "unknown"
            self.graph.add({"@id": "#language", "@type": "ComputerLanguage", "name": name})
        self._add_ports(entity, top)
        entity["hasPart"] = references(self._tool(step) for step in self.steps)
        entity["step"] = references(self._step(step) for step in self.steps)

    def _add_ports(self, entity: Entity, program: Program) -> None:
        """Ports as formal parameters, each tied to its files in this run."""
        ports = self.workflow.ports_of[program.id]
        for key, wanted in (("input", True), ("output", False)):
            ids = [self._port(port) for port in ports if port.is_input == wanted]
            if ids:
                entity[key] = references(ids)
        for port in ports:
            self.graph.add(
                {
                    "@id": self._port(port),
                    "@type": "FormalParameter",
                    "name": port.binding,
                    "additionalType": "Text" if port.tag == "param" else "File",
                    "conformsTo": reference(_FORMAL_PARAMETER),
                    **({"description": port.description} if port.description else {}),
                }
            )
            for file in self.files.get(port.id, ()):
                self.graph.extend(self._port(port), "workExample", file)
                self.graph.extend(file, "exampleOfWork", self._port(port))

    def _add_step(self, step: Program, position: int) -> None:
        tool: Entity = {
            "@id": self._tool(step),
            "@type": "SoftwareApplication",
            "name": step.name,
            "softwareVersion": self.workflow.sources[0].sha256[:12],
            **({"description": step.description} if step.description else {}),
        }
        self._add_ports(tool, step)
        self.graph.add(tool)
        self.graph.add(
            {
                "@id": self._step(step),
                "@type": "HowToStep",
                "name": step.name,
                "position": str(position),
                "workExample": reference(self._tool(step)),
            }
        )

    def _add_connections(self) -> None:
        shown = {self.workflow.top, *(step.id for step in self.steps)}
        for channel in self.workflow.channels:
            source = self.workflow.port_by_id[channel.source]
            sink = self.workflow.port_by_id[channel.sink]
            if not {source.program, sink.program} <= shown:
                continue
            iri = f"{self.file}#connection/{source.id}/{sink.id}"
            self.graph.add(
                {
                    "@id": iri,
                    "@type": "ParameterConnection",
                    "sourceParameter": reference(self._port(source)),
                    "targetParameter": reference(self._port(sink)),
                }
            )
            # A step takes what comes in; what leaves the workflow is the workflow's own.
            at_step = sink.program != self.workflow.top
            owner = self.workflow.program_by_id[sink.program]
            self.graph.extend(self._step(owner) if at_step else self.file, "connection", iri)

    def _add_actions(self) -> None:
        """The run of each step, and the engine that led them: here the program itself."""
        run = self.each.run
        controls = []
        for step in self.steps:
            action = local(within_run(run.id, "step", step.name, str(step.id)))
            control = local(within_run(run.id, "control", step.name, str(step.id)))
            self.graph.add(self._step_action(step, action))
            self.graph.actions.append(action)
            self.graph.add(
                {
                    "@id": control,
                    "@type": "ControlAction",
                    "name": f"Control of {step.name}",
                    "instrument": reference(self._step(step)),
                    "object": reference(action),
                }
            )
            controls.append(control)
        self.graph.add(
            {
                "@id": local(within_run(run.id, "organize")),
                "@type": "OrganizeAction",
                "name": f"Run {run.seq} led its steps",
                "instrument": reference(self.file),
                "object": references(controls),
                "result": reference(self.each.iri),
            }
        )

    def _step_action(self, step: Program, iri: str) -> Entity:
        ports = self.workflow.ports_of[step.id]
        taken = [f for port in ports if port.is_input for f in self._at(port)]
        given = [f for port in ports if not port.is_input for f in self._at(port)]
        return {
            "@id": iri,
            "@type": "CreateAction",
            "name": f"{step.name} in run {self.each.run.seq}",
            "description": _INFERRED,
            "instrument": reference(self._tool(step)),
            "actionStatus": "http://schema.org/CompletedActionStatus",
            **({"agent": reference(self.each.agent.iri)} if self.each.agent else {}),
            **({"object": references(sorted(taken))} if taken else {}),
            **({"result": references(sorted(given))} if given else {}),
        }

    def _at(self, port: Port) -> list[str]:
        """Files at a port, or at the port of the workflow that it is joined to."""
        found = list(self.files.get(port.id, ()))
        for channel in self.workflow.channels:
            if channel.sink == port.id and port.is_input:
                found += self.files.get(channel.source, ())
            if channel.source == port.id and not port.is_input:
                found += self.files.get(channel.sink, ())
        return found

    def _tool(self, step: Program) -> str:
        return f"{self.file}#{encode_path(step.name)}/{step.id}"

    def _step(self, step: Program) -> str:
        return f"{self.file}#step/{step.id}"

    def _port(self, port: Port) -> str:
        return f"{self.file}#port/{encode_path(port.binding)}/{port.id}"
