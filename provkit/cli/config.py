"""``provkit config``: show and change settings."""

from __future__ import annotations

import json
from typing import Any

import click

from provkit.app.settings import KNOWN, change_setting, read_settings, user_file
from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.errors import UsageError


@click.command()
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--show-origin", is_flag=True, help="Say where each value comes from.")
@click.option("--user", is_flag=True, help="Change your own settings, not the project's.")
@click.option("--unset", is_flag=True, help="Take the setting out.")
@output.format_options("table", "json")
@pass_session
def config(
    session: Session,
    name: str | None,
    value: str | None,
    show_origin: bool,
    user: bool,
    unset: bool,
    fmt: str,
) -> None:
    r"""Show all settings, one, or change one.

    \b
    Examples:
      provkit config --show-origin
      provkit config archive.max_size '500 MB'
      provkit config --user user.orcid 0000-0002-1825-0097
    """
    if name is not None and (value is not None or unset):
        if value is not None and unset:
            raise UsageError("--unset takes no value")
        path = user_file() if user else session.project.path("config.toml")
        change_setting(path, name, value)
        return
    settings = read_settings(session.find())
    shown = [each for each in settings.origins if name in (None, each.name)]
    if not shown:
        raise UsageError(f"no such setting: {name}", hint="`provkit config` lists them all")
    if fmt == "json":
        output.write_json(
            {
                each.name: {"value": each.value, "origin": each.origin, "where": each.where}
                if show_origin
                else each.value
                for each in shown
            }
        )
    elif name is not None and not show_origin:
        output.write(_text(shown[0].value))
    elif show_origin:
        output.write_table(
            ("setting", "value", "origin", "where"),
            [(each.name, _text(each.value), each.origin, each.where) for each in shown],
        )
    else:
        meanings = {key: known.meaning for key, known in KNOWN.items()}
        output.write_table(
            ("setting", "value", "meaning"),
            [(each.name, _text(each.value), meanings.get(each.name, "")) for each in shown],
        )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, default=str)
