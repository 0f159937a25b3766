"""Recording does no harm: the command keeps its output, files, signals and exit code."""

from __future__ import annotations

import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from provkit.capture.journal import read_record
from provkit.model.run import Run, fold

FULL = bool(os.environ.get("FULL"))
KILLS = 200 if FULL else 12
SWEEP = 1000 if FULL else 10
FAULTS = 200 if FULL else 12

LISTENER = """\
import signal, sys, time
got = []
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGQUIT"):
    signal.signal(getattr(signal, name), lambda number, frame: got.append(number))
print("ready", flush=True)
end = time.monotonic() + 0.8
while time.monotonic() < end:
    time.sleep(0.05)
print([signal.Signals(number).name for number in got], flush=True)
sys.exit(3)
"""
RECORDERS = ["python", "snapshot", "none"]


def runs(folder: Path) -> list[Run]:
    found = [fold(read_record(path)) for path in (folder / ".provkit/runs").glob("*.jsonl")]
    return sorted(found, key=lambda run: run.seq)


def recorded(provkit: Any, *words: str, **how: Any) -> subprocess.CompletedProcess[bytes]:
    command = [str(provkit.binary), "run", *words]
    return subprocess.run(command, cwd=provkit.folder, check=False, timeout=60, **how)


@pytest.mark.parametrize("recorder", RECORDERS)
@pytest.mark.parametrize("code", [0, 1, 2, 77, 255])
def test_exit_code_is_the_commands(provkit: Any, recorder: str, code: int) -> None:
    """A workflow engine decides by it."""
    provkit("run", "--recorder", recorder, "--", "sh", "-c", f"exit {code}", code=code)

    (run,) = runs(provkit.folder)
    assert (run.exit_code, run.status) == (code, "ok" if code == 0 else "failed")


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM", "SIGPIPE"])
def test_death_by_signal_is_told(provkit: Any, name: str) -> None:
    """128 + n, as a shell says; a crash is a failure, being ended is an interruption."""
    number = getattr(signal, name)
    provkit("run", "--", "sh", "-c", f"kill -{name[3:]} $$", code=128 + number)

    (run,) = runs(provkit.folder)
    ended = name in ("SIGKILL", "SIGTERM")
    assert (run.signal, run.status) == (name, "interrupted" if ended else "failed")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["nothing.py"], 2), (["--", "no-such-command"], 127), (["--", "./folder"], 126), ([], 2)],
)
def test_refusal_comes_before_the_start_and_leaves_nothing(
    provkit: Any, words: list[str], code: int
) -> None:
    """One sentence, and no half run."""
    (provkit.folder / "folder").mkdir()
    provkit("init")
    done = provkit("run", *words, code=code)

    assert done.err.startswith("provkit: ")
    assert list((provkit.folder / ".provkit/runs").iterdir()) == []
    assert list((provkit.folder / ".provkit/staging").iterdir()) == []


def test_an_unusable_project_is_refused_before_the_start(provkit: Any) -> None:
    """Exit 5, and the command did not run."""
    (provkit.folder / ".provkit").write_text("not a folder")
    provkit("run", "--", "touch", "ran", code=5)

    assert not (provkit.folder / "ran").exists()


@pytest.mark.parametrize("recorder", RECORDERS)
def test_output_is_passed_on_byte_for_byte(provkit: Any, recorder: str) -> None:
    """Both streams, large, binary, without a last line end; and kept."""
    script = (
        "import sys, os\nfor n in range(300):\n"
        "    os.write(1, bytes(range(256)) * 10); os.write(2, b'e%d' % n)\n"
    )
    (provkit.folder / "say.py").write_text(script)
    done = recorded(provkit, "--recorder", recorder, "say.py", capture_output=True)

    assert done.stdout == bytes(range(256)) * 3000
    assert done.stderr.endswith(b"".join(b"e%d" % n for n in range(300)))
    logs = {log.stream: log for log in runs(provkit.folder)[0].logs}
    assert logs["stdout"].size_bytes == 256 * 3000
    assert logs["stdout"].truncated
    assert not logs["stderr"].truncated


def test_streams_to_one_place_keep_their_order(provkit: Any) -> None:
    """``2>&1`` must not be shuffled."""
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done"
    done = recorded(
        provkit, "--", "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    lines = done.stdout.decode().split("\n")
    start = lines.index("out1")
    assert lines[start : start + 18] == [f"{s}{i}" for i in range(1, 10) for s in ("out", "err")]


def test_standard_input_is_the_commands(provkit: Any) -> None:
    """Untouched, to the last byte."""
    data = os.urandom(200_000)
    done = recorded(provkit, "--", "cat", input=data, stdout=subprocess.PIPE)

    assert done.stdout == data


@pytest.mark.parametrize("recorder", ["auto", *RECORDERS])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_stay_closed(provkit: Any, closed: str, recorder: str) -> None:
    """A daemon or a cron job may start us without any."""
    look = 'exec python3 -c \'import os; open("open", "w").write(str([n for n in (0, 1, 2) if os.path.exists(f"/proc/self/fd/{n}")])); raise SystemExit(3)\''
    (provkit.folder / "look.sh").write_text(look)
    provkit("init")
    plain = subprocess.run(f"sh look.sh {closed}", shell=True, cwd=provkit.folder, check=False)  # noqa: S602
    before = (provkit.folder / "open").read_text()
    line = f"{provkit.binary} run --recorder {recorder} -- sh look.sh {closed}"
    done = subprocess.run(line, shell=True, cwd=provkit.folder, check=False)  # noqa: S602

    assert (done.returncode, plain.returncode) == (3, 3)
    assert (provkit.folder / "open").read_text() == before


def test_a_reader_that_goes_away_is_felt(provkit: Any) -> None:
    """``provkit run -- yes | head``: the command gets SIGPIPE and does not run for ever."""
    line = f"{provkit.binary} run -- yes | head -2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=provkit.folder, capture_output=True, timeout=60, check=True
    )

    assert done.stdout == b"y\ny\n141\n"


@pytest.mark.parametrize("to_group", [False, True])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGQUIT"])
def test_a_signal_reaches_the_command_once(provkit: Any, name: str, to_group: bool) -> None:
    """Sent to provkit it is passed on; sent to the whole group it has arrived already."""
    (provkit.folder / "listen.py").write_text(LISTENER)
    with subprocess.Popen(
        [provkit.binary, "run", "listen.py"],
        cwd=provkit.folder,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as going:
        assert going.stdout is not None
        assert going.stdout.readline() == b"ready\n"
        (os.killpg if to_group else os.kill)(going.pid, getattr(signal, name))
        out, _ = going.communicate(timeout=30)

    assert (going.returncode, out) == (3, f"['{name}']\n".encode())
    asked_to_end = name != "SIGUSR1"
    assert runs(provkit.folder)[0].status == ("interrupted" if asked_to_end else "failed")


def test_what_outlives_the_command_goes_on_writing(provkit: Any) -> None:
    """A process left in the background neither delays the end nor loses its output."""
    script = "(sleep 1.5; echo late; touch late) & echo early"
    begin_s = time.monotonic()
    with subprocess.Popen(
        [provkit.binary, "run", "--", "sh", "-c", script],
        cwd=provkit.folder,
        stdout=subprocess.PIPE,
    ) as going:
        assert going.wait(30) == 0
        assert time.monotonic() - begin_s < 1.4, "the end of the run did not wait for it"
        assert going.stdout is not None
        assert going.stdout.read() == b"early\nlate\n"
    assert (provkit.folder / "late").exists()


def in_terminal(folder: Path, *words: str | Path, typed: bytes = b"") -> tuple[bytes, int]:
    """What a terminal shows of a command, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(words[0], [os.fspath(word) for word in words])  # noqa: S606
    shown = b""
    sent = not typed
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if not sent and b"?" in shown:
            os.write(terminal, typed)
            sent = True
    os.close(terminal)
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_terminal_stays_a_terminal(provkit: Any) -> None:
    """Colours, prompts and progress bars depend on it; what is shown is the same to the byte."""
    provkit("init")
    script = (
        "import sys, os\n"
        "print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stderr.isatty(), os.isatty(1))\n"
        "print('\\033[31mred\\033[0m\\r\\n' + input('name?'))\n"
        "sys.exit(4)\n"
    )
    (provkit.folder / "ask.py").write_text(script)
    plain = in_terminal(provkit.folder, sys.executable, "ask.py", typed=b"ann\n")
    shown = in_terminal(
        provkit.folder, provkit.binary, "run", "--", sys.executable, "ask.py", typed=b"ann\n"
    )

    assert shown == plain
    assert b"True True True True" in shown[0]


def test_ctrl_c_in_a_terminal_ends_the_command_once(provkit: Any) -> None:
    """The terminal sends it to both; the command has it from the terminal."""
    provkit("init")
    script = (
        "import signal, sys, time\n"
        "got = []\n"
        "signal.signal(signal.SIGINT, lambda *_: got.append(1))\n"
        "print('ready?', flush=True)\n"
        "end = time.monotonic() + 0.8\n"
        "while time.monotonic() < end: time.sleep(0.05)\n"
        "print(len(got)); sys.exit(5)\n"
    )
    (provkit.folder / "wait.py").write_text(script)
    shown, code = in_terminal(provkit.folder, provkit.binary, "run", "wait.py", typed=b"\x03")

    assert code == 5
    assert shown.endswith(b"1\r\n")


def test_umask_directory_and_limits_are_the_commands(provkit: Any) -> None:
    """As they were without provkit; only provkit's own variables are new."""
    script = (
        "import os, resource\n"
        "print(os.getcwd(), os.umask(0), os.getpgid(0) == os.getpgid(os.getppid()),\n"
        "      resource.getrlimit(resource.RLIMIT_NOFILE), sorted(os.listdir('/proc/self/fd'))[:3])\n"
        "print(sorted(k for k in os.environ if 'PROVKIT' not in k and k != 'PYTHONPATH'))\n"
    )
    (provkit.folder / "look.py").write_text(script)
    plain = subprocess.check_output([sys.executable, "look.py"], cwd=provkit.folder)
    done = recorded(
        provkit, "--recorder", "python", "--", sys.executable, "look.py", stdout=subprocess.PIPE
    )

    assert done.stdout.split(b"\n")[1] == plain.split(b"\n")[1]
    assert done.stdout.split(b" ")[:2] == plain.split(b" ")[:2]


def test_killing_provkit_loses_no_earlier_run(provkit: Any) -> None:
    """kill -9 at any moment: earlier runs are whole, the project usable, the run interrupted."""
    (provkit.folder / "step.py").write_text(
        "for n in range(20): open(f'o{n}', 'w').write('x' * 9999)\n"
    )
    provkit("run", "step.py")
    chance = random.Random(1)
    for _ in range(KILLS):
        with subprocess.Popen(
            [provkit.binary, "run", "step.py"],
            cwd=provkit.folder,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        ) as going:
            time.sleep(chance.uniform(0.03, 0.45))
            going.kill()
    provkit("run", "step.py")

    rows = provkit("runs", "--json").json
    assert {rows[0]["status"], rows[-1]["status"]} == {"ok"}
    assert {row["status"] for row in rows} <= {"ok", "interrupted"}
    provkit("recover")
    assert provkit("fsck", "--json").json["damage"] == []
    assert not [row for row in provkit("runs", "--json").json if row["status"] == "running"]


STEPS = "pwrite64,write,fsync,rename,linkat,mkdir,unlink,rmdir,unlinkat,ftruncate,fchmod,openat"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC"])
def test_a_fault_at_any_system_call_leaves_a_sound_project(provkit: Any, fault: str) -> None:
    """Killed, or the disk full, at the n-th call that changes something: swept over one recording.

    A full disk is felt by provkit alone (the command is not traced): it keeps its exit code.
    """
    (provkit.folder / "step.py").write_text("import sys; open('o', 'w').write('x'); sys.exit(7)\n")
    provkit("run", "step.py", code=7)
    calls = STEPS if "KILL" in fault else "pwrite64,write,linkat,mkdir,rename"
    counted = provkit.folder / "counted"
    trace = ["strace", "-o", str(counted), "-e", f"trace={calls}"]
    python = str(provkit.binary.parent / "python")
    words = [python, "-X", "frozen_modules", str(provkit.binary), "run", "step.py"]
    subprocess.run([*trace, *words], cwd=provkit.folder, check=False, timeout=60)
    lines = counted.read_text().splitlines()
    first = next(
        at for at, line in enumerate(lines, 1) if ".provkit/sequence" in line or at == len(lines)
    )
    counted.unlink()
    chance = random.Random(3)
    places = list(range(1, len(lines))) if "openat" not in calls else list(range(first, len(lines)))
    for place in sorted(chance.sample(places, min(SWEEP, len(places)))):
        (provkit.folder / "o").unlink(missing_ok=True)
        done = subprocess.run(
            [*trace, "-e", f"inject={calls}:{fault}:when={place}", *words],
            cwd=provkit.folder,
            capture_output=True,
            check=False,
            timeout=60,
        )
        counted.unlink()
        if "KILL" not in fault:
            ran = (provkit.folder / "o").exists()
            assert done.returncode in ((7,) if ran else (1, 5)), (place, done.stderr)
            assert b"Traceback" not in done.stderr, (place, done.stderr)

    rows = provkit("runs", "--json").json
    assert rows[-1]["status"] == "failed", "the first run is whole"
    assert {row["status"] for row in rows} <= {"failed", "interrupted", "incomplete"}
    provkit("recover")
    assert provkit("fsck", "--json").json["damage"] == []


FAULTY = """\
import sys
from provkit.app import record as module

wanted, seen, armed = int(sys.argv[1]), 0, False
started = module._Run._started

def arm(self, pid):
    global armed
    started(self, pid)
    armed = True

module._Run._started = arm

def trace(frame, event, argument):
    if "/provkit/" not in frame.f_code.co_filename:
        return None
    def line(frame, event, argument):
        global seen, armed
        if armed and event == "line":
            seen += 1
            if seen == wanted:
                armed = False
                raise RuntimeError(f"injected at {frame.f_code.co_filename}:{frame.f_lineno}")
        return line
    return line

from provkit.cli.main import main
sys.settrace(trace)
code = main(["run", "--recorder", sys.argv[2], "work.py"])
sys.settrace(None)
print(f"lines={seen}", file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("recorder", ["notify", "python", "snapshot"])
def test_an_error_inside_provkit_leaves_the_command_alone(tmp_path: Path, recorder: str) -> None:
    """Errors are injected at lines from the start of the command to the end: none is felt."""
    library = Path(__file__).resolve().parents[2]
    (tmp_path / "work.py").write_text(
        "import sys, time\nopen('out', 'w').write('x' * 1000)\n"
        "print('said ' * 1000); time.sleep(0.05); sys.exit(7)\n"
    )
    (tmp_path / "faulty.py").write_text(FAULTY)

    def attempt(line: int) -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "out").unlink(missing_ok=True)
        return subprocess.run(
            [sys.executable, "faulty.py", str(line), recorder],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(library), "PYTHONSAFEPATH": "1"},
        )

    whole = attempt(0)
    assert whole.returncode == 7, whole.stderr
    total = int(whole.stderr.rpartition(b"lines=")[2])
    chance = random.Random(2)
    for line in sorted(chance.sample(range(1, total), min(FAULTS, total - 1))):
        done = attempt(line)
        assert (done.returncode, done.stdout) == (7, whole.stdout), (line, done.stderr)
        assert (tmp_path / "out").read_text() == "x" * 1000
