"""What a user asks to be recorded, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provkit.model.events import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run and how to record it.

    Attributes:
        words: Command line.
        tags: Labels.
        note: Free text.
        parameters: Given outright; they win over those found in the arguments.
        recorder: Name, or None for what the settings say.
        include: Globs of files to record although they look like noise.
        exclude: Globs of files not to record.
        inputs: Files to count as read, whether that is seen or not.
        outputs: Files to count as written.
        archive: Whether bytes are kept.
        logs: Whether what the command says is kept.
        rerun_of: Run id that this run repeats.
    """

    words: Sequence[str]
    tags: Sequence[str] = ()
    note: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    recorder: str | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    archive: bool = True
    logs: bool = True
    rerun_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What came of it.

    Attributes:
        run: Run id.
        seq: Its number.
        exit_code: Of the command; 128 + n when signal n ended it.
        status: As recorded.
        problems: What went wrong in provkit, one sentence each.
        sealed: Whether the record is finished.
    """

    run: str
    seq: int
    exit_code: int
    status: Status
    problems: tuple[str, ...] = ()
    sealed: bool = True
