"""``provkit``: find the command, run it, turn errors into sentences and exit codes.

Speed is a feature: the list of commands is this table, so that ``provkit
--help`` and ``--version`` import no command and not even click, and each command
imports only what it needs. A command is a click command named here as
``module:attribute``; it may return its exit code.

============ =========================================================
exit code    meaning
============ =========================================================
0            done
1            failed
2            usage, or an input file that does not exist
3            not in the project: unknown run, file never recorded
4            verification found a difference
5            project busy, damaged or not writable
130, 141     interrupted; the reader of our output went away
============ =========================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from provkit import __version__
from provkit.errors import ProvkitError, UsageError

if TYPE_CHECKING:
    import click

    from provkit.cli.session import Session

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Record": {
        "init": ("provkit.cli.init:init", "Make a project here."),
        "run": ("provkit.cli.run:run", "Run any command and record what it reads and writes."),
        "shell": ("provkit.cli.shell:shell", "Record an interactive session until it ends."),
        "rerun": ("provkit.cli.rerun:rerun", "Run again from archived inputs; compare outputs."),
        "doctor": ("provkit.cli.doctor:doctor", "Say what works on this machine."),
    },
    "Look": {
        "runs": ("provkit.cli.runs:runs", "List runs, with filters."),
        "show": ("provkit.cli.show:show", "One run on a page."),
        "diff": ("provkit.cli.diff:diff", "What differs between two runs."),
        "cat": ("provkit.cli.cat:cat", "Print an archived version of a file."),
        "restore": ("provkit.cli.cat:restore", "Bring back an archived version of a file."),
        "stats": ("provkit.cli.upkeep:stats", "How much is recorded, and how much room it takes."),
    },
    "Mend": {
        "tag": ("provkit.cli.mend:tag", "Add tags to a run."),
        "note": ("provkit.cli.mend:note", "Add a note to a run."),
        "rm": ("provkit.cli.mend:rm", "Delete runs; lineage stays joined."),
    },
    "Model scripts (YesWorkflow)": {
        "yw": ("provkit.cli.yw:yw", "Extract, check, draw and reconstruct annotated scripts."),
    },
    "Ask": {
        "lineage": ("provkit.cli.lineage:lineage", "What a file was made from, or what from it."),
        "graph": ("provkit.cli.graph:graph", "Draw workflows and runs, as text or picture."),
        "ask": ("provkit.cli.ask:ask", "Ask a question of the catalogue."),
        "paths": ("provkit.cli.paths:paths", "Find the ways that fit an expression of steps."),
        "query": ("provkit.cli.query:query", "Ask in SPARQL."),
        "infer": ("provkit.cli.infer:infer", "Add inferred statements, in a graph of their own."),
        "check": ("provkit.cli.check:check", "Check the graph: PROV constraints and shapes."),
    },
    "Share": {
        "package": ("provkit.cli.package:package", "Put runs and their files into a package."),
        "verify": ("provkit.cli.verify:verify", "Check a package."),
        "export": ("provkit.cli.export:export", "Write runs as PROV, RDF, Prolog, SQL or CSV."),
        "serve": (
            "provkit.cli.serve:serve",
            "A SPARQL endpoint and the run list, on this machine.",
        ),
        "import": ("provkit.cli.import_:import_", "Read runs recorded by other tools."),
    },
    "Keep in order": {
        "fsck": ("provkit.cli.upkeep:fsck", "Check every record and archived byte."),
        "recover": ("provkit.cli.upkeep:recover", "Tidy up after a crash."),
        "reindex": ("provkit.cli.reindex:reindex", "Make the index anew from the records."),
        "gc": ("provkit.cli.upkeep:gc", "Delete archived bytes that no run names."),
        "config": ("provkit.cli.config:config", "Show and change settings."),
        "completion": ("provkit.cli.completion:completion", "Print a script for Tab completion."),
    },
}
"""What there is: section, command, where it lives, one line of help."""

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

_USAGE = "Usage: provkit [--project DIR] COMMAND [ARGUMENT]..."
_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name in a strange script must not end us
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    asked_by_shell = os.environ.get("_PROVKIT_COMPLETE")
    try:
        code = _complete(asked_by_shell) if asked_by_shell else _dispatch(list(words))
        if sys.stdout is not None:  # closed by who called us
            sys.stdout.flush()
    except ProvkitError as error:
        return _tell(error.message, error.hint, error.exit_code, error.also)
    except KeyboardInterrupt:
        return _tell("interrupted", "", _INTERRUPTED)
    except BrokenPipeError:
        # Give the interpreter something it can flush when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _PIPE_CLOSED
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return _tell(f"{where}{error.strerror or error}", "", 1)
    return code


def _dispatch(words: list[str]) -> int:
    project: str | None = None
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-h", "--help"):
            return _print_help()
        if word == "--version":
            print(f"provkit {__version__}")  # noqa: T201 - click is not loaded
            return 0
        if word == "--project" and words:
            project = words.pop(0)
        elif word.startswith("--project="):
            project = word.partition("=")[2]
        else:
            raise UsageError(f"no such option: {word}", hint="see `provkit --help`")
    if not words or words == ["help"]:
        return _print_help()
    name, *rest = words
    if name == "help":
        name, rest = rest[0], [*rest[1:], "--help"]
    if [name, *rest[:1]] == ["yw", "graph"] and _drew(rest[1:]):
        return 0
    return _invoke(name, rest, project)


def _drew(words: list[str]) -> bool:
    """A plain drawing is made without click."""
    from provkit.cli.yw_draw import draw_if_plain  # noqa: PLC0415 - one command of many

    return draw_if_plain(words)


def _invoke(name: str, words: list[str], project: str | None) -> int:
    import click  # noqa: PLC0415 - 20 ms that help and version do not pay

    from provkit.cli.session import (  # noqa: PLC0415 - imports click
        HelpPage,
        Session,
        project_option,
    )

    click.Context.formatter_class = HelpPage
    session = Session(project)
    command = load_command(name)
    mixed = command.context_settings.get("allow_interspersed_args", command.allow_interspersed_args)
    if mixed or isinstance(command, click.Group):
        words = _take_project(words, session)
    else:  # what follows belongs to somebody else's command
        kept = [param for param in command.params if param.name != "project"]
        command.params = [*kept, project_option()]
    try:
        with command.make_context(f"provkit {name}", words, obj=session) as context:
            result = command.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201 - the help page itself
        return error.exit_code
    except click.ClickException as error:
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        hint = f"see `{path} --help`" if path else ""
        return _tell(error.format_message(), hint, error.exit_code)
    except click.Abort:
        return _tell("interrupted", "", _INTERRUPTED)
    return result if isinstance(result, int) else 0


def load_command(name: str) -> click.Command:
    """The click command of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in COMMANDS:
        from difflib import get_close_matches  # noqa: PLC0415 - only for the mistaken

        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean `provkit {near[0]}`?" if near else "see `provkit --help`"
        raise UsageError(f"no such command: {name}", hint=hint)
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


def _complete(instruction: str) -> int:
    from provkit.cli.completion import complete  # noqa: PLC0415 - imports click

    return complete(COMMANDS, load_command, instruction)


def _take_project(words: list[str], session: Session) -> list[str]:
    """Take ``--project DIR`` out of a command's words, wherever it stands before ``--``."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            kept.append(word)
            break
        if word == "--project":
            named = next(rest, None)
            if named is None:
                raise UsageError("--project needs a folder")
            session.project_dir = named
        elif word.startswith("--project="):
            session.project_dir = word.partition("=")[2]
        else:
            kept.append(word)
    return [*kept, *rest]


def _print_help() -> int:
    lines = [_USAGE, "", "What was this file made from, and can I trust it?"]
    for title, commands in SECTIONS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:<11} {help_line}" for name, (_, help_line) in commands.items()]
    lines += [
        "",
        "Options for every command:",
        "  --project DIR  Work in that project, not in the one found upwards from here.",
        "  --help         Help for a command. `provkit --version` tells the version.",
    ]
    print("\n".join(lines))  # noqa: T201 - click is not loaded
    return 0


def _tell(message: str, hint: str, code: int, also: Sequence[str] = ()) -> int:
    from provkit.cli.text import printable  # noqa: PLC0415 - only when something went wrong

    try:
        print(f"provkit: {printable(message)}", file=sys.stderr)  # noqa: T201 - click may be absent
        if hint:
            print(f"  hint: {printable(hint)}", file=sys.stderr)  # noqa: T201
        for each in also:
            print(printable(each), file=sys.stderr)  # noqa: T201
    except BrokenPipeError:
        return code
    return code
