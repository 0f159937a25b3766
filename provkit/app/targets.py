"""What a user means by TARGET: a path, ``path@RUN``, ``sha256:…``, a run, or an IRI from an answer.

A recorded or existing path beats a run of that name; ``./x`` is always a path;
of several ``@`` the last one splits, when a run follows. A path alone means
the latest recorded version of that file, or of all files in that folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from provkit.app.project import Project
from provkit.errors import NotRecordedError, UsageError
from provkit.lineage.network import Adjacency, run_of

_HASH = re.compile(r"(?:sha256:|hash://sha256/)([0-9A-Fa-f]*)\Z")
_SHORTEST_HASH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What was asked about.

    Attributes:
        text: As the user wrote it.
        states: States meant, the most telling one first.
        run: Run meant; then there are no states.
        path: The recorded path, when one was meant.
    """

    text: str
    states: tuple[int, ...] = ()
    run: int | None = None
    path: str | None = None


def find_target(project: Project, network: Adjacency, text: str) -> Target:
    """What a user means.

    Raises:
        NotRecordedError: It was never recorded.
        UsageError: It could mean several things.
    """
    if found := _HASH.match(text):
        return _content(network, text, found[1].lower())
    node = network.find(text)
    if node is not None:
        return _node(network, text, node)
    path = project.relative(text)
    states = network.at_path(path)
    if states:
        return Target(text=text, states=_latest(network, states), path=path)
    inside = _below(network, path)
    if inside:
        return Target(text=text, states=inside, path=path)
    exists = os.path.lexists(text)
    if "@" in text and not exists:
        return _of_run(project, network, text)
    if exists or text.startswith(("./", "../", "/")):
        raise _never(text, path)
    return _run(project, network, text)


def _content(network: Adjacency, text: str, digits: str) -> Target:
    if len(digits) < _SHORTEST_HASH:
        raise UsageError(f"not a SHA-256: {text!r}", hint="64 hexadecimal digits, or the first 6")
    found = list(islice(network.contents(digits), 2))
    if not found:
        raise NotRecordedError(
            f"no recorded file has the content {text}", hint="`sha256sum FILE` prints a hash"
        )
    if len(found) > 1:
        raise UsageError(f"several contents start with {text}", hint="write more digits")
    states = sorted(found[0][1], key=_order(network), reverse=True)
    return Target(text=text, states=tuple(states))


def _node(network: Adjacency, text: str, node: int) -> Target:
    if network.run(node) or network.inputs(node) or network.outputs(node):
        return Target(text=text, run=node)
    return Target(text=text, states=(node,), path=network.path(node))


def _of_run(project: Project, network: Adjacency, text: str) -> Target:
    """``path@RUN``: what that run left there, else what it found."""
    before, _, after = text.rpartition("@")
    try:
        run = _run(project, network, after).run
    except NotRecordedError:
        raise _never(text, project.relative(text)) from None
    path = project.relative(before)
    states = [state for state in network.at_path(path) if run_of(network, state) == run]
    if not states:
        raise NotRecordedError(
            f"run {after} did not touch {path!r}", hint=f"see what it touched: provkit show {after}"
        )
    return Target(text=text, states=_latest(network, states), path=path)


def _run(project: Project, network: Adjacency, text: str) -> Target:
    try:
        name = project.resolve(text)
    except NotRecordedError:
        raise NotRecordedError(
            f"never recorded: {text!r} is neither a file of a recorded run nor a run",
            hint="`provkit runs --file '*NAME*'` finds files, `provkit runs` lists runs",
        ) from None
    node = network.find(f"urn:uuid:{name}")
    if node is None:
        raise NotRecordedError(f"run {text} is not in the index", hint="try `provkit reindex`")
    return Target(text=text, run=node)


def _never(text: str, path: str) -> NotRecordedError:
    shown = text if text == path else f"{text} ({path} in the project)"
    return NotRecordedError(
        f"never recorded: {shown}",
        hint="no recorded run read or wrote it; `provkit runs --file GLOB` finds others",
    )


def _below(network: Adjacency, folder: str) -> tuple[int, ...]:
    """The latest state of each file in a folder."""
    start = "" if folder == "." else folder.rstrip("/") + "/"
    return tuple(
        _latest(network, states)[0]
        for path, states in network.below(start)
        if start or not path.startswith("/")
    )


def _latest(network: Adjacency, states: Sequence[int]) -> tuple[int, ...]:
    """The latest of these states."""
    return (max(states, key=_order(network)),)


def _order(network: Adjacency) -> Callable[[int], tuple[str, str, str]]:
    """In the order of start time, then run, then found before left."""

    def key(state: int) -> tuple[str, str, str]:
        run = run_of(network, state)
        facts = None if run is None else network.run(run)
        name = network.name(state)
        started = "" if facts is None else facts.started
        return started, "" if run is None else network.name(run), name

    return key
