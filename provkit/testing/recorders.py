"""What every recorder must hold to, and a way to watch one at work.

A new recorder's tests subclass :class:`RecorderContract` and give it a
``recorder``; see ``docs/howto/add-a-recorder.md``.
"""

# ruff: noqa: S101 - assertions are what a contract is made of

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Recorder, Verdict, Watch
from provkit.capture.tree import Tree
from provkit.model.events import Event, FileAccessed, ProcessEnded, ProcessStarted


@dataclass(slots=True)
class Seen:
    """What a recorder told of one command.

    Attributes:
        ending: How the command ended.
        events: Lines it gave, in order.
        observer: Who was told.
        staging: Folder with the copies of old bytes.
    """

    ending: Ending
    events: list[Event]
    observer: Observer
    staging: Path

    def paths(self, *kinds: str) -> set[str]:
        """Recorded paths of accesses of some kinds."""
        return {e.path for e in self.accesses if e.kind in kinds}

    @property
    def accesses(self) -> list[FileAccessed]:
        """What was done with files, in order."""
        return [event for event in self.events if isinstance(event, FileAccessed)]

    @property
    def processes(self) -> list[ProcessStarted]:
        """Processes and programs, in order."""
        return [event for event in self.events if isinstance(event, ProcessStarted)]

    @property
    def ends(self) -> dict[int, ProcessEnded]:
        """End of each process, by number."""
        return {event.process: event for event in self.events if isinstance(event, ProcessEnded)}

    def process_of(self, word: str) -> int:
        """Number of the process whose program was started with that first word."""
        names = {e.process: Path(e.command[0]).name for e in self.processes if e.command}
        return next(number for number, name in names.items() if name == word)

    def old_bytes(self, path: Path) -> bytes | None:
        """What was saved of a file before the run changed it."""
        sight = self.observer.found.get(str(path))
        if sight is None or sight.staged is None:
            return None
        return Path(sight.staged).read_bytes()


@dataclass(frozen=True, slots=True)
class Bench:
    """A project folder in which recorders watch commands.

    Attributes:
        project: Its root.
    """

    project: Path
    counter: list[int] = field(default_factory=lambda: [0])

    def watch_of(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Watch:
        """A command ready to be watched, in the project as working directory."""
        self.counter[0] += 1
        staging = self.project / ".provkit" / "staging" / str(self.counter[0])
        staging.mkdir(parents=True)
        return Watch(
            command=tuple(command),
            executable=shutil.which(command[0]) or command[0],
            directory=str(self.project),
            environment=dict(environment if environment is not None else os.environ),
            project=str(self.project),
            staging=str(staging),
            streams={1: 1, 2: 2},
        )

    def run(
        self,
        recorder: Recorder,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> Seen:
        """Have a recorder watch a command."""
        watch = self.watch_of(command, environment)
        noise = Noise(str(self.project), environ={})
        events: list[Event] = []
        observer = Observer(noise, events.append, Tree(str(self.project), noise))
        before = os.getcwd()  # noqa: PTH109
        os.chdir(self.project)
        try:
            ending = recorder.run(watch, observer)
        finally:
            os.chdir(before)
        return Seen(ending, events, observer, Path(watch.staging))

    def verdict(self, recorder: Recorder) -> Verdict:
        """Whether a recorder works here."""
        return recorder.preflight(self.watch_of([sys.executable, "-c", "pass"]))


class RecorderContract:
    """Tests that every recorder passes, whatever it can see.

    A subclass gives the fixtures ``recorder`` and ``bench``.
    """

    def test_says_whether_it_works(self, bench: Bench, recorder: Recorder) -> None:
        """``auto`` and ``provkit doctor`` live by an honest preflight."""
        verdict = bench.verdict(recorder)

        assert verdict.works, verdict.why_not

    def test_says_what_it_cannot_see(self, recorder: Recorder) -> None:
        """A reader of the record must know how far to trust it."""
        assert recorder.blind
        assert all(sentence.strip() for sentence in recorder.blind)

    def test_keeps_the_exit_code(self, bench: Bench, recorder: Recorder) -> None:
        """Scripts that call us go by it."""
        assert bench.run(recorder, ["sh", "-c", "exit 41"]).ending.exit_code == 41

    def test_tells_a_signal_from_an_exit_code(self, bench: Bench, recorder: Recorder) -> None:
        """128 + n alone could be either."""
        ending = bench.run(recorder, ["sh", "-c", "kill -TERM $$"]).ending

        assert (ending.exit_code, ending.signal) == (143, "SIGTERM")

    def test_the_command_is_the_first_process(self, bench: Bench, recorder: Recorder) -> None:
        """Process 1 is what the user ran, with its words as given."""
        seen = bench.run(recorder, ["sh", "-c", "true; :"])

        assert seen.processes[0].process == 1
        assert seen.processes[0].command[1:] == ("-c", "true; :")
        assert seen.processes[0].parent is None
        assert seen.ends[1].exit_code == 0

    def test_leaves_no_descriptor_to_the_command(self, bench: Bench, recorder: Recorder) -> None:
        """A pipe of ours in the command could keep it, or us, waiting for ever."""
        script = "ls -l /proc/self/fd | sed 's/.* -> //' | grep -v /proc > "
        plain = ["sh", "-c", script + "plain"]
        subprocess.run(plain, cwd=bench.project, check=True, close_fds=False)
        bench.run(recorder, ["sh", "-c", script + "watched"])

        names = [(bench.project / name).read_text().splitlines() for name in ("plain", "watched")]
        assert len(names[1]) == len(names[0]), names

    def test_leaves_signals_as_they_were(self, bench: Bench, recorder: Recorder) -> None:
        """A command that starts with blocked or ignored signals behaves strangely."""
        command = ["sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status"]
        plain = subprocess.run(command, check=True, capture_output=True, text=True)
        bench.run(recorder, ["sh", "-c", command[2] + " > signals"])

        assert _signals((bench.project / "signals").read_text()) == _signals(plain.stdout)


def _signals(text: str) -> list[int]:
    """Masks without 32 and 33, which glibc keeps to itself and posix_spawn(3) ignores."""
    return [int(word, 16) & ~(3 << 31) for word in text.split()[1::2]]
