"""What a user means by TARGET: a path, ``path@RUN``, ``sha256:…``, a run, or an IRI from an answer.

A recorded or existing path beats a run of that name; ``./x`` is always a path;
of several ``@`` the last one splits, when a run follows. A path alone means
the latest recorded version of that file, or of all files in that folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from provkit.app.project import Project
from provkit.errors import NotRecordedError, UsageError
from provkit.lineage.network import Network

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


def find_target(project: Project, network: Network, text: str) -> Target:
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
    states = _at(network, path)
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


def _content(network: Network, text: str, digits: str) -> Target:
    if len(digits) < _SHORTEST_HASH:
        raise UsageError(f"not a SHA-256: {text!r}", hint="64 hexadecimal digits, or the first 6")
    found = {content for content in network.contents.values() if content.startswith(digits)}
    if not found:
        raise NotRecordedError(
            f"no recorded file has the content {text}", hint="`sha256sum FILE` prints a hash"
        )
    if len(found) > 1:
        raise UsageError(f"{len(found)} contents start with {text}", hint="write more digits")
    content = found.pop()
    states = [state for state, known in network.contents.items() if known == content]
    return Target(text=text, states=tuple(sorted(states, key=_order(network), reverse=True)))


def _node(network: Network, text: str, node: int) -> Target:
    if node in network.runs or network.inputs(node) or network.outputs(node):
        return Target(text=text, run=node)
    return Target(text=text, states=(node,), path=network.paths.get(node))


def _of_run(project: Project, network: Network, text: str) -> Target:
    """``path@RUN``: what that run left there, else what it found."""
    before, _, after = text.rpartition("@")
    try:
        run = _run(project, network, after).run
    except NotRecordedError:
        raise _never(text, project.relative(text)) from None
    path = project.relative(before)
    states = [state for state in _at(network, path) if network.run_of(state) == run]
    if not states:
        raise NotRecordedError(
            f"run {after} did not touch {path!r}", hint=f"see what it touched: provkit show {after}"
        )
    return Target(text=text, states=_latest(network, states), path=path)


def _run(project: Project, network: Network, text: str) -> Target:
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


def _at(network: Network, path: str) -> list[int]:
    return [state for state, known in network.paths.items() if known == path]


def _below(network: Network, folder: str) -> tuple[int, ...]:
    """The latest state of each file in a folder."""
    start = "" if folder == "." else folder.rstrip("/") + "/"
    by_path: dict[str, list[int]] = {}
    for state, path in network.paths.items():
        if path.startswith(start) and not (start == "" and path.startswith("/")):
            by_path.setdefault(path, []).append(state)
    return tuple(_latest(network, states)[0] for _, states in sorted(by_path.items()))


def _latest(network: Network, states: list[int]) -> tuple[int, ...]:
    """The latest of these states."""
    return (max(states, key=_order(network)),)


def _order(network: Network) -> Callable[[int], tuple[str, str, str]]:
    """In the order of start time, then run, then found before left."""

    def key(state: int) -> tuple[str, str, str]:
        run = network.run_of(state)
        facts = None if run is None else network.runs.get(run)
        name = network.names[state]
        started = "" if facts is None else facts.started
        return started, "" if run is None else network.names[run], name

    return key
