"""Recorders that run the command unwatched: ``snapshot`` and ``none``.

What a command changed in the project is known by comparing it before and after
(:mod:`provkit.capture.tree`), which happens whatever the recorder. ``snapshot``
adds nothing to that but says so: outputs are certain, inputs are not seen.
"""

from __future__ import annotations

from provkit.capture.child import Attention
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.streams import inherited


class NoRecorder:
    """Runs the command, watches nothing."""

    name = "none"
    blind: tuple[str, ...] = ("files read and written: nothing was watched",)

    def preflight(self, watch: Watch) -> Verdict:
        """Always works."""
        return Verdict(works=True)

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end."""
        with Attention() as attention:
            pid = attention.start(watch)
            tell_start(watch, observer, pid)
            ending = attention.wait(pid, resized=watch.resized)
        tell_end(observer, pid, ending)
        return ending


class SnapshotRecorder(NoRecorder):
    """Runs the command; the comparison of before and after tells what it changed."""

    name = "snapshot"
    blind: tuple[str, ...] = (
        "files read: only those named with --input are known",
        "which process wrote a file: other programs may have changed the project meanwhile",
        "files written outside of the project",
        "the bytes of a file before it was written over, unless an earlier run archived them",
    )


def tell_start(watch: Watch, observer: Observer, pid: int) -> None:
    """Tell of the command itself, the first process of the run."""
    streams = inherited("self", watch.streams) or (None, None)
    observer.process(
        pid,
        parent=None,
        command=watch.command,
        directory=watch.directory,
        executable=watch.executable,
        reads_from=streams[0],
        writes_to=streams[1],
    )


def tell_end(observer: Observer, pid: int, ending: Ending) -> None:
    """Tell of the command's end."""
    observer.ended(
        pid,
        exit_code=ending.exit_code,
        cpu_s=ending.cpu_s,
        peak_memory_bytes=ending.peak_memory_bytes,
        at=ending.at,
    )
