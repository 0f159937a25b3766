"""Every error provkit raises, in one tree.

A message is one sentence that says what is wrong, with file and line where
there is one; ``hint`` says what to do about it. The command line prints both
and exits with ``exit_code``; nothing below it prints.

::

    ProvkitError
    ├── UsageError                  what was asked for makes no sense (2)
    ├── NotRecordedError            unknown run, file never recorded (3)
    ├── ConfigError                 a setting cannot be used
    ├── ProjectError                project busy, damaged, newer or not writable (5)
    ├── ResourceError               a file shipped with provkit is missing
    ├── PluginError                 no such recorder, importer, format or store
    ├── DrawingError                a picture could not be drawn
    ├── ModelError                  a value that cannot be
    │   ├── IdentifierError
    │   ├── JournalError
    │   └── AnnotationError         markup that cannot be read, with its place
    ├── CaptureError
    ├── ArchiveError                archived bytes missing or changed (4)
    ├── StoreError
    │   ├── StoreLockedError        (5)
    │   ├── QuerySyntaxError        (2)
    │   ├── QueryParameterError     (2)
    │   └── QueryTimeoutError
    ├── UnknownDataError            foreign data that cannot be read as what it claims to be
    ├── ImportError_
    └── PackageError
        ├── PackageInvalidError     carries the violations (4)
        └── PublishError
"""

from __future__ import annotations

from collections.abc import Sequence


class ProvkitError(Exception):
    """Base of all errors of provkit.

    Args:
        message: One sentence: what is wrong, and where.
        hint: What the reader can do about it.
    """

    exit_code = 1
    also: Sequence[str] = ()
    """More of the same, one sentence each."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ProvkitError):
    """What was asked for makes no sense, or an input file is not there."""

    exit_code = 2


class NotRecordedError(ProvkitError):
    """The run, file or content asked for is not in the project."""

    exit_code = 3


class ConfigError(ProvkitError):
    """A setting has a value that cannot be used."""

    exit_code = 2


class ProjectError(ProvkitError):
    """The project folder is busy, damaged, not writable or made by a newer provkit."""

    exit_code = 5


class ResourceError(ProvkitError):
    """A file that ships with provkit is missing: the installation is broken."""


class PluginError(ProvkitError):
    """No recorder, importer, format or store of that name."""

    exit_code = 2


class DrawingError(ProvkitError):
    """A picture could not be drawn."""


class ModelError(ProvkitError):
    """A value of the model that cannot be."""


class IdentifierError(ModelError):
    """Text that is not the identifier it should be."""


class JournalError(ModelError):
    """A run record that breaks its own rules."""


class AnnotationError(ModelError):
    """YesWorkflow markup that cannot be read.

    Args:
        message: What is wrong, without the place.
        file: Path of the source as the user gave it.
        line: Line in that source, from 1.
        column: Column in that line, from 1.
        hint: What to write instead.
        also: The other errors of that markup, each with its place.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        line: int = 1,
        column: int = 1,
        hint: str = "",
        also: Sequence[str] = (),
    ) -> None:
        super().__init__(f"{file or '<stdin>'}:{line}:{column}: {message}", hint=hint)
        self.file = file
        self.line = line
        self.column = column
        self.also = tuple(also)


class CaptureError(ProvkitError):
    """A recorder cannot work here, or was asked for something it cannot do."""


class ArchiveError(ProvkitError):
    """Archived bytes are missing, or are not the bytes that were archived."""

    exit_code = 4


class StoreError(ProvkitError):
    """The index could not be read or written."""


class StoreLockedError(StoreError):
    """Another process holds the index."""

    exit_code = 5


class QuerySyntaxError(StoreError):
    """A query that the engine cannot parse."""

    exit_code = 2


class QueryParameterError(StoreError):
    """A query was given a parameter it does not declare, or lacks one it needs."""

    exit_code = 2


class QueryTimeoutError(StoreError):
    """A query ran longer than allowed."""


class UnknownDataError(ProvkitError):
    """Foreign data that is not what it claims to be."""


class ImportError_(ProvkitError):  # noqa: N801, N818 - the builtin has the plain name
    """A foreign source could not be imported."""


class PackageError(ProvkitError):
    """A package could not be assembled, written or read."""


class PackageInvalidError(PackageError):
    """A package breaks the rules of its format.

    Args:
        message: One sentence.
        violations: Each rule broken, with its place.
        hint: What to do.
    """

    exit_code = 4

    def __init__(self, message: str, *, violations: Sequence[str], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.violations = tuple(violations)


class PublishError(PackageError):
    """A repository refused a package, or could not be reached."""
