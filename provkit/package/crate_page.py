"""The page that people see when they open a crate: title, runs and files, as plain HTML.

Names, commands and descriptions may come from anybody; every one is escaped,
nothing is loaded from elsewhere, and no script runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from provkit.package.bagit import readable_size
from provkit.package.base import Package
from provkit.package.entities import Entity

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .8em .3em 0;"
    "border-bottom:1px solid #ddd;vertical-align:top}code{background:#f4f4f4;padding:.1em .3em}"
)


def write_page(package: Package, graph: list[Entity]) -> str:
    """The preview of a crate (RO-Crate 1.1, section on ``ro-crate-preview.html``)."""
    root = graph[1]
    actions = [each for each in graph if _is_a(each, "CreateAction")]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{_text(root['name'])}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{_text(root['name'])}</h1>",
            f"<p>{_text(root['description'])}</p>",
            *_people(package),
            f"<p>Date: {_text(root['datePublished'])}. Licence: {_text(root['license'])}</p>",
            "<h2>Runs</h2>",
            *_table(("Run", "Command", "From", "To"), map(_action_row, actions)),
            "<h2>Files</h2>",
            *_table(("File", "What", "Size"), _file_rows(package)),
            *_missing(package),
            '<p><a href="ro-crate-metadata.json">The whole description</a></p>',
            "</body></html>",
            "",
        ]
    )


def _people(package: Package) -> Iterable[str]:
    names = [_text(person.name) for person in package.settings.creators]
    if names:
        yield f"<p>By {', '.join(names)}.</p>"


def _action_row(action: Entity) -> list[str]:
    return [
        _text(action["name"]),
        f"<code>{_text(action.get('description', ''))}</code>",
        _names(action.get("object")),
        _names(action.get("result")),
    ]


def _file_rows(package: Package) -> Iterable[list[str]]:
    for member in package.members:
        link = f'<a href="./{_text(quote(member.path))}">{_text(member.path)}</a>'
        yield [link, _text(member.about or member.role), readable_size(member.size_bytes)]


def _missing(package: Package) -> Iterable[str]:
    if package.others:
        yield "<h2>Spoken of, not in this crate</h2><ul>"
        for other in package.others:
            yield f"<li>{_text(other.path)}</li>"
        yield "</ul>"


def _table(titles: Iterable[str], rows: Iterable[list[str]]) -> Iterable[str]:
    yield "<table><tr>" + "".join(f"<th>{title}</th>" for title in titles) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</table>"


def _names(value: Any) -> str:
    each = value if isinstance(value, list) else [value] if value else []
    return "<br>".join(_text(unquote(item["@id"])) for item in each)


def _is_a(entity: Entity, kind: str) -> bool:
    types = entity["@type"]
    return kind in (types if isinstance(types, list) else [types])


def _text(value: object) -> str:
    """Text that is only text, in HTML and in an attribute; what hides is shown as a box."""
    return escape(_HIDDEN.sub("\ufffd", str(value)), quote=True)
