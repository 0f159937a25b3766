"""``provkit yw``: the YesWorkflow commands, each loaded only when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "add": ("provkit.cli.yw_add:add", "Put the models of scripts into the project."),
    "annotate": ("provkit.cli.yw_annotate:annotate", "Propose annotations for a script."),
    "check": ("provkit.cli.yw_read:check", "Report every suspicious thing, with its place."),
    "extract": ("provkit.cli.yw_read:extract", "Print the annotations of scripts."),
    "graph": ("provkit.cli.yw_graph:graph", "Draw the workflow of scripts."),
    "model": ("provkit.cli.yw_read:model", "Print the workflow model of scripts."),
    "recon": ("provkit.cli.yw_recon:recon", "Find the files that URI templates name."),
}
"""Sub-command, where it lives, one line of help."""


class _Lazy(click.Group):
    """A group whose list of commands costs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=_Lazy, name="yw")
def yw() -> None:
    """Extract, check, draw and reconstruct scripts with YesWorkflow annotations."""
