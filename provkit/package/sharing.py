"""A run as it may be shown to strangers: without what says more about a machine than about the run.

Left out are processes with their command lines, environment variables, files
that came and went, the working directory, and facts that hold a path or the
name of the host. Files outside of the project keep their last name only.
"""

from __future__ import annotations

import re
from dataclasses import replace

from provkit.model.events import EnvironmentObserved, StateObserved
from provkit.model.run import Run
from provkit.package.paths import PathBook, safe_path

_HOME = re.compile(r"(?<![\w.~-])/(?:home|Users)/[^/\s\0]+|(?<![\w.~-])/root(?=/|\Z)")


def without_home(run: Run) -> Run:
    """The run with the home folders in its command line and parameters written ``~``."""
    return replace(
        run,
        command=tuple(_HOME.sub("~", word) for word in run.command),
        parameters={name: _HOME.sub("~", value) for name, value in run.parameters.items()},
    )


def shared_run(run: Run) -> Run:
    """The run without what is private."""
    names = _Names()
    return replace(
        without_home(run),
        directory=names.of(run.directory) if not run.directory.startswith("/") else "",
        program=names.of(run.program),
        inputs=tuple(_state(state, names) for state in run.inputs),
        outputs=tuple(_state(state, names) for state in run.outputs),
        program_state=None if run.program_state is None else _state(run.program_state, names),
        derivations=tuple(sorted((names.of(a), names.of(b)) for a, b in run.derivations)),
        temporaries=(),
        processes=(),
        environment=_environment(run),
        logs=(),
        capture=None,
    )


class _Names:
    """What files are called: as recorded inside the project, by a new name outside."""

    def __init__(self) -> None:
        self._book = PathBook()
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        if not path.startswith("/"):
            return path
        if path not in self._known:
            self._known[path] = self._book.take(safe_path(path))
        return self._known[path]


def _state(state: StateObserved, names: _Names) -> StateObserved:
    return replace(state, path=names.of(state.path), link_target=None)


def _environment(run: Run) -> EnvironmentObserved:
    seen = run.environment
    facts = {
        key: value
        for key, value in seen.facts.items()
        if "/" not in value and (not run.host or run.host not in value)
    }
    return EnvironmentObserved(facts=facts, packages=dict(seen.packages))
