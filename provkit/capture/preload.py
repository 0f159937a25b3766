"""The ``preload`` recorder: a small library in each program, where nothing else is allowed.

Cheapest of all, and fails open: what it cannot enter runs as ever, unseen. The
library is compiled when first needed, into the cache of the project.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH100, PTH104, PTH110, PTH112, PTH116, PTH120, PTH123

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from shutil import which

from provkit.capture import preflight
from provkit.capture.child import Attention
from provkit.capture.observer import Observer
from provkit.capture.preload_log import PreloadLog
from provkit.capture.recorder import Ending, Verdict, Watch
from provkit.capture.snapshot import tell_end
from provkit.errors import CaptureError

_LOOK_EVERY_S = 0.02
_COMPILERS = ("cc", "gcc", "clang")
_SOURCE = f"{os.path.dirname(os.path.abspath(__file__))}/preload_shim.c"
_VARIABLE = "PROVKIT_PRELOAD"


class PreloadRecorder:
    """Puts a library between programs and the C library."""

    name = "preload"
    blind: tuple[str, ...] = (
        "programs that do not use the system's C library (static, Go, musl)",
        "programs started with an empty environment, and setuid programs",
        "system calls made without the C library, io_uring among them",
        "what a server that ran before the command does on its behalf",
        "bytes that go through pipes and shared memory",
        "the bytes of a file before it was written over, unless an earlier run archived them",
    )

    def preflight(self, watch: Watch) -> Verdict:
        """Compile the library, and see whether it tells of a file that is read."""
        compiler = _compiler()
        if compiler is None:
            return Verdict(works=False, why_not="there is no C compiler (cc, gcc or clang)")
        return preflight.remembered(
            "preload", watch, lambda: self._try(watch), compiler, _name(compiler)
        )

    def _try(self, watch: Watch) -> Verdict:
        try:
            library = _library(watch)
        except CaptureError as error:
            return Verdict(works=False, why_not=error.message)
        return preflight.try_out(lambda shown, observer: _run(shown, observer, library))

    def run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command to its end, and tell what its programs say meanwhile.

        Raises:
            CaptureError: There is no library, or no room for its log; nothing was started.
        """
        return _run(watch, observer, _library(watch))


def _run(watch: Watch, observer: Observer, library: str) -> Ending:
    path = f"{watch.staging}/preload.log"
    try:
        log = PreloadLog(path, observer)
    except OSError as error:
        raise CaptureError(f"no room for the log of preload: {error.strerror}") from error
    before = watch.environment.get("LD_PRELOAD")
    environment = {
        **watch.environment,
        _VARIABLE: path,
        "LD_PRELOAD": f"{library}:{before}" if before else library,
    }
    with Attention() as attention:
        pid = log.command = attention.start(replace(watch, environment=environment))
        ending = attention.wait(pid, idle=log.advance, every_s=_LOOK_EVERY_S, resized=watch.resized)
    log.close()
    tell_end(observer, pid, ending)
    return ending


def _compiler() -> str | None:
    return next((found for name in _COMPILERS if (found := which(name))), None)


def _name(compiler: str) -> str:
    """File name of the library: another source, compiler or machine makes another one."""
    with open(_SOURCE, "rb") as file:
        digest = sha256(file.read())
    digest.update(f"{compiler} {os.stat(compiler).st_mtime_ns} {os.uname().machine}".encode())
    return f"preload-{digest.hexdigest()[:16]}.so"


def _library(watch: Watch) -> str:
    """The library, compiled into the cache of the project if it is not there."""
    compiler = _compiler()
    if compiler is None:
        raise CaptureError("there is no C compiler (cc, gcc or clang)", hint="see `provkit doctor`")
    cache = f"{watch.project}/.provkit/cache"
    parted = ":" in cache or " " in cache  # as names in LD_PRELOAD are
    folder = cache if os.path.isdir(cache) and not parted else preflight.user_cache()
    path = f"{folder}/{_name(compiler)}"
    if not os.path.exists(path):
        _compile(compiler, path)
    return path


def _compile(compiler: str, path: str) -> None:
    growing = f"{path}.{os.getpid()}"
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", growing, _SOURCE, "-ldl", "-lpthread"]
    quiet = [(os.POSIX_SPAWN_OPEN, handle, os.devnull, os.O_RDWR, 0) for handle in (0, 1, 2)]
    try:
        pid = os.posix_spawn(compiler, words, os.environ, file_actions=quiet)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise CaptureError(f"{compiler} cannot compile the preload library")
        os.rename(growing, path)
    except OSError as error:
        raise CaptureError(f"the preload library cannot be made: {error.strerror}") from error
