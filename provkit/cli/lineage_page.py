"""Print a lineage as people read it: run by run, alike files together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from provkit.app.lineage import LineageAnswer
from provkit.cli import output, words
from provkit.cli.text import printable
from provkit.drawing.fold import common_pattern
from provkit.lineage.answer import Edge, FileVersion, Lineage, RunNode

_ALIKE = 4
_FEW = 8
_NUMBER = re.compile(r"\d+")
_SAID = {
    "content": "equal bytes",
    "path": "same path only",
    "workflow": "as its workflow says",
    "stated": "as stated",
}


def write_page(found: LineageAnswer) -> None:
    """Write the answer as text."""
    answer = found.lineage
    page = _Page(answer)
    output.write(output.style(page.target(), "bold"))
    if not answer.edges:
        output.write(f"  {_nothing(found)}")
        return
    for run in page.in_order(downstream=found.question.way == "down"):
        output.write("")
        head = f"run {run.seq}" if run.seq is not None else run.id
        output.write(f"{output.style(printable(head), 'bold')}  {printable(run.program)}".rstrip())
        output.write_rows(page.rows(run), indent="  ")
    derived = [edge for edge in answer.edges if edge.kind == "derived"]
    if derived:
        output.write("\nDerived, by no recorded run")
        output.write_rows(
            [(page.name(e.target), "from", page.name(e.source), _note(e)) for e in derived],
            indent="  ",
        )
    output.write("\n" + page.summary())
    _write_assumed(answer, page)
    _write_paths(found, page)


def _nothing(found: LineageAnswer) -> str:
    if found.question.way == "down":
        return "No recorded run made anything from it."
    return "No recorded run wrote it: it came from outside."


class _Page:
    """Names and groups of one answer."""

    def __init__(self, answer: Lineage) -> None:
        self._answer = answer
        self._files = {file.id: file for file in answer.files}
        self._runs = {run.id: run for run in answer.runs}
        versions: dict[str, int] = {}
        for file in answer.files:
            versions[file.path] = versions.get(file.path, 0) + 1
        self._several = {path for path, count in versions.items() if count > 1}
        self._writers: dict[str, list[RunNode]] = {}
        for edge in answer.edges:
            if edge.kind == "generated":
                self._writers.setdefault(edge.target, []).append(self._runs[edge.source])

    def name(self, node: str) -> str:
        """A file by its path, with the start of its hash when there are several versions."""
        file = self._files.get(node)
        if file is None:
            run = self._runs[node]
            return f"run {run.seq}" if run.seq is not None else run.id
        if file.path in self._several and file.sha256:
            return f"{file.path} [{file.sha256[:8]}]"
        return file.path

    def target(self) -> str:
        """What was asked about."""
        name = self.name(self._answer.target)
        file = self._files.get(self._answer.target)
        return printable(name if file is None or file.path in self._several else file.path)

    def in_order(self, *, downstream: bool) -> list[RunNode]:
        """Runs, from the nearest in time: the latest first, downstream the first first."""
        return list(self._answer.runs) if downstream else list(reversed(self._answer.runs))

    def rows(self, run: RunNode) -> list[tuple[str, str, str]]:
        """What a run wrote and read, as far as it belongs to the answer."""
        wrote = [e for e in self._answer.edges if e.source == run.id]
        read = [e for e in self._answer.edges if e.target == run.id]
        return [
            *self._group("wrote", [(self._files[e.target], _note(e)) for e in wrote]),
            *self._group("read", [(self._files[e.source], self._origin(e)) for e in read]),
        ]

    def _origin(self, edge: Edge) -> str:
        writers = [f"run {run.seq}" for run in self._writers.get(edge.source, ())]
        said = _SAID.get(edge.carrier, "")
        return ", ".join(filter(None, [f"from {' and '.join(writers)}" if writers else "", said]))

    def _group(
        self, verb: str, files: Sequence[tuple[FileVersion, str]]
    ) -> Iterable[tuple[str, str, str]]:
        groups: dict[tuple[str, str], list[FileVersion]] = {}
        for file, note in files:
            groups.setdefault((_NUMBER.sub("0", file.path), note), []).append(file)
        for (_, note), alike in sorted(groups.items(), key=lambda item: item[1][0].path):
            if len(alike) < _ALIKE:
                rows = [(self.name(file.id), note) for file in alike]
            else:
                rows = [
                    (
                        common_pattern([file.path for file in alike]),
                        f"{len(alike)} files{_also(note)}",
                    )
                ]
            for name, text in rows:
                yield verb, name, text
                verb = ""

    def summary(self) -> str:
        """How much it is, and where it ends."""
        count = words.count
        made = {edge.target for edge in self._answer.edges if edge.kind != "used"}
        outside = sum(1 for file in self._answer.files if file.id not in made)
        total = f"{count(len(self._answer.runs), 'run')}, {count(len(self._answer.files), 'file')}"
        return f"{total}, {outside} of them written by no run shown" if outside else total


def _write_assumed(answer: Lineage, page: _Page) -> None:
    """Say once of which runs every input was taken for every output."""
    runs = sorted(
        {page.name(e.source) for e in answer.edges if e.carrier == "assumed"}, key=_number
    )
    if runs:
        listed = ", ".join(runs) if len(runs) <= _FEW else f"{len(runs)} of the runs"
        output.write(f"Nothing tells which outputs of {printable(listed)} came from which inputs:")
        output.write("every input they read is shown.")


def _number(name: str) -> tuple[int, str]:
    digits = _NUMBER.search(name)
    return (int(digits[0]) if digits else 0), name


def _also(note: str) -> str:
    return f", {note}" if note else ""


def _note(edge: Edge) -> str:
    return _SAID.get(edge.carrier, "")


def _write_paths(found: LineageAnswer, page: _Page) -> None:
    if not found.question.paths:
        return
    output.write("\nShortest ways")
    for way in found.paths:
        output.write("  " + printable(" → ".join(page.name(node) for node in way)))
