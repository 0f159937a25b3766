"""A YesWorkflow model as a graph, and back: prospective provenance in ProvONE.

The graph is named by the digest of its sources, and does not say where those
sources lay: equal scripts at two places are one model, and the graphs of runs
say which program states held these bytes. Blocks are ``provone:Program``, the
ports' direction and the data they carry are ``yw:`` terms, because ProvONE has
none. ``docs/reference/graph.md`` shows the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from provkit.errors import UnknownDataError
from provkit.model.identifiers import content_iri, model_iri, within_model
from provkit.model.workflow import (
    Annotation,
    Channel,
    Data,
    Finding,
    LogTemplate,
    Port,
    PortTag,
    Program,
    Severity,
    Source,
    Tag,
    Workflow,
)
from provkit.rdf.graphs import Graphs, Reader, Writer, integer, text
from provkit.vocab.namespaces import DCTERMS, PROV, PROVKIT, PROVONE, RDF, RDFS, YW
from provkit.vocab.terms import IRI, Literal, Triple

_PORT_CLASS = {"in": YW.InPort, "param": YW.ParamPort, "out": YW.OutPort, "return": YW.ReturnPort}


def encode_workflow(workflow: Workflow) -> Graphs:
    """The named graph of a model: its name and its content."""
    out, name = Writer(), model_iri(workflow.digest)
    out.say(name, RDF.type, PROV.Entity, YW.Model)
    out.say(name, YW.digest, Literal(workflow.digest))
    out.say(name, YW.top, _node(workflow, "program", workflow.top))
    for source in workflow.sources:
        _encode_source(out, name, workflow, source)
    for annotation in workflow.annotations:
        _encode_annotation(out, workflow, annotation)
    for program in workflow.programs:
        _encode_program(out, name, workflow, program)
    for port in workflow.ports:
        _encode_port(out, name, workflow, port)
    for data in workflow.data:
        _encode_data(out, name, workflow, data)
    for channel in workflow.channels:
        _encode_channel(out, name, workflow, channel)
    for position, finding in enumerate(workflow.findings, 1):
        _encode_finding(out, name, workflow, position, finding)
    return {name: out.triples}


def _node(workflow: Workflow, kind: str, number: int, *more: str) -> IRI:
    return within_model(workflow.digest, kind, str(number), *more)


def _encode_source(out: Writer, name: IRI, workflow: Workflow, source: Source) -> None:
    node, content = _node(workflow, "source", source.id), content_iri(source.sha256)
    out.say(name, YW.sourceText, node)
    out.say(node, RDF.type, PROV.Entity, YW.SourceText)
    out.say(node, YW.id, integer(source.id))
    out.say(node, PROV.specializationOf, content)
    out.say(content, RDF.type, PROVKIT.Content)
    if source.language is not None:
        out.say(node, YW.language, text(source.language))
    if source.comment is not None:
        out.say(node, YW.commentDelimiter, text(source.comment))


def _encode_annotation(out: Writer, workflow: Workflow, annotation: Annotation) -> None:
    node = _node(workflow, "annotation", annotation.id)
    out.say(node, RDF.type, YW.Annotation)
    out.say(node, YW.id, integer(annotation.id))
    out.say(node, YW.inSource, _node(workflow, "source", annotation.source))
    out.say(node, YW.line, integer(annotation.line))
    out.say(node, YW.column, integer(annotation.column))
    out.say(node, YW.tag, Literal(annotation.tag))
    out.say(node, YW.keyword, text(annotation.keyword))
    out.say(node, YW.value, text(annotation.value))
    out.say_text(node, YW.text, annotation.text)
    out.say_integer(node, YW.cell, annotation.cell)
    if annotation.qualifies is not None:
        out.say(node, YW.qualifies, _node(workflow, "annotation", annotation.qualifies))


def _encode_program(out: Writer, name: IRI, workflow: Workflow, program: Program) -> None:
    node = _node(workflow, "program", program.id)
    out.say(name, YW.hasBlock, node)
    out.say(node, RDF.type, PROV.Entity, PROV.Plan, PROVONE.Program, YW.Block)
    if program.is_workflow or program.id == workflow.top:
        out.say(node, RDF.type, PROVONE.Workflow)
    if program.is_workflow:
        out.say(node, RDF.type, YW.Workflow)
    if program.is_function:
        out.say(node, RDF.type, YW.Function)
    out.say(node, YW.id, integer(program.id))
    out.say(node, RDFS.label, text(program.name))
    out.say(node, YW.qualifiedName, text(program.qualified_name))
    out.say(node, YW.beginAnnotation, _node(workflow, "annotation", program.begin))
    out.say(node, YW.endAnnotation, _node(workflow, "annotation", program.end))
    out.say(node, YW.beginLine, integer(program.begin_line))
    out.say(node, YW.endLine, integer(program.end_line))
    out.say(node, YW.inSource, _node(workflow, "source", program.source))
    if program.description is not None:
        out.say(node, DCTERMS.description, text(program.description))
    if program.parent is not None:
        out.say(_node(workflow, "program", program.parent), PROVONE.hasSubProgram, node)
    for position, called in enumerate(program.calls, 1):
        call = _node(workflow, "program", program.id, "call", str(position))
        out.say(node, YW.calls, call)
        out.say(call, RDF.type, YW.Call)
        out.say(call, YW.position, integer(position))
        out.say(call, RDFS.label, text(called))


def _encode_port(out: Writer, name: IRI, workflow: Workflow, port: Port) -> None:
    """A port; one whose data the model does not declare is no ProvONE port.

    ``@return`` ports and ports of functions beside the workflow are such:
    YesWorkflow leaves them out of its port facts, so queries must not meet them.
    """
    node, block = _node(workflow, "port", port.id), _node(workflow, "program", port.program)
    data = _node(workflow, "data", port.data)
    out.say(name, YW.hasPort, node)
    out.say(node, RDF.type, _PORT_CLASS[port.tag])
    out.say(node, YW.id, integer(port.id))
    out.say(block, YW.port, node)
    out.say(node, YW.carries, data)
    if port.tag != "return" and port.data in workflow.data_by_id:
        out.say(node, RDF.type, PROV.Entity, PROVONE.Port)
        out.say(block, PROVONE.hasInPort if port.is_input else PROVONE.hasOutPort, node)
        out.say(node, YW.receives if port.is_input else YW.sends, data)
    out.say(node, RDFS.label, text(port.name))
    out.say(node, YW.qualifiedName, text(port.qualified_name))
    out.say(node, YW.annotation, _node(workflow, "annotation", port.annotation))
    for predicate, value in (
        (YW.alias, port.alias),
        (YW.uriTemplate, port.uri),
        (DCTERMS.description, port.description),
    ):
        if value is not None:
            out.say(node, predicate, text(value))
    _encode_variables(out, node, YW.uriVariable, YW.URIVariable, port.variables)
    for log in port.logs:
        each = _node(workflow, "port", port.id, "log", str(log.id))
        out.say(node, YW.log, each)
        out.say(each, RDF.type, YW.LogTemplate)
        out.say(each, YW.id, integer(log.id))
        out.say(each, YW.annotation, _node(workflow, "annotation", log.annotation))
        out.say(each, YW.template, text(log.template))
        _encode_variables(out, each, YW.logVariable, YW.LogVariable, log.variables)


def _encode_variables(
    out: Writer, owner: IRI, link: IRI, kind: IRI, variables: tuple[tuple[int, str], ...]
) -> None:
    for position, (number, name) in enumerate(variables, 1):
        node = IRI(f"{owner}/variable/{position}")
        out.say(owner, link, node)
        out.say(node, RDF.type, kind)
        out.say(node, YW.position, integer(position))
        out.say(node, YW.id, integer(number))
        out.say(node, RDFS.label, text(name))


def _encode_data(out: Writer, name: IRI, workflow: Workflow, data: Data) -> None:
    node = _node(workflow, "data", data.id)
    out.say(name, YW.hasData, node)
    out.say(node, RDF.type, PROV.Entity, YW.Data)
    out.say(node, YW.id, integer(data.id))
    out.say(node, RDFS.label, text(data.name))
    out.say(node, YW.qualifiedName, text(data.qualified_name))
    if data.scope is not None:
        out.say(node, YW.inScope, _node(workflow, "program", data.scope))


def _encode_channel(out: Writer, name: IRI, workflow: Workflow, channel: Channel) -> None:
    """A channel: ProvONE joins ports to it; which one sends is said beside it."""
    node = _node(workflow, "channel", channel.id)
    source = _node(workflow, "port", channel.source)
    sink = _node(workflow, "port", channel.sink)
    out.say(name, YW.hasChannel, node)
    out.say(node, RDF.type, PROV.Entity, PROVONE.Channel)
    out.say(node, YW.id, integer(channel.id))
    out.say(node, RDFS.label, text(channel.name))
    out.say(node, YW.carries, _node(workflow, "data", channel.data))
    out.say(node, YW.sourcePort, source)
    out.say(node, YW.sinkPort, sink)
    out.say(source, PROVONE.connectsTo, node)
    out.say(sink, PROVONE.connectsTo, node)


def _encode_finding(
    out: Writer, name: IRI, workflow: Workflow, position: int, finding: Finding
) -> None:
    node = _node(workflow, "finding", position)
    out.say(name, YW.finding, node)
    out.say(node, RDF.type, YW.Finding)
    out.say(node, YW.position, integer(position))
    out.say(node, YW.code, text(finding.code))
    out.say(node, YW.severity, Literal(finding.severity))
    out.say(node, YW.message, text(finding.message))
    out.say(node, YW.line, integer(finding.line))
    out.say(node, YW.column, integer(finding.column))
    out.say_text(node, YW.hint, finding.hint)


def decode_workflow(name: IRI, triples: Iterable[Triple]) -> Workflow:
    """Inverse of :func:`encode_workflow`.

    Paths of sources, and whether a language was guessed from them, are not in
    the graph: paths come empty.

    Raises:
        UnknownDataError: The graph does not tell of a model in this shape.
    """
    graph = _ModelReader(triples)
    top = graph.node(name, YW.top)
    if top is None:
        raise UnknownDataError(f"no workflow model {name} in this graph")
    return Workflow(
        digest=graph.text(name, YW.digest),
        top=graph.id(top),
        sources=tuple(graph.source(node) for node in graph.members(name, YW.sourceText)),
        annotations=tuple(graph.annotation(node) for node in graph.by_id(YW.Annotation)),
        programs=tuple(graph.program(node) for node in graph.members(name, YW.hasBlock)),
        ports=tuple(graph.port(node) for node in graph.members(name, YW.hasPort)),
        data=tuple(graph.data(node) for node in graph.members(name, YW.hasData)),
        channels=tuple(graph.channel(node) for node in graph.members(name, YW.hasChannel)),
        findings=tuple(
            graph.found(node) for node in graph.by_position(name, YW.finding, YW.position)
        ),
    )


class _ModelReader(Reader):
    """A model graph; each method reads one kind of node."""

    __slots__ = ()

    def id(self, node: IRI | None) -> int:
        return self.whole(node, YW.id)

    def whole(self, node: IRI | None, predicate: IRI) -> int:
        number = None if node is None else self.integer(node, predicate)
        if number is None:
            raise UnknownDataError(f"{node} has no {predicate}")
        return number

    def maybe_id(self, subject: IRI, predicate: IRI) -> int | None:
        node = self.node(subject, predicate)
        return None if node is None else self.id(node)

    def maybe_text(self, subject: IRI, predicate: IRI) -> str | None:
        return None if self.find(subject, predicate) is None else self.text(subject, predicate)

    def members(self, name: IRI, predicate: IRI) -> Iterator[IRI]:
        yield from sorted(self.nodes(name, predicate), key=self.id)

    def by_id(self, kind: IRI) -> Iterator[IRI]:
        yield from sorted(self.instances(kind), key=self.id)

    def source(self, node: IRI) -> Source:
        content = self.node(node, PROV.specializationOf) or IRI("")
        return Source(
            id=self.id(node),
            path="",
            language=self.maybe_text(node, YW.language),
            sha256=content.rpartition("/")[2],
            comment=self.maybe_text(node, YW.commentDelimiter),
        )

    def annotation(self, node: IRI) -> Annotation:
        return Annotation(
            id=self.id(node),
            source=self.id(self.node(node, YW.inSource)),
            line=self.whole(node, YW.line),
            column=self.whole(node, YW.column),
            tag=cast(Tag, self.text(node, YW.tag)),
            keyword=self.text(node, YW.keyword),
            value=self.text(node, YW.value),
            text=self.text(node, YW.text),
            qualifies=self.maybe_id(node, YW.qualifies),
            cell=self.integer(node, YW.cell),
        )

    def program(self, node: IRI) -> Program:
        parents = self.subjects(PROVONE.hasSubProgram, node)
        calls = self.by_position(node, YW.calls, YW.position)
        return Program(
            id=self.id(node),
            name=self.text(node, RDFS.label),
            qualified_name=self.text(node, YW.qualifiedName),
            parent=self.id(parents[0]) if parents else None,
            begin=self.id(self.node(node, YW.beginAnnotation)),
            end=self.id(self.node(node, YW.endAnnotation)),
            begin_line=self.whole(node, YW.beginLine),
            end_line=self.whole(node, YW.endLine),
            source=self.id(self.node(node, YW.inSource)),
            is_workflow=self.is_a(node, YW.Workflow),
            is_function=self.is_a(node, YW.Function),
            description=self.maybe_text(node, DCTERMS.description),
            calls=tuple(self.text(call, RDFS.label) for call in calls),
        )

    def port(self, node: IRI) -> Port:
        blocks = self.subjects(YW.port, node)
        tags = [tag for tag, kind in _PORT_CLASS.items() if self.is_a(node, kind)]
        carried = self.node(node, YW.carries)
        if not blocks or not tags or carried is None:
            raise UnknownDataError(f"{node} is no port: it needs a block, a class and data")
        return Port(
            id=self.id(node),
            program=self.id(blocks[0]),
            tag=cast(PortTag, tags[0]),
            name=self.text(node, RDFS.label),
            qualified_name=self.text(node, YW.qualifiedName),
            annotation=self.id(self.node(node, YW.annotation)),
            data=int(carried.rpartition("/")[2]),
            alias=self.maybe_text(node, YW.alias),
            uri=self.maybe_text(node, YW.uriTemplate),
            description=self.maybe_text(node, DCTERMS.description),
            variables=self.variables(node, YW.uriVariable),
            logs=tuple(self.log(each) for each in self.members(node, YW.log)),
        )

    def variables(self, owner: IRI, link: IRI) -> tuple[tuple[int, str], ...]:
        return tuple(
            (self.id(node), self.text(node, RDFS.label))
            for node in self.by_position(owner, link, YW.position)
        )

    def log(self, node: IRI) -> LogTemplate:
        return LogTemplate(
            id=self.id(node),
            annotation=self.id(self.node(node, YW.annotation)),
            template=self.text(node, YW.template),
            variables=self.variables(node, YW.logVariable),
        )

    def data(self, node: IRI) -> Data:
        return Data(
            id=self.id(node),
            name=self.text(node, RDFS.label),
            qualified_name=self.text(node, YW.qualifiedName),
            scope=self.maybe_id(node, YW.inScope),
        )

    def channel(self, node: IRI) -> Channel:
        carried = self.node(node, YW.carries) or IRI("")
        return Channel(
            id=self.id(node),
            name=self.text(node, RDFS.label),
            data=int(carried.rpartition("/")[2]),
            source=self.id(self.node(node, YW.sourcePort)),
            sink=self.id(self.node(node, YW.sinkPort)),
        )

    def found(self, node: IRI) -> Finding:
        return Finding(
            code=self.text(node, YW.code),
            severity=cast(Severity, self.text(node, YW.severity)),
            message=self.text(node, YW.message),
            path="",
            line=self.whole(node, YW.line),
            column=self.whole(node, YW.column),
            hint=self.text(node, YW.hint),
        )
