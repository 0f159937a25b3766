"""States after a run: what is certain is hashed and kept, what is not says why."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provkit.app.keeping import Keeper, Policy
from provkit.app.patience import Patience
from provkit.archive.store import Archive
from provkit.capture.hashes import Hashes
from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.tree import Tree
from provkit.files import fingerprint_bytes
from provkit.model.events import StateObserved


class Bench:
    """A project in which somebody plays the command."""

    def __init__(self, folder: Path, **policy: Any) -> None:
        self.folder = folder
        self.noise = Noise(str(folder))
        self.events: list[Any] = []
        self.observer = Observer(self.noise, self.events.append, Tree(str(folder), self.noise))
        objects = folder / ".provkit" / "objects"
        objects.mkdir(parents=True)
        self.archive = Archive(str(objects))
        self.hashes = Hashes(str(folder / ".provkit" / "hashes"))
        self.patience = Patience()
        self.policy = Policy(
            **{
                "archive": True,
                "max_bytes": 100,
                "script": "fit.py",
                "is_noise": lambda path: self.noise.kind(path) is not None,
                **policy,
            }
        )
        self.observer.process(
            os.getpid(),
            parent=None,
            command=["x"],
            directory=str(folder),
            reads_from=(),
            writes_to=(),
        )

    def read(self, name: str) -> None:
        self.observer.read(os.getpid(), str(self.folder / name))

    def write(self, name: str, text: str, **more: Any) -> None:
        self.observer.write(os.getpid(), str(self.folder / name), **more)
        (self.folder / name).write_text(text)

    def states(self) -> dict[tuple[str, str], StateObserved]:
        keeper = Keeper(
            self.archive,
            self.hashes,
            self.noise,
            self.policy,
            self.observer,
            patience=self.patience,
        )
        return {(state.moment, state.path): state for state in keeper.states()}


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    def make(files: dict[str, str], **policy: Any) -> Bench:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return Bench(tmp_path, **policy)

    return make


def sha(text: str) -> str:
    return fingerprint_bytes(text.encode()).sha256


def test_found_and_left_are_hashed_and_kept(bench: Callable[..., Bench]) -> None:
    """The ordinary run."""
    made = bench({"in": "i"})
    made.read("in")
    made.write("out", "o", fresh=True)

    states = made.states()
    assert states["found", "in"].sha256 == sha("i")
    assert states["left", "out"].sha256 == sha("o")
    assert all(made.archive.has(state.sha256 or "") for state in states.values())


def test_a_staged_copy_tells_what_was_found(bench: Callable[..., Bench], tmp_path: Path) -> None:
    """The file itself has other bytes by then."""
    made = bench({"x": "old"})
    (tmp_path / ".provkit" / "copy").write_text("old")
    made.read("x")
    made.write("x", "new", staged=str(tmp_path / ".provkit" / "copy"))

    states = made.states()
    assert (states["found", "x"].sha256, states["left", "x"].sha256) == (sha("old"), sha("new"))


def test_bytes_changed_by_somebody_else_get_no_hash(bench: Callable[..., Bench]) -> None:
    """What the run read is gone: a hash of what is there now would be wrong."""
    made = bench({"x": "old"})
    made.read("x")
    (made.folder / "x").write_text("changed outside")

    state = made.states()["found", "x"]
    assert (state.sha256, state.archived, state.why) == (
        None,
        False,
        "changed while the run went on",
    )


def test_what_an_earlier_run_knew_is_used(bench: Callable[..., Bench]) -> None:
    """The same file as then, by device, inode, size and times."""
    made = bench({"x": "old"})
    time.sleep(0.03)
    made.read("x")
    first = made.states()["found", "x"]

    again = Bench.__new__(Bench)
    again.__dict__.update(made.__dict__)
    again.observer = Observer(made.noise, [].append, Tree(str(made.folder), made.noise))
    again.observer.attribute(
        1, str(made.folder / "x"), again.observer._before.files[str(made.folder / "x")]
    )
    (made.folder / "x").write_text("new")
    state = again.states()["found", "x"]
    assert (state.sha256, state.archived) == (first.sha256, True)


def test_a_failed_write_leaves_no_state(bench: Callable[..., Bench]) -> None:
    """Opened, but nothing was changed."""
    made = bench({"x": "old"})
    made.observer.write(os.getpid(), str(made.folder / "x"))

    assert ("left", "x") not in made.states()


def test_a_file_that_came_and_went_is_temporary(bench: Callable[..., Bench]) -> None:
    """Neither found nor left."""
    made = bench({})
    made.write("t", "x", fresh=True)
    (made.folder / "t").unlink()

    assert list(made.states()) == [("temporary", "t")]


def test_links_are_told_with_their_target(bench: Callable[..., Bench]) -> None:
    """And are not followed into a second copy."""
    made = bench({"x": "1"})
    (made.folder / "link").symlink_to("x")
    made.read("link")

    states = made.states()
    assert states["found", "link"].link_target == "x"
    assert states["found", "link"].sha256 is None
    assert states["found", "x"].sha256 == sha("1")


@pytest.mark.parametrize(
    ("name", "text", "policy", "why"),
    [
        ("big", "x" * 101, {}, "too large"),
        (".env", "A=1", {}, "secrets"),
        ("id_rsa", "x", {}, "secrets"),
        ("server.pem", "x", {}, "secrets"),
        ("x", "x", {"archive": False}, "archiving is off"),
    ],
)
def test_policy_refuses_bytes_never_hashes(
    bench: Callable[..., Bench], name: str, text: str, policy: dict[str, Any], why: str
) -> None:
    """A change is seen even where a copy is not wanted."""
    made = bench({name: text}, **policy)
    made.read(name)

    state = made.states()["found", name]
    assert state.sha256 == sha(text)
    assert not state.archived
    assert why in state.why
    assert not made.archive.has(sha(text))


def test_a_script_is_kept_whatever_its_size(bench: Callable[..., Bench]) -> None:
    """Without it the run cannot be repeated."""
    made = bench({"fit.py": "#" * 1000})
    made.read("fit.py")

    assert made.states()["found", "fit.py"].archived


def test_a_full_disk_costs_the_copy_not_the_hash(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the run is incomplete, because."""
    made = bench({"x": "1"})
    made.read("x")

    def full(path: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(made.archive, "keep", full)
    state = made.states()["found", "x"]
    assert (state.sha256, state.archived) == (sha("1"), False)
    assert made.observer.problems == ["no room on the disk for the archive"]


def test_an_impatient_user_is_not_kept_waiting(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C stops the reading, in the middle of a file; the states still say what was met."""
    made = bench({"a": "1", "b": "2"})
    made.read("a")
    made.read("b")

    def slow(path: str) -> None:
        made.patience.is_over = True
        raise KeyboardInterrupt

    monkeypatch.setattr(made.archive, "keep", slow)
    states = made.states()
    assert [state.why for state in states.values()] == ["interrupted before it was read"] * 2


def test_unreadable_files_say_so(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions may have changed since."""
    made = bench({"x": "1"})
    made.read("x")

    def denied(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(made.archive, "keep", denied)
    assert made.states()["found", "x"].why == "unreadable: Permission denied"
