"""Tell the recorder what this Python process opens, from within it (PEP 578 audit hook).

Runs in a stranger's process, in any Python from 3.8 on. So: only modules that
are loaded anyway; no descriptor is kept (a program may close or reuse any of
them), each line is one append to the spool; no exception of ours leaves the
hook; ``KeyboardInterrupt`` passes. One line a sighting, fields separated by tabs:

``P`` started or became · ``R`` reads · ``W`` writes · ``O`` still has open ·
``M`` renames · ``D`` deletes · ``L`` links · ``S`` starts a program · ``E`` ends ·
``X`` a failure of ours. :mod:`provkit.capture.python_audit` reads them.
"""

# No pathlib in a process that may not have loaded it; Python 3.8 has no newer spelling.
# ruff: noqa: PTH109, PTH110, PTH112, PTH115, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import atexit
import os
import stat
import sys
import time
from _thread import get_ident
from collections.abc import Callable
from typing import Any

_COPY_BYTES = 1 << 20
_FREE_DESCRIPTORS = 8
_WRITING = os.O_WRONLY | os.O_RDWR
_PYCACHE = f"{os.sep}__pycache__{os.sep}"
_NOTHING = b"0\t0\t0\t0\t0\t0"


class _Spool:
    """Where lines go, and what this process has done so far."""

    def __init__(self, environ: Any) -> None:
        self.path: str = environ["PROVKIT_SPOOL"]
        self.staging = os.path.dirname(self.path)
        self.project: str = environ["PROVKIT_ROOT"].rstrip("/") + "/"
        self.limit = int(environ.get("PROVKIT_SAVE_BYTES", "0"))
        self.began_ns = int(environ.get("PROVKIT_BEGAN", "0"))
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/lib", "/etc"}
        self.libraries = tuple(
            f"{prefix.rstrip('/')}/"
            for prefix in (*prefixes, "/proc", "/sys", "/dev")
            if prefix != "/" and not self.project.startswith(f"{prefix.rstrip('/')}/")
        )
        self.hidden = 0
        self.open: dict[str, None] = {}
        self.mine: set[str] = set()
        self.busy = 0  # the thread whose own work the hook must not tell of
        self.failed = False
        self.quiet = False
        self.pid = os.getpid()

    def tell(self, kind: bytes, *fields: bytes) -> None:
        """Append one line, in one piece."""
        line = b"\t".join((kind, b"%d\t%d" % (self.pid, time.time_ns()), *fields)) + b"\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


def _escape(text: Any) -> bytes:
    data = os.fsencode(text)
    if b"\\" in data or b"\t" in data or b"\n" in data:
        data = data.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
    return data


def _absolute(path: Any) -> str | None:
    """Absolute text of a path that a function was given; None for a descriptor."""
    if isinstance(path, int) or path is None:
        return None
    text = os.fsdecode(path)
    if not text.startswith("/"):
        text = f"{os.getcwd()}/{text}"
    if "/." in text or "//" in text:
        head, _, tail = text.rpartition("/")
        # Links before a ".." change its meaning, so the file system must say.
        head = os.path.realpath(head) if "/.." in text else os.path.normpath(head)
        text = os.path.normpath(f"{head}/{tail}")
    return text


def _identity(info: os.stat_result) -> bytes:
    return b"%d\t%d\t%d\t%d\t%d\t%d" % (
        info.st_dev,
        info.st_ino,
        info.st_size,
        info.st_mtime_ns,
        info.st_ctime_ns,
        info.st_mode,
    )


def _look(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def begin(environ: Any = os.environ) -> Callable[[], None]:
    """Install the hook and tell of this process.

    Args:
        environ: Where ``PROVKIT_SPOOL`` and its kin are looked up.

    Returns:
        What silences it; an audit hook cannot be taken away.
    """
    spool = _Spool(environ)
    _tell_process(spool)
    handlers = _handlers(spool)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        handler = handlers.get(event)
        if handler is None or spool.busy == get_ident():
            return
        if spool.quiet and event != "provkit.quiet":
            return
        try:
            handler(*arguments)
        except Exception as error:  # noqa: BLE001 - do no harm: an audit hook that raises stops the program
            _fail(spool, error)

    def forked() -> None:
        spool.pid = os.getpid()
        spool.busy = 0
        if spool.quiet:
            return
        try:
            _tell_process(spool)
        except Exception as error:  # noqa: BLE001 - do no harm
            _fail(spool, error)

    sys.addaudithook(hook)
    os.register_at_fork(after_in_child=forked)
    atexit.register(_tell_end, spool)

    def silence() -> None:
        handlers.clear()
        spool.quiet = True
        atexit.unregister(_tell_end)

    return silence


def _fail(spool: _Spool, error: Exception) -> None:
    if not spool.failed:
        spool.failed = True
        try:
            spool.tell(b"X", _escape(f"{type(error).__name__}: {error}"))
        except Exception:  # noqa: BLE001 - do no harm: nobody is left to tell
            return


def _handlers(spool: _Spool) -> dict[str, Callable[..., None]]:
    return {
        "open": lambda path, mode, flags: _opened(spool, path, flags),
        "os.rename": lambda source, target, *_: _renamed(spool, source, target),
        "os.remove": lambda path, *_: _deleted(spool, path),
        "os.truncate": lambda path, *_: _opened(spool, path, os.O_WRONLY),
        "os.link": lambda source, target, *_: _linked(spool, source, target),
        "os.symlink": lambda source, target, *_: _linked(spool, source, target),
        "sqlite3.connect": lambda path: _connected(spool, path),
        "cpython.run_file": lambda path: _opened(spool, path, os.O_RDONLY),
        "subprocess.Popen": lambda exe, words, cwd, env: _spawned(spool, words, cwd),
        "os.posix_spawn": lambda exe, words, env: _spawned(spool, words, None),
        "os.system": lambda text: _spawned(spool, ("sh", "-c", text), None),
        # Said by a `provkit run` inside the run: its own reading is not the command's.
        "provkit.quiet": lambda quiet: setattr(spool, "quiet", quiet),
        "os.exec": lambda exe, words, env: _became(spool, exe, words),
    }


def _opened(spool: _Spool, given: Any, flags: int) -> None:
    path = _absolute(given)
    if path is None or path.startswith(spool.staging):
        return
    if path.startswith(spool.libraries):
        spool.hidden += 1
        return
    if flags & _WRITING or flags & (os.O_TRUNC | os.O_CREAT):
        _writes(spool, path, flags)
        return
    if _PYCACHE in path:
        path = _source_of(path)
    info = _look(path)
    if info is not None and stat.S_ISREG(info.st_mode):
        spool.tell(b"R", _identity(info), _escape(path))
        if spool.open:
            _tell_what_is_open(spool)


def _source_of(path: str) -> str:
    """The module behind compiled code: ``a/__pycache__/m.cpython-311.pyc`` is ``a/m.py``."""
    folder, _, name = path.partition(_PYCACHE)
    source = f"{folder}/{name.partition('.')[0]}.py"
    return source if os.path.exists(source) else path


def _writes(spool: _Spool, path: str, flags: int) -> None:
    info = _look(path)
    if info is None:
        if not flags & os.O_CREAT or not os.path.isdir(os.path.dirname(path)):
            return
        before, saved = _NOTHING, b"\t"
    elif not stat.S_ISREG(info.st_mode) or not os.access(path, os.W_OK):
        return
    elif flags & os.O_EXCL and flags & os.O_CREAT:
        return  # fails: the file is there
    else:
        before, saved = _identity(info), _save(spool, path, info)
    how = b"f" if info is None or flags & os.O_TRUNC else b"k"
    if how == b"k" and (flags & os.O_RDWR or flags & os.O_APPEND):
        how = b"a"
    spool.tell(b"W", how, before, saved, _escape(path))
    spool.mine.add(path)
    spool.open[path] = None


def _save(spool: _Spool, path: str, info: os.stat_result) -> bytes:
    """Copy the bytes that are about to be lost; its name, or empty with the reason."""
    if path in spool.mine or info.st_ctime_ns > spool.began_ns:
        return b"\t"  # made or changed by this run
    if not path.startswith(spool.project):
        return b"\toutside of the project"
    if info.st_size > spool.limit:
        return b"\ttoo large"
    name = f"{info.st_dev:x}-{info.st_ino:x}"
    copy = f"{spool.staging}/{name}"
    spool.busy = get_ident()
    try:
        target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return b"\t"  # another process of the run was first
    finally:
        spool.busy = 0
    try:
        return _escape(name) + b"\t" if _fill(spool, path, target, info) else b"\tunstable"
    finally:
        os.close(target)


def _fill(spool: _Spool, path: str, target: int, info: os.stat_result) -> bool:
    spool.busy = get_ident()
    try:
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    finally:
        spool.busy = 0
    try:
        while True:
            block = os.read(source, _COPY_BYTES)
            if not block:
                break
            while block:
                block = block[os.write(target, block) :]
        return _identity(os.fstat(source)) == _identity(info)
    finally:
        os.close(source)


def _tell_what_is_open(spool: _Spool) -> None:
    """What was opened for writing before, and is not closed, can get something of what is read."""
    held = _held()
    for path in list(spool.open):
        info = _look(path)
        if info is not None and (info.st_dev, info.st_ino) in held:
            spool.tell(b"O", _escape(path))
        else:
            spool.open.pop(path, None)


def _held() -> set[tuple[int, int]]:
    """Device and inode of every open file.

    A new descriptor is the lowest that is free, so after a number of free ones
    there are no more; listing them in ``/proc`` takes four times as long.
    """
    held = set()
    number, free = 0, 0
    while free < _FREE_DESCRIPTORS:
        number += 1
        try:
            info = os.fstat(number)
        except OSError:
            free += 1
        else:
            free = 0
            held.add((info.st_dev, info.st_ino))
    return held


def _renamed(spool: _Spool, given: Any, onto: Any) -> None:
    source, target = _absolute(given), _absolute(onto)
    if source is None or target is None or _look(source) is None:
        return
    info = _look(target)
    saved = b"\t" if info is None or not stat.S_ISREG(info.st_mode) else _save(spool, target, info)
    spool.tell(b"M", saved, _escape(source), _escape(target))
    if source in spool.mine:
        spool.mine.add(target)


def _deleted(spool: _Spool, given: Any) -> None:
    path = _absolute(given)
    info = None if path is None else _look(path)
    if path is None or info is None or path.startswith(spool.staging):
        return
    saved = _save(spool, path, info) if stat.S_ISREG(info.st_mode) else b"\t"
    spool.tell(b"D", saved, _escape(path))


def _linked(spool: _Spool, given: Any, onto: Any) -> None:
    target = _absolute(onto)
    if target is not None and not os.path.lexists(target):
        source = os.path.join(os.path.dirname(target), os.fsdecode(given))
        if not os.path.exists(source):
            source = _absolute(given) or source
        spool.tell(b"L", _escape(os.path.normpath(source)), _escape(target))


def _connected(spool: _Spool, given: Any) -> None:
    """SQLite opens the file itself; whether it wrote is seen at the end."""
    name = os.fsdecode(given)
    if name and not name.startswith((":memory:", "file:")):
        _opened(spool, name, os.O_RDWR | os.O_CREAT)


def _spawned(spool: _Spool, words: Any, folder: Any) -> None:
    if isinstance(words, (str, bytes, os.PathLike)):
        words = (words,)
    place = os.getcwd() if folder is None else _absolute(folder) or ""
    spool.tell(b"S", _escape(place), *(_escape(word) for word in words))


def _became(spool: _Spool, program: Any, words: Any) -> None:
    if os.path.exists(program):
        spool.tell(b"S", _escape(os.getcwd()), *(_escape(word) for word in words))


def _tell_process(spool: _Spool) -> None:
    with open("/proc/self/cmdline", "rb") as file:
        words = file.read().split(b"\0")[:-1]
    reads, writes = _streams()
    spool.tell(
        b"P",
        b"%d" % os.getppid(),
        _escape(os.getcwd()),
        _escape(sys.executable or ""),
        b"%d" % len(reads),
        *(_escape(name) for name in reads),
        b"%d" % len(writes),
        *(_escape(name) for name in writes),
        *(_escape(word) for word in words),
    )


def _streams() -> tuple[list[str], list[str]]:
    """What stands behind the descriptors of this process, for reading and for writing."""
    reads, writes = [], []
    for text in os.listdir("/proc/self/fd"):
        number = int(text)
        try:
            name = os.readlink(f"/proc/self/fd/{number}")
            with open(f"/proc/self/fdinfo/{number}", "rb") as file:
                flags = int(file.read().partition(b"flags:")[2].split()[0], 8)
        except (OSError, ValueError, IndexError):
            continue
        if name.startswith("/dev/") or (number > 2 and not name.startswith(("pipe:", "socket:"))):
            continue
        if flags & _WRITING != os.O_WRONLY:
            reads.append(name)
        if flags & _WRITING:
            writes.append(name)
    return reads, writes


def _tell_end(spool: _Spool) -> None:
    try:
        times = os.times()
        with open("/proc/self/status", "rb") as file:
            peak = file.read().partition(b"VmHWM:")[2].split()
        peak_bytes = int(peak[0]) * 1024 if peak else 0
        spool.tell(b"E", b"%.6f" % (times[0] + times[1]), b"%d\t%d" % (peak_bytes, spool.hidden))
    except Exception as error:  # noqa: BLE001 - do no harm: the interpreter is going away
        _fail(spool, error)
