"""The notify recorder tells what processes do with files, and saves what they destroy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest

from provkit.capture.notify import NotifyRecorder
from provkit.capture.observer import Observer
from provkit.errors import CaptureError
from provkit.testing.recorders import Bench, Seen

PYTHON = (sys.executable, "-S", "-E", "-c")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    (project / ".provkit" / "cache").mkdir(parents=True)
    return Bench(project)


@pytest.fixture
def recorder(bench: Bench) -> NotifyRecorder:
    recorder = NotifyRecorder()
    verdict = bench.verdict(recorder)
    if not verdict.works:
        pytest.skip(verdict.why_not)
    return recorder


class Lab:
    """Shorthand: watch a shell or Python text in the project."""

    def __init__(self, bench: Bench, recorder: NotifyRecorder) -> None:
        self.bench = bench
        self.recorder = recorder
        self.path = bench.project

    def run(self, command: Sequence[str]) -> Seen:
        seen = self.bench.run(self.recorder, command)
        assert seen.observer.problems == [], seen.observer.blind
        return seen

    def sh(self, text: str) -> Seen:
        return self.run(["sh", "-c", text])

    def bash(self, text: str) -> Seen:
        return self.run(["bash", "-c", text])

    def python(self, text: str) -> Seen:
        return self.run([*PYTHON, textwrap.dedent(text)])

    def write(self, name: str, text: str = "old") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def lab(bench: Bench, recorder: NotifyRecorder) -> Lab:
    return Lab(bench, recorder)


class TestReadingAndWriting:
    def test_flags_decide(self, lab: Lab) -> None:
        """Never what is transferred: an output of copy_file_range is one too."""
        lab.write("in")
        lab.write("both")
        seen = lab.python(
            """
            import os
            a, b = os.open("in", os.O_RDONLY), os.open("out", os.O_WRONLY | os.O_CREAT)
            os.copy_file_range(a, b, 3)
            os.open("both", os.O_RDWR)
            """
        )

        assert seen.paths("read") == {"in", "both"}
        assert seen.paths("write") == {"out", "both"}

    def test_what_fails_is_not_told(self, lab: Lab) -> None:
        """Programs look for files in many places where there are none."""
        lab.write("there")
        (lab.path / "folder").mkdir()
        seen = lab.python(
            """
            import os
            for name, flags in [("missing", os.O_RDONLY), ("missing/x", os.O_RDONLY),
                                ("missing/new", os.O_WRONLY | os.O_CREAT),
                                ("there", os.O_WRONLY | os.O_CREAT | os.O_EXCL),
                                ("there/x", os.O_RDONLY), ("folder", os.O_WRONLY),
                                ("there", os.O_RDONLY | os.O_DIRECTORY)]:
                try:
                    os.open(name, flags)
                except OSError:
                    continue
                raise SystemExit(name)
            for call in (os.unlink, os.truncate):
                try:
                    call("missing", *([0] if call is os.truncate else []))
                except OSError:
                    pass
            """
        )

        assert seen.ending.exit_code == 0
        assert seen.accesses == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
    def test_what_is_not_permitted_is_not_told(self, lab: Lab) -> None:
        """Permission bits say what will fail; the supervisor's user may be another."""
        lab.write("secret").chmod(0o600)
        lab.write("open").chmod(0o644)
        for folder in (lab.path, *lab.path.parents):
            if str(folder).startswith("/tmp/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        seen = lab.python(
            """
            import os
            os.setgid(65534), os.setuid(65534)
            for name, flags in (("secret", os.O_RDONLY), ("open", os.O_RDONLY),
                                ("open", os.O_WRONLY)):
                try:
                    os.open(name, flags)
                except PermissionError:
                    pass
            """
        )

        assert seen.paths("write") == set() or "open" in seen.paths("read")
        assert "open" in seen.paths("read")

    def test_listing_a_folder_is_told_as_such(self, lab: Lab) -> None:
        """A glob depends on what is there."""
        lab.write("data/a")

        assert "data" in lab.python("import os; os.listdir('data')").paths("list")

    def test_devices_and_kernel_files_are_left_out(self, lab: Lab) -> None:
        """They hold no data of anybody's."""
        os.mkfifo(lab.path / "pipe")
        seen = lab.sh("cat /proc/self/status /dev/null > /dev/null; cat pipe & echo x > pipe; wait")

        assert seen.accesses == []

    def test_every_way_to_say_a_path_is_one_path(self, lab: Lab) -> None:
        """Absolute, relative, below a descriptor, through a link, through dots."""
        lab.write("data/a.csv")
        (lab.path / "linked").symlink_to("data")
        seen = lab.python(
            """
            import os
            here = os.getcwd()
            folder = os.open("data", os.O_RDONLY)
            for name in ("data/a.csv", here + "/data/a.csv", "./data/../data//a.csv",
                         "linked/a.csv"):
                open(name)
            open(os.open("a.csv", os.O_RDONLY, dir_fd=folder))
            os.chdir("linked")
            open("a.csv")
            os.fchdir(folder)
            open("../data/a.csv")
            """
        )

        assert seen.paths("read") == {"data/a.csv"}

    def test_a_symbolic_link_and_what_it_leads_to_are_both_read(self, lab: Lab) -> None:
        """Pointing it elsewhere would change the result as well."""
        lab.write("data.csv")
        (lab.path / "latest").symlink_to("data.csv")

        assert lab.sh("cat latest").paths("read") == {"latest", "data.csv"}

    @pytest.mark.parametrize(
        "name", [b"tab\tline\nback\\slash", b"caf\xe9", b"-rf", b"x" * 255, "é\u202e".encode()]
    )
    def test_any_name_is_told_byte_by_byte(self, lab: Lab, name: bytes) -> None:
        """File names are bytes; a recorder that stumbles over one loses the run."""
        (lab.path / os.fsdecode(name)).write_text("x")

        seen = lab.run(["cat", f"{lab.path}/{os.fsdecode(name)}"])

        assert seen.paths("read") == {os.fsdecode(name)}

    def test_standard_input_by_its_name_is_the_file(self, lab: Lab) -> None:
        """Many programs are told to read /dev/stdin."""
        lab.write("in")

        assert "in" in lab.sh("sh -c 'cat /dev/stdin' < in").paths("read")


class TestOldBytes:
    @pytest.mark.parametrize(
        "change",
        [
            "echo new > a",
            "echo new >> a",
            "echo new > b && mv b a",
            "rm a",
            "rm a && echo new > a",
            "ln -sf b a",
            "truncate -s 0 a",
            "sed -i s/old/new/ a",
            "dd if=/dev/zero of=a bs=1 count=1 conv=notrunc 2>/dev/null",
        ],
    )
    def test_are_saved_before_they_are_destroyed(self, lab: Lab, change: str) -> None:
        """Only a held process gives the time for it: afterwards they are gone."""
        path = lab.write("a", "the old bytes")

        seen = lab.sh(change)

        assert seen.old_bytes(path) == b"the old bytes"

    def test_are_saved_once_and_first(self, lab: Lab) -> None:
        """The run found the file in one state only."""
        path = lab.write("a", "first")

        assert lab.sh("echo 2 > a; echo 3 > a; rm a; echo 4 > a").old_bytes(path) == b"first"

    def test_of_a_file_of_the_run_itself_are_not_saved(self, lab: Lab) -> None:
        """It was not there before."""
        seen = lab.sh("echo 1 > a; echo 2 > a; mv a b; echo 3 > b; rm b")

        assert list(seen.staging.glob("[0-9]*")) == []

    def test_of_exchanged_files_are_where_they_went(self, lab: Lab) -> None:
        """Nothing is destroyed; each file is told to have moved."""
        lab.write("a", "A")
        lab.write("b", "B")
        seen = lab.python(
            """
            import ctypes
            code = ctypes.CDLL(None).renameat2(-100, b"a", -100, b"b", 2)
            raise SystemExit(code)
            """
        )

        moves = [(e.path, e.target) for e in seen.accesses if e.kind == "rename"]
        assert seen.ending.exit_code == 0
        assert [moves[0][0], moves[1], moves[2][1]] == ["a", ("b", "a"), "b"]
        assert moves[0][1] == moves[2][0]


class TestMoves:
    def test_renames_deletions_and_links_are_told_in_order(self, lab: Lab) -> None:
        """The order says which bytes ended up where."""
        seen = lab.sh("echo 1 > a; mv a b; ln b c; ln -s c d; rm b; mv c b")

        told = [(e.kind, e.path, e.target) for e in seen.accesses if e.kind != "read"]
        assert told == [
            ("write", "a", None),
            ("rename", "a", "b"),
            ("link", "b", "c"),
            ("link", "c", "d"),
            ("delete", "b", None),
            ("rename", "c", "b"),
        ]

    def test_a_renamed_folder_moves_its_files(self, lab: Lab) -> None:
        """Written under one name, read under the other."""
        seen = lab.sh("mkdir t; echo 1 > t/x; (cd t; mv ../t ../final; echo 2 > y); cat final/x")

        assert ("t/x", "final/x") in [(e.path, e.target) for e in seen.accesses]
        assert "final/y" in seen.paths("write")
        assert "final/x" in seen.paths("read")

    def test_a_nameless_file_is_written_when_it_gets_a_name(self, lab: Lab) -> None:
        """O_TMPFILE and linkat are how careful programs replace files."""
        seen = lab.python(
            """
            import os
            handle = os.open(".", os.O_TMPFILE | os.O_WRONLY)
            os.write(handle, b"x")
            os.link(f"/proc/self/fd/{handle}", "out", src_dir_fd=0)
            """
        )

        assert (lab.path / "out").read_text() == "x"
        assert seen.paths("write") == {"out"}


class TestProcesses:
    def test_each_has_its_parent_words_folder_and_end(self, lab: Lab) -> None:
        """The process tree says who did what on whose behalf."""
        (lab.path / "sub").mkdir()
        seen = lab.sh("cd sub; sh -c 'cat /dev/null; exit 3'; :")

        inner = next(
            e for e in seen.processes if e.command == ("sh", "-c", "cat /dev/null; exit 3")
        )
        assert (inner.parent, inner.directory) == (1, "sub")
        cat = next(e for e in seen.processes if e.command == ("cat", "/dev/null"))
        assert cat.parent == inner.process
        assert seen.ends[cat.process].exit_code == 0

    def test_exit_codes_of_all_are_known_where_the_kernel_keeps_them(self, lab: Lab) -> None:
        """Only the parent may wait; since Linux 6.15 a pidfd tells as well."""
        seen = lab.sh("sh -c 'exit 3'; sh -c 'kill -9 $$'; :")

        codes = [seen.ends[e.process].exit_code for e in seen.processes[1:3]]
        release = tuple(int(part) for part in os.uname().release.split(".")[:2])
        assert codes == [3, 137] or (release < (6, 15) and None in codes)

    def test_what_the_command_cost_is_known(self, lab: Lab) -> None:
        """Asked for by who plans the next run."""
        seen = lab.python("sum(range(2_000_000)); b'x' * 60_000_000")

        assert seen.ends[1].cpu_s is not None
        assert 0.01 < seen.ends[1].cpu_s < 30
        assert (seen.ends[1].peak_memory_bytes or 0) > 50_000_000

    def test_long_words_are_whole(self, lab: Lab) -> None:
        """Programs given on the command line are long."""
        text = f": {'x' * 50_000}"

        assert lab.sh(f"sh -c '{text}'; :").processes[1].command == ("sh", "-c", text)

    def test_many_words_are_whole(self, lab: Lab) -> None:
        """As from a glob over a folder."""
        words = tuple(str(number) for number in range(1500))

        assert lab.run(["true", *words]).processes[0].command == ("true", *words)

    def test_a_program_that_cannot_be_found_is_no_process(self, lab: Lab) -> None:
        """execvp(3) tries each folder of the path."""
        seen = lab.bash("env -S no-such-program 2>/dev/null; true")

        assert all("no-such-program" not in e.command[0] for e in seen.processes)

    def test_pipes_tell_who_gave_to_whom(self, lab: Lab) -> None:
        """Derivations go through them."""
        lab.write("in")
        seen = lab.bash("cat in | sort > out")

        cat, sort = (
            next(e for e in seen.processes if e.command[0] == word) for word in ("cat", "sort")
        )
        pipes = [name for name in cat.writes_to or () if name.startswith("pipe:")]
        assert pipes
        assert set(pipes) & set(sort.reads_from or ())
        assert "out" in (sort.writes_to or ())

    def test_threads_are_their_process(self, lab: Lab) -> None:
        """A pool of threads is one program."""
        for number in range(20):
            lab.write(f"in{number}")
        seen = lab.python(
            """
            import threading
            def work(n):
                open(f"out{n}", "w").write(open(f"in{n}").read())
            threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
            [t.start() for t in threads], [t.join() for t in threads]
            """
        )

        assert {e.process for e in seen.accesses} == {1}
        assert seen.paths("read") == {f"in{n}" for n in range(20)}
        assert seen.paths("write") == {f"out{n}" for n in range(20)}

    def test_a_thread_that_changes_the_folder_changes_it_for_all(self, lab: Lab) -> None:
        """Names are resolved at the time of the call."""
        lab.write("sub/a")
        seen = lab.python(
            """
            import os, threading
            thread = threading.Thread(target=os.chdir, args=("sub",))
            thread.start(), thread.join()
            open("a"), open("b", "w")
            """
        )

        assert (seen.paths("read"), seen.paths("write")) == ({"sub/a"}, {"sub/b"})

    def test_orphans_are_still_of_the_run(self, lab: Lab) -> None:
        """Daemons fork twice and leave the session."""
        seen = lab.sh("(setsid sh -c 'sleep 0.1; echo x > late' &) ; :")

        assert "late" in seen.paths("write")

    def test_survivors_are_told_and_not_waited_for(self, lab: Lab) -> None:
        """A server started in the background is not the command."""
        seen = lab.sh("sleep 5 >/dev/null 2>&1 & echo $! > pid")

        os.kill(int((lab.path / "pid").read_text()), 9)
        assert any("went on after the command ended" in each for each in seen.observer.blind)

    def test_survivors_can_still_open_files(self, lab: Lab) -> None:
        """Their calls are held too, so the supervisor must stay."""
        lab.sh("(sleep 1; echo alive > late) >/dev/null 2>&1 & :")

        for _ in range(100):
            if (lab.path / "late").exists():
                return
            subprocess.run(["sleep", "0.05"], check=True)
        raise AssertionError("the survivor could not open a file")


class TestEvidence:
    def test_an_output_open_while_something_is_read_is_told_again(self, lab: Lab) -> None:
        """``with open(out, "w") as o, open(in) as i`` derives out from in."""
        lab.write("in")
        seen = lab.python("o = open('out', 'w'); o.write(open('in').read()); o.close(); open('in')")

        kinds = [(e.kind, e.path) for e in seen.accesses]
        assert kinds[:3] == [("write", "out"), ("read", "in"), ("write", "out")]

    def test_an_output_closed_before_something_is_read_is_not(self, lab: Lab) -> None:
        """A loop over files must not mix them up."""
        lab.write("a")
        lab.write("b")
        seen = lab.python("for n in 'ab':\n    open(n + '.out', 'w').write(open(n).read())")

        kinds = [(e.kind, e.path) for e in seen.accesses]
        assert kinds.index(("write", "a.out")) < kinds.index(("read", "b"))
        last = max(place for place, each in enumerate(kinds) if each == ("write", "a.out"))
        assert last < kinds.index(("read", "b"))

    def test_reading_again_says_nothing_new(self, lab: Lab) -> None:
        """A million readings of one file are one line, unless something changed between."""
        lab.write("in")
        seen = lab.python("for _ in range(1000): open('in').read()")

        assert len(seen.accesses) == 1


class TestNested:
    def test_an_inner_run_has_its_own_events(self, lab: Lab, tmp_path: Path) -> None:
        """The kernel allows one listener: the outer supervisor serves both."""
        lab.write("in")
        inner = tmp_path / "inner.py"
        inner.write_text(
            textwrap.dedent(
                """
                import sys
                from pathlib import Path
                from provkit.capture.notify import NotifyRecorder
                from provkit.testing.recorders import Bench
                seen = Bench(Path(sys.argv[1]), [100]).run(NotifyRecorder(), ["sh", "-c", sys.argv[2]])
                print(sorted(seen.paths("read")), sorted(seen.paths("write")),
                      seen.ending.exit_code, seen.observer.problems)
                """
            )
        )
        said = tmp_path / "said"
        command = "cat in > mid; (exec cat mid > mid2); exit 7"
        seen = lab.run(
            [
                "sh",
                "-c",
                f"{sys.executable} {inner} {lab.path} '{command}' > {said}; cat mid2 > out",
            ]
        )

        assert said.read_text() == "['in', 'mid'] ['mid', 'mid2'] 7 []\n"
        assert "out" in seen.paths("write")
        assert "mid2" in seen.paths("read")
        assert not {"mid", "mid2"} & seen.paths("write")

    def test_what_provkit_does_in_a_run_is_not_the_work_of_the_run(self, lab: Lab) -> None:
        """`provkit run` inside reads all inputs again, to hash them."""
        for name in "abc":
            lab.write(name)
        text = """
            from provkit.capture.nested import be_quiet
            open("a")
            be_quiet(True)
            open("b"), open("c")
            be_quiet(False)
            open("c")
            """
        seen = lab.run([sys.executable, "-c", textwrap.dedent(text)])

        assert seen.paths("read") & {"a", "b", "c"} == {"a", "c"}


class TestRefusals:
    def test_a_command_that_cannot_be_executed_is_told_as_such(self, lab: Lab) -> None:
        """Before anything is recorded."""
        path = lab.write("script", "#!/no/such/interpreter\n")
        path.chmod(0o755)

        with pytest.raises(FileNotFoundError):
            lab.run([str(path)])

    def test_without_a_filter_nothing_is_started(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The caller may then choose another recorder."""
        monkeypatch.setattr(os, "posix_spawn", spawn_false)

        with pytest.raises(CaptureError, match="supervisor"):
            lab.sh("echo x > out")
        assert not (lab.path / "out").exists()

    def test_what_io_uring_opens_is_known_to_be_unseen(
        self, lab: Lab, observer_sees_uring: Seen
    ) -> None:
        """The kernel opens it without a call that could be held."""
        assert any("io_uring" in each for each in observer_sees_uring.observer.blind)


@pytest.fixture
def observer_sees_uring(lab: Lab) -> Seen:
    seen = lab.python(
        """
        import ctypes
        params = ctypes.create_string_buffer(120)
        ctypes.CDLL(None).syscall(425, 4, params)
        """
    )
    assert isinstance(seen.observer, Observer)
    return seen


_SPAWN = os.posix_spawn


def spawn_false(path: str, words: Sequence[str], environment: object, **options: object) -> int:
    """Starts a supervisor that ends at once, and all else as ever."""
    if "notify_main" in " ".join(words):
        path, words = str(shutil.which("false")), ["false"]
    return _SPAWN(path, words, environment, **options)  # type: ignore[arg-type]
