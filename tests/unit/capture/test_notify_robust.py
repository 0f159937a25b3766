"""The supervisor must not die: from then on the command's calls would fail."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provkit.capture import notify
from provkit.capture.notify import NotifyRecorder
from provkit.testing.recorders import Bench

FULL = os.environ.get("FULL") == "1"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    (project / ".provkit" / "cache").mkdir(parents=True)
    bench = Bench(project)
    verdict = bench.verdict(NotifyRecorder())
    if not verdict.works:
        pytest.skip(verdict.why_not)
    return bench


def until(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def recording(bench: Bench, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a process of its own that records a shell text, in a process group of its own."""
    script = tmp_path / "record.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from pathlib import Path
            from provkit.capture.notify import NotifyRecorder
            from provkit.testing.recorders import Bench
            seen = Bench(Path(sys.argv[1]), [100]).run(NotifyRecorder(), ["sh", "-c", sys.argv[2]])
            """
        )
    )
    begun: list[subprocess.Popen[bytes]] = []

    def start(text: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, str(script), str(bench.project), text]
        begun.append(subprocess.Popen(words, start_new_session=True))
        return begun[-1]

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.wait()


STEPS = "echo $PPID > supervisor; for n in $(seq 40); do echo $n > out$n; sleep 0.02; done; : > end"


class TestWhateverHappensAround:
    def test_the_command_goes_on_when_its_recorder_is_killed(
        self, bench: Bench, recording: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        """Killed by the kernel for want of memory, or by an impatient user."""
        process = recording(STEPS)
        until((bench.project / "out3").exists, "the command runs")
        process.kill()
        process.wait()

        until((bench.project / "end").exists, "the command has gone on to its end")
        supervisor = int((bench.project / "supervisor").read_text())
        until(lambda: not alive(supervisor), "the supervisor has ended after it")
        trace = (bench.project / ".provkit/staging/101/trace").read_bytes()
        for number in range(1, 41):
            assert b"/out%d\n" % number in trace

    @pytest.mark.parametrize(
        "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE]
    )
    def test_the_supervisor_heeds_no_signal(
        self,
        bench: Bench,
        recording: Callable[[str], subprocess.Popen[bytes]],
        number: signal.Signals,
    ) -> None:
        """``pkill python`` would else take the command's files away."""
        recording(STEPS)
        until((bench.project / "out3").exists, "the command runs")
        os.kill(int((bench.project / "supervisor").read_text()), number)

        until((bench.project / "end").exists, "the command has gone on to its end")

    def test_a_signal_to_all_of_the_group_does_not_reach_it(
        self, bench: Bench, recording: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        """As Ctrl-C sends it, and ``timeout``; the command may well heed none."""
        process = recording("trap '' INT TERM HUP; " + STEPS)
        until((bench.project / "out3").exists, "the command runs")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.killpg(process.pid, number)

        until((bench.project / "end").exists, "the command has gone on to its end")
        assert len(list(bench.project.glob("out*"))) == 40

    def test_the_command_goes_on_when_the_supervisor_is_killed_after_all(
        self, bench: Bench
    ) -> None:
        """Its calls fail then, and the recorder says so, waits for it and ends."""
        text = "echo x > out; sleep 0.3; kill -9 $PPID; read line; exit 44"
        seen = bench.run(NotifyRecorder(), ["sh", "-c", text])

        assert any("supervisor was killed" in problem for problem in seen.observer.problems)
        assert "out" in seen.paths("write")
        assert seen.ending.exit_code == 44

    def test_nothing_is_left_afterwards(self, bench: Bench) -> None:
        """A supervisor for each run would fill the machine."""
        bench.run(NotifyRecorder(), ["sh", "-c", "echo $PPID > supervisor"])

        supervisor = int((bench.project / "supervisor").read_text())
        until(lambda: not Path(f"/proc/{supervisor}").exists(), "the supervisor is gone", 2)

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
    def test_a_full_disk_costs_lines_and_says_so(self, bench: Bench, tmp_path: Path) -> None:
        """The command has room elsewhere and must not notice."""
        staging = bench.project / ".provkit" / "staging"
        staging.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", staging], check=True)
        try:
            (bench.project / "old").write_bytes(b"x" * 200_000)
            text = "seq 3000 | while read n; do echo > out$n; done; echo new > old; : > end"
            seen = bench.run(NotifyRecorder(), ["sh", "-c", text])
        finally:
            subprocess.run(["umount", staging], check=True)

        assert seen.ending.exit_code == 0
        assert len(list(bench.project.glob("out*"))) == 3000
        assert any("no room on the disk" in problem for problem in seen.observer.problems)

    def test_a_fault_in_us_costs_one_sighting(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The call is answered whatever happens, and the record says what is missing."""
        fault = textwrap.dedent(
            """
            from provkit.capture.notify_calls import Calls
            opens = Calls._opens_path
            def faulty(self, process, path, flags, links):
                if path.endswith(b"/cursed"):
                    raise KeyError(path)
                return opens(self, process, path, flags, links)
            Calls._opens_path = faulty
            """
        )
        monkeypatch.setattr(notify, "_BOOT", notify._BOOT.replace("main(int", fault + "main(int"))
        seen = bench.run(NotifyRecorder(), ["sh", "-c", "echo > cursed; echo > blessed"])

        assert (bench.project / "cursed").exists()
        assert "blessed" in seen.paths("write")
        assert seen.observer.problems == ["1 calls were not understood"]
        assert any("KeyError" in each and "faulty" in each for each in seen.observer.blind)

    def test_a_fault_at_every_end_does_not_keep_us_waiting(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The end of a process that is not understood must not be told for ever."""
        fault = textwrap.dedent(
            """
            from provkit.capture import notify_supervisor
            def faulty(self, pidfd, events):
                raise KeyError(pidfd)
            notify_supervisor.Supervisor._tell_process_end = faulty
            """
        )
        monkeypatch.setattr(notify, "_BOOT", notify._BOOT.replace("main(int", fault + "main(int"))
        seen = bench.run(NotifyRecorder(), ["sh", "-c", "cat /dev/null; exit 3"])

        assert seen.ending.exit_code == 3


class TestWherever:
    def test_an_ordinary_user_without_capabilities_records(self) -> None:
        """No root, no helper: that is what makes it the default."""
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            pytest.skip("an ordinary user runs all other tests here, or setpriv is missing")
        options = "--reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all"
        nobody = ["setpriv", *shlex.split(options)]
        itself = "import os, sys; os.execv(sys.executable, ['python', '-V'])"
        check = ["-c", itself]
        pythons = [
            python
            for python in (sys.executable, "/usr/bin/python3")
            if subprocess.run(
                [*nobody, python, *check], check=False, stderr=subprocess.DEVNULL
            ).returncode
            == 0
        ]
        if not pythons:
            pytest.skip("no Python that everybody may run")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            shutil.copytree(Path(notify.__file__).parents[1], place / "lib" / "provkit")
            (place / "project").mkdir()
            (place / "project").chmod(0o777)
            place.chmod(0o755)
            text = """
                import os, sys
                from pathlib import Path
                from provkit.capture.notify import NotifyRecorder
                from provkit.testing.recorders import Bench
                seen = Bench(Path(sys.argv[1])).run(
                    NotifyRecorder(), ["sh", "-c", "echo 1 > a; cat a > b; echo 2 > a; rm a"]
                )
                print(os.geteuid(), sorted(seen.paths("read")), sorted(seen.paths("write")),
                      seen.observer.problems, seen.ending.exit_code)
                """
            words = [*nobody, pythons[0], "-c", textwrap.dedent(text), str(place / "project")]
            said = subprocess.run(
                words,
                check=False,
                capture_output=True,
                text=True,
                cwd=place / "project",
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(place / "lib")},
            )

        assert not said.stderr
        assert said.stdout == "65534 ['a'] ['a', 'b'] [] 0\n"

    def test_a_project_in_shared_memory_is_a_project(self) -> None:
        """/dev holds no files but there, where people work because it is fast."""
        if not os.access("/dev/shm", os.W_OK):
            pytest.skip("no /dev/shm")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            seen = Bench(Path(folder)).run(NotifyRecorder(), ["sh", "-c", "echo > a; cat a > b"])

        assert (seen.paths("read"), seen.paths("write")) == ({"a"}, {"a", "b"})

    def test_a_command_in_another_root_folder_is_seen(self, tmp_path: Path) -> None:
        """chroot, as build tools use it; names are then those of the new root."""
        if os.geteuid() != 0:
            pytest.skip("only root may change the root folder")
        root = tmp_path / "root"
        (root / "work").mkdir(parents=True)
        text = f"""
import os
os.chroot({str(root)!r})
os.chdir("/work")
open("/work/a", "w").close()
open("b", "w").close()
"""
        command = [sys.executable, "-S", "-E", "-c", text]
        seen = Bench(tmp_path).run(NotifyRecorder(), command)

        assert seen.ending.exit_code == 0
        assert "root/work/b" in seen.paths("write")


class TestLimits:
    def test_a_thousand_processes(self, bench: Bench) -> None:
        """Each is met, told and forgotten."""
        count = 1000 if FULL else 200
        text = f"for n in $(seq {count}); do (echo $n > out$n); sh -c ': < out'$n; done"
        seen = bench.run(NotifyRecorder(), ["sh", "-c", text])

        names = {f"out{number}" for number in range(1, count + 1)}
        assert seen.paths("write") == seen.paths("read") == names
        assert len(seen.ends) == len({e.process for e in seen.processes})
        assert len(seen.ends) >= 2 * count + 1
        assert seen.observer.problems == []

    def test_many_at_once(self, bench: Bench) -> None:
        """More processes than descriptors that a supervisor may have open by default."""
        count = 400 if FULL else 100
        text = f"for n in $(seq {count}); do (echo $n > out$n; sleep 1; : < out$n) & done; wait"
        seen = bench.run(NotifyRecorder(), ["sh", "-c", text])

        names = {f"out{number}" for number in range(1, count + 1)}
        assert seen.paths("write") == seen.paths("read") == names
        assert seen.observer.problems == []

    def test_memory_is_bounded(self, bench: Bench) -> None:
        """However many files a run opens."""
        count = 200_000 if FULL else 30_000
        text = f"""
import os
os.mkdir("d")
for n in range({count}):
    os.close(os.open(f"d/{{n}}", os.O_WRONLY | os.O_CREAT))
    os.close(os.open(f"d/{{n}}", os.O_RDONLY))
    os.unlink(f"d/{{n}}")
status = open(f"/proc/{{os.getppid()}}/status").read()
print(next(line.split()[1] for line in status.splitlines() if "VmHWM" in line),
      file=open("peak", "w"))
"""
        bench.run(NotifyRecorder(), [sys.executable, "-S", "-E", "-c", text])

        assert int((bench.project / "peak").read_text()) < 60_000  # kB

    def test_a_process_id_that_comes_again_is_another_process(self, bench: Bench) -> None:
        """Ends are told by the kernel before a number is given again."""
        last = Path("/proc/sys/kernel/ns_last_pid")
        if not os.access(last, os.W_OK):
            pytest.skip("needs the right to choose process ids")
        text = f"""
import os
def child(name):
    pid = os.fork()
    if not pid:
        open(name, "w")
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
for _ in range(20):
    first = child("a")
    open("{last}", "w").write(str(first - 1))
    if child("b") == first:
        break
else:
    raise SystemExit("no luck")
"""
        seen = bench.run(NotifyRecorder(), [sys.executable, "-S", "-E", "-c", text])

        assert seen.ending.exit_code == 0
        writers = {e.path: e.process for e in seen.accesses if e.kind == "write"}
        pids = {e.process: e.pid for e in seen.processes}
        assert writers["a"] != writers["b"]
        assert pids[writers["a"]] == pids[writers["b"]]
