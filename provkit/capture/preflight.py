"""Whether a recorder works here: tried out once, then remembered.

Kernels, containers and policies forbid things in too many ways to ask for; so
each recorder is shown a command that reads a file, and works when the reading
comes back. The verdict is kept for as long as nothing changes that it may
depend on: see :func:`surroundings`.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH102, PTH103, PTH106, PTH108, PTH111, PTH112, PTH115, PTH123

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from hashlib import sha256

from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.tree import Tree
from provkit.errors import CaptureError
from provkit.files import write_atomically
from provkit.model.events import Event, FileAccessed

_FORMAT = "1"
_DEPENDS_ON = ("Seccomp", "NoNewPrivs", "CapEff", "CapBnd")
_SHOWN = "shown"

Run = Callable[[Watch, Observer], Ending]


def remembered(name: str, watch: Watch, find_out: Callable[[], Verdict], *about: str) -> Verdict:
    """The verdict on a recorder, found out now or earlier in the same surroundings.

    Args:
        name: Of the recorder.
        watch: Names the project, in whose cache verdicts are kept.
        find_out: Tries it.
        about: What else the verdict depends on, such as the version of a tool.
    """
    cache = f"{watch.project}/.provkit/cache"
    key = sha256("\n".join((*surroundings(), *about)).encode("utf-8", "surrogateescape"))
    path = f"{cache}/recorder-{name}-{key.hexdigest()[:16]}.json"
    try:
        with open(path, "rb") as file:
            known = json.load(file)
        return Verdict(works=known["works"], version=known["version"], why_not=known["why_not"])
    except (OSError, ValueError, KeyError, TypeError):
        verdict = find_out()
    if os.path.isdir(cache):
        said = {"works": verdict.works, "version": verdict.version, "why_not": verdict.why_not}
        try:
            with write_atomically(path) as out:
                out.write(json.dumps(said).encode() + b"\n")
        except OSError:
            return verdict  # it will be found out again
    return verdict


def surroundings() -> tuple[str, ...]:
    """What decides whether recorders work: kernel, boot, container, user, restrictions."""
    system = os.uname()
    restrictions = [
        line for line in _read("/proc/self/status").splitlines() if line.startswith(_DEPENDS_ON)
    ]
    return (
        _FORMAT,
        system.release,
        system.machine,
        _read("/proc/sys/kernel/random/boot_id"),
        _read("/proc/sys/kernel/yama/ptrace_scope"),
        *(_link(f"/proc/self/ns/{kind}") for kind in ("pid", "user", "mnt")),
        str(os.geteuid()),
        sys.executable or "",
        *restrictions,
    )


def user_cache() -> str:
    """Folder of the user for what can be made again, outside of any project.

    Raises:
        CaptureError: It cannot be made.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = f"{base}/provkit"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise CaptureError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


def try_out(run: Run) -> Verdict:
    """Let a recorder watch a shell that reads a file, in a folder of its own."""
    version = f"Linux {os.uname().release}"
    folder = f"{os.environ.get('TMPDIR') or '/tmp'}/provkit-{os.urandom(8).hex()}"  # noqa: S108
    events: list[Event] = []
    try:
        os.mkdir(folder, 0o700)
        try:
            problems = _show(run, os.path.realpath(folder), events)
        finally:
            _remove(folder)
    except CaptureError as error:
        return Verdict(works=False, version=version, why_not=error.message)
    except OSError as error:
        return Verdict(works=False, version=version, why_not=f"{error.strerror or error}")
    if any(isinstance(e, FileAccessed) and (e.kind, e.path) == ("read", _SHOWN) for e in events):
        return Verdict(works=True, version=version)
    why = "; ".join(problems) or "it did not see a file being read"
    return Verdict(works=False, version=version, why_not=why)


def _show(run: Run, folder: str, events: list[Event]) -> list[str]:
    with open(f"{folder}/{_SHOWN}", "wb") as file:
        file.write(b"provkit\n")
    os.mkdir(f"{folder}/staging")
    shell = "/bin/sh"
    watch = Watch(
        command=(shell, "-c", f"read line < '{folder}/{_SHOWN}'"),
        executable=shell,
        directory=folder,
        environment={"PATH": os.defpath, "PWD": folder},
        project=folder,
        staging=f"{folder}/staging",
    )
    observer = Observer(Noise(folder, environ={}), events.append, Tree(folder, Noise(folder)))
    run(watch, observer)
    return [*observer.problems, *observer.blind]


def _remove(folder: str) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            _remove(entry.path)
        else:
            os.unlink(entry.path)
    os.rmdir(folder)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
