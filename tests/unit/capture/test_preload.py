"""The library in each program tells what it opens, without ever standing in its way."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from provkit.capture import preload_log
from provkit.capture.preload import PreloadRecorder
from provkit.testing.recorders import Bench, Seen

FULL = os.environ.get("FULL") == "1"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    (project / ".provkit" / "cache").mkdir(parents=True)
    bench = Bench(project)
    verdict = bench.verdict(PreloadRecorder())
    if not verdict.works:
        pytest.skip(verdict.why_not)
    return bench


def python(bench: Bench, text: str) -> Seen:
    seen = bench.run(PreloadRecorder(), [sys.executable, "-S", "-E", "-c", textwrap.dedent(text)])
    assert seen.observer.problems == []
    assert seen.ending.exit_code == 0
    return seen


def test_calls_that_fail_are_not_told_and_keep_their_error(bench: Bench) -> None:
    """A wrapper that changes errno breaks programs in strange ways."""
    seen = python(
        bench,
        """
        import errno, os
        for call, words in ((open, ("no/such",)), (os.rename, ("a", "b")), (os.unlink, ("a",)),
                            (os.link, ("a", "b")), (os.truncate, ("a", 1))):
            try:
                call(*words)
            except FileNotFoundError:
                continue
            raise SystemExit(1)
        """,
    )

    assert seen.accesses == []


def test_every_wrapped_call_is_told(bench: Bench) -> None:
    """From one program, by ctypes, as C programs call them."""
    (bench.project / "in").write_text("x")
    (bench.project / "sub").mkdir()
    seen = python(
        bench,
        """
        import ctypes, os
        libc = ctypes.CDLL(None)
        libc.fopen.restype = libc.fopen64.restype = ctypes.c_void_p
        folder = os.open("sub", os.O_RDONLY)
        def ok(value):
            assert value is not None and value >= 0, value
        ok(libc.open(b"o1", os.O_WRONLY | os.O_CREAT, 0o644))
        ok(libc.open64(b"o2", os.O_WRONLY | os.O_CREAT, 0o644))
        ok(libc.creat(b"o3", 0o644))
        ok(libc.openat(folder, b"o4", os.O_WRONLY | os.O_CREAT, 0o644))
        ok(libc.fopen(b"o5", b"w"))
        ok(libc.fopen64(b"in", b"r"))
        ok(libc.mkstemp(ctypes.create_string_buffer(b"o6XXXXXX")))
        ok(libc.rename(b"o1", b"p1"))
        ok(libc.renameat(folder, b"o4", folder, b"p4"))
        ok(libc.symlink(b"p1", b"l1"))
        ok(libc.link(b"o2", b"l2"))
        ok(libc.unlink(b"o3"))
        ok(libc.unlinkat(folder, b"p4", 0))
        ok(libc.truncate(b"o5", 0))
        ok(libc.remove(b"l1"))
        os.mkdir("gone")
        ok(libc.remove(b"gone"))
        """,
    )

    told = [(e.kind, e.path, e.target) for e in seen.accesses if "o6" not in e.path]
    assert told == [
        ("write", "o1", None),
        ("write", "o2", None),
        ("write", "o3", None),
        ("write", "sub/o4", None),
        ("write", "o5", None),
        ("read", "in", None),
        ("rename", "o1", "p1"),
        ("rename", "sub/o4", "sub/p4"),
        ("link", "p1", "l1"),
        ("read", "o2", None),
        ("link", "o2", "l2"),
        ("delete", "o3", None),
        ("delete", "sub/p4", None),
        ("write", "o5", None),
        ("delete", "l1", None),
    ]
    assert any(path.startswith("o6") for path in seen.paths("write"))


def test_a_full_file_gives_way_to_the_next(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may open any number of files."""
    monkeypatch.setattr(preload_log, "SIZE_BYTES", 1 << 20)
    count = 100_000 if FULL else 15_000
    seen = python(
        bench,
        f"""
        import os, time
        for n in range({count}):
            os.close(os.open(f"out{{n}}", os.O_WRONLY | os.O_CREAT))
            if n % 1000 == 0:
                time.sleep(0.05)  # a recorder on a busy machine must keep up
        """,
    )

    assert len(seen.paths("write")) == count
    assert len(list(seen.staging.glob("preload.log.*"))) > 2


def test_many_threads_and_processes_share_it(bench: Bench) -> None:
    """Each takes its place by one atomic addition."""
    seen = python(
        bench,
        """
        import os, threading
        def work(name):
            for n in range(200):
                os.close(os.open(f"{name}-{n}", os.O_WRONLY | os.O_CREAT))
        for p in range(4):
            if os.fork() == 0:
                threads = [threading.Thread(target=work, args=(f"{p}-{t}",)) for t in range(4)]
                [t.start() for t in threads], [t.join() for t in threads]
                os._exit(0)
        for _ in range(4):
            os.wait()
        """,
    )

    assert len(seen.paths("write")) == 4 * 4 * 200
    assert len({e.process for e in seen.accesses}) == 4


def test_a_program_that_closes_all_descriptors_is_still_seen(bench: Bench) -> None:
    """Daemons do; and no line of ours may end up in a file of theirs."""
    seen = python(
        bench,
        """
        import os
        os.closerange(0, 200)
        for n in range(20):
            os.open(f"out{n}", os.O_WRONLY | os.O_CREAT)
        """,
    )

    assert seen.paths("write") == {f"out{n}" for n in range(20)}
    assert all((bench.project / f"out{n}").read_bytes() == b"" for n in range(20))


def test_another_preloaded_library_stays(bench: Bench, tmp_path: Path) -> None:
    """Users have theirs, such as for memory allocation."""
    seen = bench.run(
        PreloadRecorder(),
        ["sh", "-c", "echo $LD_PRELOAD > said"],
        {**os.environ, "LD_PRELOAD": "/usr/lib/libnothing.so"},
    )

    assert seen.ending.exit_code == 0
    assert (bench.project / "said").read_text().rstrip().endswith(":/usr/lib/libnothing.so")


def test_a_project_whose_path_has_blanks_works(tmp_path: Path) -> None:
    """A blank parts the names in LD_PRELOAD, so the library is kept elsewhere then."""
    project = tmp_path / "my project: new"
    (project / ".provkit" / "cache").mkdir(parents=True)
    bench = Bench(project)
    if not bench.verdict(PreloadRecorder()).works:
        pytest.skip("preload does not work here")

    seen = bench.run(PreloadRecorder(), ["sh", "-c", "echo x > out"])

    assert seen.paths("write") == {"out"}


def test_without_a_compiler_it_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next recorder is taken."""
    monkeypatch.setenv("PATH", "/nonexistent")

    assert "no C compiler" in bench.verdict(PreloadRecorder()).why_not
