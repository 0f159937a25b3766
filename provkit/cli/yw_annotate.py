"""``provkit yw annotate``: propose annotations for a script that has none."""

from __future__ import annotations

import os
from difflib import unified_diff

import click

from provkit.cli import output
from provkit.errors import UsageError
from provkit.files import write_atomically
from provkit.yw.annotate import Outline, insert_annotations
from provkit.yw.annotate_python import outline_python
from provkit.yw.annotate_r import outline_r
from provkit.yw.extract import extract
from provkit.yw.languages import language_named, language_of

_OUTLINES = {"python": outline_python, "r": outline_r}


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--language", metavar="L", help="python or r, instead of what the file name tells.")
@click.option("--write", is_flag=True, help="Write the annotations into FILE.")
def annotate(file: str, language: str | None, write: bool) -> None:
    r"""Propose annotations for a script that has none, as a diff.

    The calls that read and write files become ports with URI templates,
    functions that do so become steps. Only comment lines are added. The script
    is read, never run.

    \b
    Examples:
      provkit yw annotate clean.py
      provkit yw annotate clean.R | patch
      provkit yw annotate --write clean.py
    """
    data = _read(file)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text", hint="convert it first, with iconv") from error
    known = language_named(language) if language else language_of(file)
    name = known.name if known else ""
    if name not in _OUTLINES:
        raise UsageError(
            f"{file}: only Python and R can be proposed for", hint="say --language python or r"
        )
    if extract(text, name, path=file).annotations:
        raise UsageError(f"{file} has annotations already", hint="see `provkit yw check`")
    proposed = insert_annotations(text, _outline(name, text, file))
    if write:
        _replace(file, proposed.encode())
        output.say(f"wrote annotations into {file}; now `provkit yw check {file}`")
        return
    before, after = text.splitlines(keepends=True), proposed.splitlines(keepends=True)
    for line in unified_diff(before, after, file, file):
        output.write(line)
        if not line.endswith("\n"):
            output.write("\\ No newline at end of file")


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            return opened.read()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error


def _outline(language: str, text: str, file: str) -> Outline:
    stem = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    return _OUTLINES[language](text, stem)


def _replace(file: str, data: bytes) -> None:
    """Write the whole file or nothing, through a link, keeping its mode."""
    target = os.path.realpath(file)
    with write_atomically(target, mode=os.stat(target).st_mode & 0o777) as opened:  # noqa: PTH116
        opened.write(data)
