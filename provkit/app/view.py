"""Look at one run: ``show``, and RunManager's viewRun."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from provkit.app.messages import log_tail
from provkit.app.project import Project
from provkit.app.reading import read_run, soundness, summarize
from provkit.app.statements import what_was_said
from provkit.app.summary import RunSummary, with_said
from provkit.errors import NotRecordedError
from provkit.model.events import StateObserved
from provkit.model.run import Run


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, with what was said about it later.

    Attributes:
        summary: Its row in the run list.
        run: The run itself; its tags are those of now.
        messages: The end of what it said on standard error.
        damaged: The record was changed after it was sealed.
    """

    summary: RunSummary
    run: Run
    messages: str
    damaged: bool

    def to_json(self) -> dict[str, Any]:
        """What ``show --json`` prints."""
        run, capture = self.run, self.run.capture
        return {
            **self.summary.to_json(),
            "inputs": [_file_row(state) for state in run.inputs],
            "outputs": [_file_row(state) for state in run.outputs],
            "temporaries": [_file_row(state) for state in run.temporaries],
            "replaced": [_file_row(state) for state in run.replaced],
            "program_state": _file_row(run.program_state) if run.program_state else None,
            "parameters": dict(sorted(run.parameters.items())),
            "environment": {
                "facts": dict(sorted(run.environment.facts.items())),
                "variables": dict(sorted(run.environment.variables.items())),
                "packages": dict(sorted(run.environment.packages.items())),
            },
            "directory": run.directory,
            "signal": run.signal,
            "part_of": run.part_of,
            "rerun_of": run.rerun_of,
            "derivations": [list(pair) for pair in run.derivations],
            "messages": self.messages,
            "recorder": capture.recorder if capture else None,
            "blind": list(capture.blind) if capture else [],
            "problems": list(capture.problems) if capture else [],
            "damaged": self.damaged,
        }


def view_run(project: Project, text: str) -> RunView:
    """One run, by number, start of its id, or ``latest``.

    Raises:
        NotRecordedError: There is no such run.
        JournalError: Its record cannot be read.
    """
    name = project.resolve(text)
    run = read_run(project, name)
    summary = with_said(summarize(project, run), what_was_said(project))
    if summary is None:
        raise NotRecordedError(f"run {text} was deleted", hint="see `provkit runs`")
    record = project.record(name)
    return RunView(
        summary=summary,
        run=replace(run, tags=summary.tags),
        messages=log_tail(project, run),
        damaged=record.state == "sealed" and soundness(record.path) != "sealed",
    )


def _file_row(state: StateObserved) -> dict[str, Any]:
    return {
        "path": state.path,
        "sha256": state.sha256,
        "size": state.size_bytes,
        "archived": state.archived,
        "why": state.why or None,
    }
