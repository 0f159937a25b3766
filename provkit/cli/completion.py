"""``provkit completion``: Tab completes commands, options and run numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from provkit.cli import output
from provkit.cli.session import Session, pass_session


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_session
def completion(_: Session, shell: str) -> None:
    r"""Print a script that makes Tab complete provkit's command lines.

    \b
    Examples:
      provkit completion bash >> ~/.bashrc
      provkit completion zsh > ~/.zfunc/_provkit
      provkit completion fish > ~/.config/fish/completions/provkit.fish
    """
    maker = get_completion_class(shell)
    if maker is not None:
        output.write(maker(click.Group("provkit"), {}, "provkit", "_PROVKIT_COMPLETE").source())


class _Root(click.Group):
    """All commands as one group, which only completion needs."""

    def __init__(self, names: Iterable[str], load: Callable[[str], click.Command]) -> None:
        super().__init__("provkit")
        self._names, self._load = list(names), load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return self._names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command; None when there is none of that name or it cannot be loaded."""
        return self._load(cmd_name) if cmd_name in self._names else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands, without loading one."""
        return [CompletionItem(name) for name in self._names if name.startswith(incomplete)]


def complete(names: Iterable[str], load: Callable[[str], click.Command], instruction: str) -> int:
    """Answer the shell, which asks with ``_PROVKIT_COMPLETE`` set.

    Args:
        names: All commands.
        load: Gives the command of a name.
        instruction: Such as ``bash_complete``.
    """
    return shell_complete(_Root(names, load), {}, "provkit", "_PROVKIT_COMPLETE", instruction)
