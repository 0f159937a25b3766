"""Write the reference page of the command line from the commands themselves.

``python -m provkit.cli.reference > docs/reference/cli.md``; a test holds the
page to what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

from provkit.cli.main import SECTIONS, load_command

_HEAD = """\
# The command line

<!-- Generated: python -m provkit.cli.reference > docs/reference/cli.md -->

`provkit [--project DIR] COMMAND [ARGUMENT]...`

Data goes to standard output, words to standard error. `--json` is short for
`--format json`. A RUN is a run number, the start of a run id, or `latest`.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | usage, or an input file that does not exist |
| 3 | not in the project: unknown run, file never recorded |
| 4 | verification found a difference |
| 5 | project busy, damaged or not writable |

`provkit run` ends with the exit code of its command. The project is the folder
with `.provkit/` found upwards from the working directory, unless `--project` or
the variable `PROVKIT_PROJECT` names another.
"""


def pages() -> Iterator[str]:
    """The page, piece by piece."""
    yield _HEAD
    for title, commands in SECTIONS.items():
        yield f"\n## {title}\n"
        for name in commands:
            yield from _command(f"provkit {name}", load_command(name), None)


def _command(path: str, command: click.Command, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=path, parent=parent)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    yield f"\n### `{path}`\n\n```\n{' '.join([path, *pieces])}\n```\n\n"
    yield _help(command.help or "") + "\n"
    options = [each for each in command.params if isinstance(each, click.Option)]
    if options:
        yield "\n| option | meaning |\n| --- | --- |\n"
        yield from (_option(each, context) for each in options if not each.hidden)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _command(f"{path} {name}", child, None)


def _help(text: str) -> str:
    """Help as Markdown: a paragraph marked to keep its lines becomes a block of code."""
    blocks = cleandoc(text).replace("\b\n", "\\b\n").split("\n\n")
    written = []
    for block in blocks:
        if not block.startswith("\\b\n"):
            written.append(block)
            continue
        title, *lines = block.removeprefix("\\b\n").split("\n")
        code = "\n".join(line.removeprefix("  ") for line in lines)
        written.append(f"{title}\n\n```sh\n{code}\n```")
    return "\n\n".join(written)


def _option(option: click.Option, context: click.Context) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    if not option.is_flag and not option.count:
        names += f" {option.make_metavar(context)}"
    text = (option.help or "").replace("\n", " ").replace("|", "\\|")
    return f"| `{names.replace('|', chr(92) + '|')}` | {text} |\n"


def main() -> None:
    """Write the page to standard output."""
    sys.stdout.write("".join(pages()))


if __name__ == "__main__":
    main()
