"""What a recorder is: it runs one command to its end and tells an observer what it sees.

A recorder knows *how* to see (a system call filter, a tracer, a language hook,
a comparison of before and after). What the sightings *mean* (noise, numbering,
pre-images, the journal) is the :class:`~provkit.capture.observer.Observer`'s
business, and starting, waiting and passing on signals is
:mod:`provkit.capture.child`'s, so that every recorder leaves the command alone
in the same way.

To add one: copy its neighbour, put it into :data:`RECORDERS`, pass the contract
suite ``provkit.testing``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from provkit.errors import CaptureError
from provkit.plugins import load_plugin

if TYPE_CHECKING:
    import resource

    from provkit.capture.observer import Observer

RECORDERS: dict[str, str] = {
    "notify": "provkit.capture.notify:NotifyRecorder",
    "strace": "provkit.capture.strace:StraceRecorder",
    "preload": "provkit.capture.preload:PreloadRecorder",
    "python": "provkit.capture.python_audit:PythonRecorder",
    "snapshot": "provkit.capture.snapshot:SnapshotRecorder",
    "none": "provkit.capture.snapshot:NoRecorder",
}
"""Built-in recorders by name; each is called without arguments."""

AUTO: tuple[str, ...] = ("notify", "strace", "preload", "python", "snapshot")
"""What ``auto`` tries, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a recorder is to run, and where it may keep things meanwhile.

    Attributes:
        command: Argument vector; the first word is looked up in ``PATH``.
        executable: Absolute path of the first word, already found.
        directory: Working directory, which is that of provkit itself.
        environment: Environment of the command; a recorder may add its own variables.
        project: Absolute real path of the folder that holds ``.provkit``.
        staging: Existing folder of this run, for pre-images and spools.
        streams: Descriptor of the command to descriptor of ours, where it is not inherited as is:
            ``{1: 7}`` makes our 7 its standard output.
        started: To be called with the command's process id once it runs; our ends of
            ``streams`` are closed then.
        reaped: What wait4(2) last said of it, kept where no failing recorder can lose it.
        resized: To be called when the terminal changed its size.
    """

    command: tuple[str, ...]
    executable: str
    directory: str
    environment: Mapping[str, str]
    project: str
    staging: str
    streams: Mapping[int, int] = field(default_factory=dict)
    started: Callable[[int], None] = lambda pid: None
    reaped: list[tuple[int, int, resource.struct_rusage]] = field(default_factory=list)
    resized: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the command ended.

    Attributes:
        at: Wall clock when its end was noticed.
        exit_code: Its own code; 128 + n when signal n ended it.
        signal: Name of that signal.
        cpu_s: User and system time of it and the children it waited for.
        peak_memory_bytes: Largest resident set among them.
        interrupted: A signal from outside (Ctrl-C, kill) reached it through us.
    """

    at: datetime
    exit_code: int
    signal: str | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a recorder works here, found out before the command starts.

    Attributes:
        works: It saw what it was shown.
        version: Of the tool or kernel behind it.
        why_not: One sentence, when it does not work or does not suit.
        suits: It is made for this command; ``auto`` passes over one that is not.
    """

    works: bool
    version: str = ""
    why_not: str = ""
    suits: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A recorder that can watch a command.

    Attributes:
        recorder: It.
        verdict: Of its preflight.
        passed_over: Why better ones were not taken, one sentence each; told in the record.
    """

    recorder: Recorder
    verdict: Verdict
    passed_over: tuple[str, ...] = ()


class Recorder(Protocol):
    """Runs one command and tells what it sees.

    Attributes:
        name: As in ``--recorder``.
        blind: What it cannot see, one sentence each; stored with every run.
    """

    name: str
    blind: tuple[str, ...]

    def preflight(self, watch: Watch) -> Verdict:
        """Find out, quickly and without touching the project, whether it can watch this command."""

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end.

        From its start the command is never harmed: what fails inside a
        recorder is told with ``observer.problem`` and the command goes on.

        Raises:
            CaptureError: The command was *not* started; nothing happened.
        """


def recorders_for(name: str, watch: Watch) -> Iterator[Choice]:
    """The recorders that can watch a command, after their preflight, best first.

    ``auto`` gives each that works and suits; any other name gives that one.

    Raises:
        PluginError: No such recorder.
        CaptureError: There are no more; one is never replaced by another in silence.
    """
    reasons: list[str] = []
    passed_over: list[str] = []
    for each in AUTO if name == "auto" else (name,):
        recorder: Recorder = load_plugin("recorders", each, RECORDERS)()
        verdict = recorder.preflight(watch)
        if verdict.works and (verdict.suits or name != "auto"):
            yield Choice(recorder, verdict, tuple(passed_over))
            passed_over.append(f"{each} passed its test here but did not start")
        elif not verdict.works:
            passed_over.append(f"{each} does not work here: {verdict.why_not}")
        reasons.append(f"{each}: {verdict.why_not}")
    raise CaptureError(
        f"cannot record with {'; '.join(reasons)}", hint="see `provkit doctor` for what works here"
    )
