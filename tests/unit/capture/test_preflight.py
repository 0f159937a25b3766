"""Whether a recorder works is found out by trying, and remembered while nothing changes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.capture import preflight
from provkit.capture.notify import NotifyRecorder
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.snapshot import NoRecorder
from provkit.errors import CaptureError
from provkit.testing.recorders import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / ".provkit" / "cache").mkdir(parents=True)
    return Bench(tmp_path)


class Counted:
    """Finds a verdict out, and counts how often."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.times = 0

    def __call__(self) -> Verdict:
        self.times += 1
        return self.verdict


@pytest.mark.parametrize(
    "verdict",
    [Verdict(works=True, version="Linux 6"), Verdict(works=False, why_not="it may not")],
)
def test_a_verdict_is_found_out_once(bench: Bench, verdict: Verdict) -> None:
    """Trying costs 20 ms and more: too much for each run."""
    find_out = Counted(verdict)
    watch = bench.watch_of(["true"])
    found = [preflight.remembered("x", watch, find_out) for _ in range(3)]

    assert found == [verdict] * 3
    assert find_out.times == 1


def test_a_verdict_holds_for_its_surroundings_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project on a shared disk is used from several machines and containers."""
    find_out = Counted(Verdict(works=True))
    watch = bench.watch_of(["true"])
    preflight.remembered("x", watch, find_out)
    preflight.remembered("x", watch, find_out, "another version of the tool")
    monkeypatch.setattr(preflight, "surroundings", lambda: ("another machine",))
    preflight.remembered("x", watch, find_out)

    assert find_out.times == 3


def test_surroundings_know_the_restrictions() -> None:
    """A filter of a container, or given up privileges, change what works."""
    words = [sys.executable, "-c", "from provkit.capture.preflight import *; print(surroundings())"]
    plain = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    text = f"import ctypes, os; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); os.execv({words[0]!r}, {words})"
    restricted = subprocess.run(
        [sys.executable, "-c", text], check=True, capture_output=True, text=True
    ).stdout

    assert "NoNewPrivs:\\t0" in plain
    assert "NoNewPrivs:\\t1" in restricted


def test_a_damaged_verdict_is_found_out_again(bench: Bench) -> None:
    """The cache can be lost at any time."""
    find_out = Counted(Verdict(works=True))
    watch = bench.watch_of(["true"])
    preflight.remembered("x", watch, find_out)
    for path in (bench.project / ".provkit" / "cache").iterdir():
        path.write_text("{")
    preflight.remembered("x", watch, find_out)

    assert find_out.times == 2


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Nor is one that is not there."""
    find_out = Counted(Verdict(works=True))
    watch = Bench(tmp_path).watch_of(["true"])
    (tmp_path / ".provkit" / "cache").write_text("a file")

    assert preflight.remembered("x", watch, find_out) == Verdict(works=True)


def test_a_recorder_that_sees_nothing_does_not_work() -> None:
    """That it starts without complaint is not enough."""
    verdict = preflight.try_out(NoRecorder().run)

    assert (verdict.works, verdict.why_not) == (False, "it did not see a file being read")


def fails(_watch: Watch, _observer: Observer) -> Ending:
    raise CaptureError("the kernel refuses")


def complains(watch: Watch, observer: Observer) -> Ending:
    observer.problem("something is missing")
    return NoRecorder().run(watch, observer)


@pytest.mark.parametrize(
    ("run", "why"), [(fails, "the kernel refuses"), (complains, "something is missing")]
)
def test_the_reason_is_passed_on(run: Callable[..., Ending], why: str) -> None:
    """`provkit doctor` shows it."""
    assert preflight.try_out(run).why_not == why


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Trying happens outside of the project."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    preflight.try_out(NotifyRecorder().run)

    assert list(tmp_path.iterdir()) == []


FOREIGN = """
import os, select, sys
from fcntl import ioctl
from provkit.capture.seccomp import *
kernel = Kernel(MACHINES[os.uname().machine])
told, tells = os.pipe()
waits, goes = os.pipe()
child = os.fork()
if child == 0:
    listener = kernel.install_filter()
    os.write(tells, b"%d" % listener)
    os.read(waits, 1)
    os.close(listener)
    os.execv(sys.argv[1], sys.argv[1:])
pidfd = os.pidfd_open(child)
listener = kernel.fetch_descriptor(pidfd, int(os.read(told, 9)))
os.write(goes, b"!")
poll = select.poll()
poll.register(listener, select.POLLIN)
while poll.poll()[0][1] & select.POLLIN:
    try:
        held = NOTIFICATION.unpack(ioctl(listener, RECEIVE, BLANK_NOTIFICATION))
        ioctl(listener, ANSWER, RESPONSE.pack(held[0], 0, 0, CONTINUE))
    except OSError:
        continue
"""


def test_below_a_foreign_listener_the_next_recorder_is_taken(bench: Bench) -> None:
    """The kernel allows one listener; some container managers have it. We say so, and use strace."""
    notify = NotifyRecorder().preflight(bench.watch_of(["true"]))
    if not notify.works:
        pytest.skip(notify.why_not)
    text = """
        import os, sys
        from pathlib import Path
        from provkit.capture.recorder import recorders_for
        from provkit.capture.notify import NotifyRecorder
        from provkit.testing.recorders import Bench
        bench = Bench(Path(sys.argv[1]), [100])
        watch = bench.watch_of(["true"])
        print(NotifyRecorder().preflight(watch).why_not)
        print(next(recorders_for("auto", watch)).recorder.name)
        """
    script = bench.project / "ask.py"
    script.write_text(textwrap.dedent(text))
    words = [sys.executable, "-c", FOREIGN, sys.executable, str(script), str(bench.project)]
    said = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)

    why, name = said.stdout.splitlines()
    assert why == f"the kernel refuses a filter: {os.strerror(16)}"  # EBUSY
    assert name in ("strace", "preload", "python")
