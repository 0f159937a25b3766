"""Walk a folder for the files that URI templates name, and for nothing else.

Only folders that some template leads to are read, so a template with a constant
start costs nothing for the rest of a large tree. A name that stands in a
template is looked up; names that a variable may take are listed. Listed folders
are not followed when they are symbolic links; named ones are. Provkit's own
folder is never listed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from provkit.yw.matcher import Match, Matcher, State
from provkit.yw.templates import Pattern, Template, Values

_OWN_FOLDER = ".provkit"


@dataclass(slots=True)
class Search:
    """What a walk found.

    Attributes:
        found: For each template, by its place, the paths it fits, sorted, with
            a value for each of its names. Paths are relative to the root; those
            outside it are absolute.
        unreadable: Folders that could not be listed, and why.
        undecided: Path and place of the template where a repeated name leaves too many readings.
    """

    found: list[list[tuple[str, Values]]]
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    undecided: list[tuple[str, int]] = field(default_factory=list)


def find_below(root: str, templates: Sequence[Template]) -> Search:
    """Files that templates name: relative ones below a folder, absolute ones where they say."""
    search = Search([[] for _ in templates])
    top = os.path.abspath(root).rstrip("/") + "/"  # noqa: PTH100 - pathlib costs 5 ms
    for absolute in (False, True):
        matcher = Matcher()
        places: list[int] = []
        for place, template in enumerate(templates):
            if template.path.fragments[0].startswith("/") == absolute:
                matcher.add(_without_root(template) if absolute else template)
                places.append(place)
        if not places:
            continue
        for path, matches in _walk("/" if absolute else root, matcher, search):
            name = path if not absolute else f"/{path}".removeprefix(top)
            for number, values in matches:
                search.found[places[number]].append((name, values))
        search.undecided += [(path, places[number]) for path, number in matcher.undecided]
    for paths in search.found:
        paths.sort()
    return search


def _without_root(template: Template) -> Template:
    first, *others = template.path.fragments
    pattern = Pattern((first.lstrip("/"), *others), template.path.slots)
    return Template(template.text, template.scheme, pattern)


def _walk(root: str, matcher: Matcher, search: Search) -> Iterator[tuple[str, list[Match]]]:
    """Each file that fits, with the templates it fits."""
    waiting: list[tuple[str, list[State]]] = [("", matcher.start())]
    while waiting:
        folder, states = waiting.pop()
        for name, is_file, is_folder in _entries(root, folder, states, search):
            following = matcher.step(states, name)
            if is_folder:
                if any(node.literals or node.segments.children for node, _ in following):
                    waiting.append((f"{folder}{name}/", following))
            elif is_file and (found := matcher.ends(following, folder + name)):
                yield folder + name, found


def _entries(
    root: str, folder: str, states: list[State], search: Search
) -> Iterator[tuple[str, bool, bool]]:
    """What a folder holds of use: a name, whether it is a file, whether it may be entered."""
    where = os.path.join(root, folder)  # noqa: PTH118
    named = dict.fromkeys(name for node, _ in states for name in node.literals)
    for name in named:
        try:
            mode = os.stat(where + name if folder else os.path.join(root, name)).st_mode  # noqa: PTH116, PTH118
        except (OSError, ValueError):  # not there, or no name a file can have
            continue
        yield name, stat.S_ISREG(mode), stat.S_ISDIR(mode)
    if not any(node.segments.children for node, _ in states):
        return
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                name = entry.name
                if name in named or name == _OWN_FOLDER:
                    continue
                yield name, entry.is_file(), entry.is_dir(follow_symlinks=False)
    except OSError as error:
        search.unreadable.append((folder.rstrip("/") or root, error.strerror or str(error)))
