"""Compare two runs: how they were started and ended, program, parameters, environment, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import Any, Literal

from provkit.app.project import Project
from provkit.app.reading import read_run
from provkit.app.tabular import Tabular
from provkit.model.events import StateObserved
from provkit.model.run import Run

Part = Literal["run", "program", "parameters", "environment", "inputs", "outputs"]
Finding = Literal["same", "changed", "only-left", "only-right"]

_PARTS: tuple[Part, ...] = (
    "run", "program", "parameters", "environment", "inputs", "outputs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing compared.

    Attributes:
        part: Where it belongs.
        name: Parameter, variable, package or path.
        finding: What was found.
        left: Value or SHA-256 in the first run; None when it is not there.
        right: The same in the second run.
    """

    part: Part
    name: str
    finding: Finding
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class RunDiff(Tabular):
    """How two runs differ.

    Attributes:
        left: Id of the first run.
        right: Id of the second run.
        left_seq: Number of the first run.
        right_seq: Number of the second run.
        entries: Everything compared, by part and name.
    """

    left: str
    right: str
    left_seq: int
    right_seq: int
    entries: tuple[Difference, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return ("part", "name", "finding", "left", "right")

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """One row for each thing compared."""
        return [(e.part, e.name, e.finding, e.left, e.right) for e in self.entries]

    @property
    def is_same(self) -> bool:
        """Nothing differs."""
        return all(entry.finding == "same" for entry in self.entries)

    def to_json(self) -> dict[str, Any]:
        """What ``diff --json`` prints."""
        parts: dict[str, list[dict[str, Any]]] = {part: [] for part in _PARTS}
        for entry in self.entries:
            parts[entry.part].append(
                {
                    "name": entry.name,
                    "finding": entry.finding,
                    "left": entry.left,
                    "right": entry.right,
                }
            )
        return {"left": self.left, "right": self.right, "same": self.is_same, **parts}


def diff_runs(project: Project, left: str, right: str) -> RunDiff:
    """Compare two runs, named as users name them.

    Raises:
        NotRecordedError: One of them is not there.
        JournalError: The record of one cannot be read.
    """
    first, second = (read_run(project, project.resolve(name)) for name in (left, right))
    entries = [
        entry
        for part in _PARTS
        for entry in _compare(part, dict(_values(part, first)), dict(_values(part, second)))
    ]
    return RunDiff(first.id, second.id, first.seq, second.seq, tuple(entries))


def _compare(part: Part, left: Mapping[str, str], right: Mapping[str, str]) -> Iterable[Difference]:
    for name in sorted({*left, *right}):
        one, other = left.get(name), right.get(name)
        finding: Finding
        if one is None:
            finding = "only-right"
        elif other is None:
            finding = "only-left"
        else:
            finding = "same" if one == other else "changed"
        yield Difference(part, name, finding, one, other)


def _values(part: Part, run: Run) -> Iterable[tuple[str, str]]:
    if part == "run":
        yield "command", join(run.command)
        yield "status", run.status
        if run.exit_code is not None:
            yield "exit code", str(run.exit_code)
    elif part == "program":
        state = run.program_state
        yield run.program, _content(state) if state else "not seen"
    elif part == "parameters":
        yield from run.parameters.items()
    elif part == "environment":
        seen = run.environment
        yield from seen.facts.items()
        yield from ((f"${name}", value) for name, value in seen.variables.items())
        yield from ((f"package {name}", value) for name, value in seen.packages.items())
    else:
        for state in run.inputs if part == "inputs" else run.outputs:
            yield state.path, _content(state)


def _content(state: StateObserved) -> str:
    return state.sha256 or f"not hashed: {state.why or 'unknown'}"
