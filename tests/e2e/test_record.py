"""What `provkit run` records, with the installed program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provkit.capture.journal import read_record
from provkit.model.run import Run, fold

STEP = """\
import sys
with open(sys.argv[2], "w") as out:
    out.write(open(sys.argv[1]).read().upper())
print("done", sys.argv[1])
"""


@pytest.fixture
def work(provkit: Any) -> Any:
    """A folder with a script and some data."""
    (provkit.folder / "step.py").write_text(STEP)
    (provkit.folder / "in.txt").write_text("abc\n")
    return provkit


def last(provkit: Any) -> Run:
    """The run recorded last, from its record."""
    runs = provkit.folder / ".provkit" / "runs"
    newest = max(runs.glob("*.jsonl"), key=lambda path: fold(read_record(path)).seq)
    return fold(read_record(newest))


def paths(states: Any) -> list[str]:
    return [state.path for state in states]


RECORDERS = ["python", "auto"]


@pytest.mark.parametrize("recorder", RECORDERS)
def test_a_script_is_recorded_with_what_it_read_and_wrote(work: Any, recorder: str) -> None:
    """The main job."""
    work("run", "--recorder", recorder, "step.py", "in.txt", "out.txt")

    run = last(work)
    assert (run.program, run.status, run.exit_code) == ("step.py", "ok", 0)
    assert paths(run.inputs) == ["in.txt"]
    assert paths(run.outputs) == ["out.txt"]
    assert run.derivations == (("out.txt", "in.txt"),)
    assert all(state.archived and state.sha256 for state in (*run.inputs, *run.outputs))
    assert run.program_state is not None
    assert run.program_state.archived
    assert (run.ended or run.started) >= run.started


@pytest.mark.parametrize("recorder", RECORDERS)
def test_bytes_before_overwriting_are_found_and_kept(work: Any, recorder: str) -> None:
    """What a run finds is what was there before it wrote."""
    (work.folder / "out.txt").write_text("older\n")
    (work.folder / "edit.py").write_text(
        "t = open('out.txt').read(); open('out.txt', 'w').write(t + 'x')"
    )
    work("run", "--recorder", recorder, "edit.py")

    run = last(work)
    found, left = run.inputs[0], run.outputs[0]
    assert (found.path, left.path) == ("out.txt", "out.txt")
    assert found.sha256 != left.sha256
    archive = work.folder / ".provkit" / "objects"
    assert found.sha256 is not None
    assert (archive / found.sha256[:2] / found.sha256[2:]).read_text() == "older\n"
    assert run.derivations == (("out.txt", "out.txt"),)


@pytest.mark.parametrize("recorder", RECORDERS)
def test_steps_of_one_script_are_kept_apart(work: Any, recorder: str) -> None:
    """A result written before a source was read does not come from it."""
    (work.folder / "b.txt").write_text("b")
    (work.folder / "two.py").write_text(
        "open('x', 'w').write(open('in.txt').read())\nopen('y', 'w').write(open('b.txt').read())\n"
    )
    work("run", "--recorder", recorder, "two.py")

    assert set(last(work).derivations) >= {("x", "in.txt"), ("y", "b.txt")}
    assert ("x", "b.txt") not in last(work).derivations


def test_child_pythons_are_followed(work: Any) -> None:
    """A script that runs scripts; each process with its own files."""
    (work.folder / "driver.py").write_text(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, 'step.py', 'in.txt', 'out.txt'], check=True)\n"
    )
    work("run", "--recorder", "python", "driver.py")

    run = last(work)
    assert paths(run.outputs) == ["out.txt"]
    child = next(each for each in run.processes if each.parent == 1)
    assert child.command[1:] == ("step.py", "in.txt", "out.txt")
    assert {access.path for access in child.accesses} >= {"in.txt", "out.txt", "step.py"}


def test_worker_processes_are_followed(work: Any) -> None:
    """multiprocessing forks: the copy is a process of its own."""
    (work.folder / "pool.py").write_text(
        "import multiprocessing\n"
        "def job(n):\n"
        "    open(f'part{n}', 'w').write(open('in.txt').read())\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('fork')\n"
        "    with multiprocessing.Pool(2) as pool:\n"
        "        pool.map(job, range(3))\n"
    )
    work("run", "--recorder", "python", "pool.py")

    assert paths(last(work).outputs) == ["part0", "part1", "part2"]


def test_the_users_own_sitecustomize_still_works(work: Any) -> None:
    """Ours takes itself out of the way."""
    (work.folder / "mine").mkdir()
    (work.folder / "mine" / "sitecustomize.py").write_text("import builtins; builtins.MINE = 7\n")
    (work.folder / "ask.py").write_text(
        "import sys, sitecustomize; print(MINE, sitecustomize.__file__, 'provkit_audit' in sys.modules)\n"
        "print([entry for entry in sys.path if 'bootstrap' in entry])\n"
    )
    env = {"PYTHONPATH": str(work.folder / "mine")}
    done = work("run", "--recorder", "python", "ask.py", env=env)

    assert done.text.split() == ["7", f"{work.folder}/mine/sitecustomize.py", "False", "[]"]


def test_what_unwatched_programs_write_is_found_by_comparison(work: Any) -> None:
    """The audit hook does not see cp; the project shows what it did."""
    (work.folder / "copy.py").write_text(
        "import subprocess; subprocess.run(['cp', 'in.txt', 'copy.txt'])"
    )
    work("run", "--recorder", "python", "copy.py")

    run = last(work)
    assert paths(run.outputs) == ["copy.txt"]
    assert ("cp", "in.txt", "copy.txt") in [process.command for process in run.processes]


def test_snapshot_tells_outputs_and_says_what_it_cannot(work: Any) -> None:
    """An honest report."""
    work("run", "--recorder", "snapshot", "--", "cp", "in.txt", "copy.txt")

    run = last(work)
    assert paths(run.outputs) == ["copy.txt"]
    assert run.inputs == ()
    assert run.capture is not None
    assert any("files read" in sentence for sentence in run.capture.blind)


def test_named_files_count_whatever_is_seen(work: Any) -> None:
    """--input and --output say what a recorder cannot; the old bytes are saved."""
    (work.folder / "copy.txt").write_text("older")
    work(
        "run", "--recorder", "snapshot", "--input", "in.txt", "--output", "copy.txt",
        "--", "cp", "in.txt", "copy.txt",
    )  # fmt: skip

    run = last(work)
    assert paths(run.inputs) == ["in.txt"]
    assert paths(run.outputs) == ["copy.txt"]
    assert run.derivations == (("copy.txt", "in.txt"),)
    assert [state.size_bytes for state in run.replaced if state.archived] == [5]


def test_a_result_sent_to_a_file_is_an_output(work: Any) -> None:
    """``provkit run … > out.txt``: the shell opened it, the command wrote it."""
    with (work.folder / "sorted.txt").open("w") as out:
        subprocess.run(
            [work.binary, "run", "--recorder", "python", "step.py", "in.txt", "out.txt"],
            cwd=work.folder,
            stdout=out,
            check=True,
        )

    run = last(work)
    assert paths(run.outputs) == ["out.txt", "sorted.txt"]
    assert ("sorted.txt", "in.txt") in run.derivations
    assert [log.stream for log in run.logs] == ["stdout"]


def test_parameters_come_from_all_three_places(work: Any) -> None:
    """--param, the arguments, and the program itself."""
    (work.folder / "fit.py").write_text(
        "import provkit\nx = provkit.parameter('told', 2.5)\nopen('o', 'w').write(str(x))\n"
    )
    library = Path(__file__).resolve().parents[2]
    work(
        "run", "--param", "given=a=b", "fit.py", "--threshold", "5", "--n=3", "mode=fast", "-v",
        env={"PYTHONPATH": str(library)},
    )  # fmt: skip

    assert last(work).parameters == {
        "given": "a=b",
        "threshold": "5",
        "n": "3",
        "mode": "fast",
        "v": "true",
        "told": "2.5",
    }
    assert (work.folder / "o").read_text() == "2.5"


def test_tags_and_note(work: Any) -> None:
    """As given."""
    work("run", "--tag", "b", "--tag", "a", "--note", "first try", "step.py", "in.txt", "o")

    assert (last(work).tags, last(work).note) == (("a", "b"), "first try")


def test_temporary_files_are_marked(work: Any) -> None:
    """Written and deleted inside the run: neither input nor output."""
    (work.folder / "t.py").write_text(
        "import os\nopen('t', 'w').write('x')\nopen('o', 'w').write(open('t').read())\nos.remove('t')\n"
    )
    work("run", "--recorder", "python", "t.py")

    run = last(work)
    assert paths(run.temporaries) == ["t"]
    assert paths(run.outputs) == ["o"]
    assert run.inputs == ()


def test_renamed_results_have_their_last_name(work: Any) -> None:
    """Written beside, renamed into place."""
    (work.folder / "t.py").write_text(
        "import os\nopen('o.part', 'w').write(open('in.txt').read())\nos.replace('o.part', 'o')\n"
    )
    work("run", "--recorder", "python", "t.py")

    run = last(work)
    assert paths(run.outputs) == ["o"]
    assert run.derivations == (("o", "in.txt"),)
    assert run.temporaries == ()


def test_deleted_inputs_are_kept(work: Any) -> None:
    """Their bytes are gone from the folder, not from the record."""
    (work.folder / "t.py").write_text(
        "import os\nopen('o', 'w').write(open('in.txt').read())\nos.remove('in.txt')\n"
    )
    work("run", "--recorder", "python", "t.py")

    (state,) = last(work).inputs
    assert state.path == "in.txt"
    assert state.archived


def test_symbolic_links_are_recorded_with_their_target(work: Any) -> None:
    """The link and the file, each with its own state."""
    (work.folder / "link.txt").symlink_to("in.txt")
    work("run", "--recorder", "python", "step.py", "link.txt", "out.txt")

    states = {state.path: state for state in last(work).inputs}
    assert states["link.txt"].link_target == "in.txt"
    assert states["in.txt"].archived


def test_modules_of_the_project_are_inputs(work: Any) -> None:
    """Code that was imported is part of what a result was made from, compiled or not."""
    (work.folder / "helper.py").write_text("value = 3\n")
    (work.folder / "use.py").write_text("import helper; open('o', 'w').write(str(helper.value))\n")
    for _ in range(2):  # the second time only the bytecode is opened
        work("run", "--recorder", "python", "use.py")
        assert paths(last(work).inputs) == ["helper.py"]


def test_noise_is_counted_not_recorded(work: Any) -> None:
    """Version control, caches and libraries are nobody's data."""
    (work.folder / ".git").mkdir()
    (work.folder / ".git" / "config").write_text("[core]\n")
    (work.folder / "t.py").write_text("import json, csv\nopen('.git/config').read()\n")
    work("run", "--recorder", "python", "t.py")

    run = last(work)
    assert run.inputs == ()
    assert run.capture is not None
    assert run.capture.hidden["version control"] == 1


def test_include_and_exclude(work: Any) -> None:
    """Globs decide against the table, exclude last."""
    (work.folder / "a.swp").write_text("")
    (work.folder / ".x.swp").write_text("1")
    (work.folder / "t.py").write_text("open('.x.swp').read(); open('in.txt').read()\n")
    work("run", "--recorder", "python", "--include", ".x.swp", "--exclude", "in.*", "t.py")

    assert paths(last(work).inputs) == [".x.swp"]


def test_no_archive_keeps_hashes_only(work: Any) -> None:
    """For data that must not be copied."""
    work("run", "--no-archive", "--no-logs", "step.py", "in.txt", "out.txt")

    run = last(work)
    assert all(state.sha256 and not state.archived and state.why for state in run.outputs)
    assert not any(path.is_file() for path in (work.folder / ".provkit/objects").rglob("*"))


def test_files_that_hold_secrets_are_not_archived(work: Any) -> None:
    """Hashed, so that a change is seen; never copied."""
    (work.folder / ".env").write_text("DB_PASSWORD=hunter2")
    (work.folder / "t.py").write_text("open('.env').read()\n")
    work("run", "--recorder", "python", "t.py")

    (state,) = last(work).inputs
    assert state.sha256
    assert not state.archived
    assert "secrets" in state.why


def test_planted_secrets_stay_out_of_the_project(work: Any) -> None:
    """In the environment, the arguments, the remote, what is said and tracebacks."""
    (work.folder / "leak.py").write_text(
        "import os, sys\nprint(os.environ['DB_PASSWORD'], sys.argv)\n"
        "print('Authorization: Bearer s3cr3t-four', file=sys.stderr)\n"
        "raise ValueError('cannot login with password=s3cr3t-five')\n"
    )
    git = work.folder / ".git"
    git.mkdir()
    (git / "HEAD").write_text("0123456789012345678901234567890123456789\n")
    (git / "config").write_text('[remote "origin"]\n\turl = https://ann:s3cr3t-three@x.org/r\n')
    done = work(
        "run", "--note", "token=s3cr3t-six", "--param", "api_key=s3cr3t-seven", "leak.py",
        "--password", "s3cr3t-two", code=1, env={"DB_PASSWORD": "s3cr3t-one"},
    )  # fmt: skip

    assert b"s3cr3t-one" in done.out, "the command's own output is untouched"
    assert last(work).environment.facts["git.remote"] == "https://ann:[redacted]@x.org/r"
    held = b"".join(
        path.read_bytes() for path in (work.folder / ".provkit").rglob("*") if path.is_file()
    )
    assert b"s3cr3t" not in held.replace((work.folder / "leak.py").read_bytes(), b"")


@pytest.mark.parametrize("umask", [0, 0o077])
def test_others_can_read_nothing(work: Any, umask: int) -> None:
    """Folders 0700 and files 0600, whatever the umask; the command's files as it says."""
    old = os.umask(umask)
    try:
        work("run", "step.py", "in.txt", "out.txt")
    finally:
        os.umask(old)

    for path in (work.folder / ".provkit").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert (work.folder / "out.txt").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_run_inside_a_run_is_part_of_it(work: Any) -> None:
    """A recorded script may record its steps."""
    inner = f"{work.binary} run --recorder python step.py in.txt out.txt"
    (work.folder / "outer.sh").write_text(f"{inner}\n")
    work("run", "outer.sh")

    runs = {
        run.seq: run
        for run in (fold(read_record(p)) for p in (work.folder / ".provkit/runs").glob("*.jsonl"))
    }
    assert runs[2].part_of == runs[1].id
    assert paths(runs[2].outputs) == ["out.txt"]


ODD = [
    b"new\nline", b"tab\there", b"caf\xe9.txt", "café".encode(), b"-rf", b"a b", b"'quote\"s",
    b"back\\slash", "\u202ertl".encode(), b"x" * 255, b"%41", b"#hash?q", b"\x1b[31m", b"~", b"a;b|c&d",
]  # fmt: skip


def test_odd_names_survive(work: Any) -> None:
    """Every byte but / and NUL may stand in a name; none may be lost or lead elsewhere."""
    for name in ODD:
        Path(os.fsdecode(os.fsencode(work.folder) + b"/" + name)).write_bytes(name)
    (work.folder / "all.py").write_text(
        "import os\nfor name in sorted(os.listdir(b'.')):\n"
        "    if os.path.isfile(name) and name != b'all.py': open(name, 'rb').read()\n"
    )
    work("run", "--recorder", "python", "all.py")

    run = last(work)
    names = {os.fsencode(path) for path in paths(run.inputs)}
    assert names == {*ODD, b"in.txt", b"step.py"}
    assert all(state.archived for state in run.inputs)
    shown = work("show", "latest", "--json").json
    assert len(shown["inputs"]) == len(ODD) + 2


def test_many_recordings_at_once_all_succeed(work: Any) -> None:
    """Array jobs share a project; each run keeps its own files."""
    command = (
        "for j in 1 2 3 4 5; do "
        f"{work.binary} run --recorder python step.py in.txt out-$0-$j.txt || exit 1; done"
    )
    jobs = [
        subprocess.Popen(
            ["bash", "-c", command, str(index)], cwd=work.folder, stdout=subprocess.DEVNULL
        )
        for index in range(4)
    ]
    assert [job.wait(120) for job in jobs] == [0] * 4

    runs = [fold(read_record(p)) for p in (work.folder / ".provkit/runs").glob("*.jsonl")]
    assert sorted(run.seq for run in runs) == list(range(1, 21))
    assert sorted(path for run in runs for path in paths(run.outputs)) == sorted(
        f"out-{i}-{j}.txt" for i in range(4) for j in range(1, 6)
    )
    assert all(len(run.outputs) == 1 and run.status == "ok" for run in runs)


def test_snapshots_beside_other_runs_leave_their_files_alone(work: Any) -> None:
    """What another run was seen to write is not ours."""
    slow = subprocess.Popen(
        [work.binary, "run", "--recorder", "snapshot", "--", "sleep", "1.5"], cwd=work.folder
    )
    while not list((work.folder / ".provkit/runs").glob("*.open")):
        pass
    work("run", "--recorder", "python", "step.py", "in.txt", "theirs.txt")
    assert slow.wait(30) == 0

    runs = [fold(read_record(p)) for p in (work.folder / ".provkit/runs").glob("*.jsonl")]
    outputs = {run.command[0]: paths(run.outputs) for run in runs}
    assert outputs["sleep"] == []


def test_environment_tells_interpreter_packages_and_commit(work: Any) -> None:
    """Enough to set the same up again."""
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(work.folder)}
    for words in (
        ["init", "-q"],
        ["add", "step.py", "in.txt"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=work.folder, check=True, env={**os.environ, **git})
    (work.folder / "in.txt").write_text("changed since\n")
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=work.folder, text=True)
    work("run", "step.py", "in.txt", "out.txt", env={"OMP_NUM_THREADS": "2", "MY_DIARY": "x"})

    environment = last(work).environment
    assert environment.facts["git.commit"] == commit.strip()
    assert environment.facts["git.dirty_files"] == "in.txt"
    assert environment.facts["python.version"].startswith("3.")
    assert environment.variables["OMP_NUM_THREADS"] == "2"
    assert "MY_DIARY" not in environment.variables


def test_a_program_records_itself(work: Any) -> None:
    """``with provkit.recording(…)``: no command line at all."""
    library = Path(__file__).resolve().parents[2]
    (work.folder / "api.py").write_text(
        "import provkit\n"
        "with provkit.recording('fit', tags=['t'], parameters={'n': 3}) as run:\n"
        "    open('o', 'w').write(open('in.txt').read())\n"
        "    run.parameter('m', 4)\n"
        "assert run.result.status == 'ok'\n"
        "open('after', 'w').write('not recorded')\n"
    )
    subprocess.run(
        [sys.executable, "api.py"],
        cwd=work.folder,
        check=True,
        env={**os.environ, "PYTHONPATH": str(library)},
    )

    run = last(work)
    assert (run.program, run.tags, run.parameters) == ("api.py", ("t",), {"n": "3", "m": "4"})
    assert (paths(run.inputs), paths(run.outputs)) == (["in.txt"], ["o"])


def test_records_are_valid_json_lines(work: Any) -> None:
    """Anybody's tools can read them."""
    work("run", "step.py", "in.txt", "out.txt")

    (path,) = (work.folder / ".provkit/runs").glob("*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows[0]["event"] == "RunStarted"
    assert rows[-2]["event"] == "RunEnded"
    assert set(rows[-1]) == {"seal"}
