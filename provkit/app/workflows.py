"""Read annotated scripts: from file names to annotations and a workflow model."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from provkit.errors import UsageError
from provkit.model.workflow import Annotations, Finding, Workflow
from provkit.yw.blocks import read_blocks
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all
from provkit.yw.languages import language_of
from provkit.yw.lint import check_annotations, check_workflow


class ScriptOptions(NamedTuple):
    """How scripts are read.

    Attributes:
        files: Their paths; ``-`` is standard input. None: every script of a known
            language in the working directory, by name.
        language: Instead of what the file names tell.
        comment: Single-line comment delimiter, instead of a language.
        encoding: Of the files.
        workflow: Name of the top-level block to use.
    """

    files: tuple[str, ...]
    language: str | None = None
    comment: str | None = None
    encoding: str = "utf-8"
    workflow: str | None = None


def read_sources(options: ScriptOptions) -> list[SourceText]:
    """The texts that the options name, in their order.

    Raises:
        UsageError: A file cannot be read.
    """
    return [
        SourceText(
            path="" if name == "-" else name,
            data=_read(name),
            language=options.language,
            comment=options.comment,
            encoding=options.encoding,
        )
        for name in options.files or _scripts_here()
    ]


def _scripts_here() -> list[str]:
    with os.scandir(".") as entries:
        names = [entry.name for entry in entries if entry.is_file()]
    found = sorted(name for name in names if language_of(name) is not None)
    if not found:
        raise UsageError("no script here", hint="name one, or - for standard input")
    return found


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        with open(os.fsencode(name), "rb") as file:  # noqa: PTH123 - names may be any bytes
            return file.read()
    except OSError as error:
        raise UsageError(
            f"{name}: {error.strerror or error}", hint="name a script that can be read"
        ) from error


def read_annotations(options: ScriptOptions) -> Annotations:
    """Annotations of the scripts, whatever is wrong with them.

    Raises:
        UsageError: A file, language or encoding cannot be used.
    """
    return extract_all(read_sources(options))


def read_workflow(options: ScriptOptions) -> Workflow:
    """The model of the scripts.

    Raises:
        UsageError: A file, language or encoding cannot be used.
        AnnotationError: The markup is wrong.
    """
    return build(read_annotations(options), options.workflow)


def lint(found: Annotations | Workflow) -> list[Finding]:
    """Warnings about annotations, or about a model and its annotations."""
    if isinstance(found, Annotations):
        return [*found.findings, *check_annotations(found)]
    annotations = Annotations(sources=found.sources, annotations=found.annotations)
    every = [*found.findings, *check_annotations(annotations), *check_workflow(found)]
    return sorted(every, key=lambda f: (f.path, f.line, f.column, f.code))


def check_scripts(options: ScriptOptions) -> Sequence[Finding]:
    """Every suspicious thing, in reading order."""
    annotations = read_annotations(options)
    found = [*annotations.findings, *check_annotations(annotations), *read_blocks(annotations)[1]]
    if annotations.annotations and not any(finding.severity == "error" for finding in found):
        found += check_workflow(build(annotations, options.workflow))
    return sorted(found, key=lambda f: (f.path, f.line, f.column, f.code))
