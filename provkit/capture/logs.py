"""Keep what a command says, without changing a byte of what is seen meanwhile.

Where our standard output or error is a terminal, the command gets a pseudo
terminal; where it is a pipe, a pipe; where it is a file, the file itself, which
is read afterwards. What comes is passed on at once. Streams that lead to the
same place share one channel, so that their order is kept.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import stat
import struct
import termios
from _thread import allocate_lock, start_new_thread
from dataclasses import dataclass, field
from typing import Literal

MOST_BYTES = 1 << 19
"""Of a stream, so much is kept: the first half from its beginning, the other from its end."""

_BLOCK = 1 << 16
_PIPE_BYTES = 1 << 20
_SIZE = struct.Struct("HHHH")
_TIMEOUT_MS = 100


class Log:
    """The beginning and the end of what a stream said."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.size_bytes = 0
        self._half = most_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()

    @property
    def truncated(self) -> bool:
        """Whether something in the middle was left out."""
        return self.size_bytes > len(self._head) + len(self._tail)

    def add(self, data: bytes) -> None:
        """Take in what was said."""
        self.size_bytes += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> bytes:
        """What is kept; only whole lines beside the gap, so that no secret is cut in two."""
        if len(self._tail) > self._half:
            del self._tail[: -self._half]
        if not self.truncated:
            return bytes(self._head + self._tail)
        head = self._head[: self._head.rfind(b"\n") + 1]
        tail = self._tail.partition(b"\n")[2]
        left_out = self.size_bytes - len(head) - len(tail)
        return bytes(head) + b"[provkit: %d bytes left out]\n" % left_out + bytes(tail)


@dataclass(slots=True)
class _Channel:
    """One way from the command to one of our streams.

    Attributes:
        stream: Which of ours it leads to; the first, when it is both.
        target: Descriptor that it leads to.
        source: Descriptor that we read from; -1 when closed or not needed.
        command: Descriptor that the command writes to; -1 once handed over.
        terminal: It is a pseudo terminal.
        start: For a file, where the command begins to write.
    """

    stream: Literal["stdout", "stderr"]
    target: int
    source: int = -1
    command: int = -1
    terminal: bool = False
    start: int | None = None
    log: Log = field(default_factory=Log)


class Tee:
    """The output streams of one command.

    Attributes:
        streams: For :class:`~provkit.capture.recorder.Watch`.
    """

    def __init__(self) -> None:
        self.streams: dict[int, int] = {}
        self._channels: list[_Channel] = []
        self._over = False
        self._begun = False
        self._idle = allocate_lock()
        places: dict[tuple[int, ...], _Channel] = {}
        for number, stream in ((1, "stdout"), (2, "stderr")):
            try:
                info = os.fstat(number)
            except OSError:
                continue  # closed, and so it stays
            place = (info.st_dev, info.st_ino, info.st_rdev)
            channel = places.get(place)
            if channel is None:
                channel = _open(number, "stdout" if stream == "stdout" else "stderr", info)
                if channel is None:
                    continue
                places[place] = channel
                self._channels.append(channel)
            if channel.command >= 0:
                self.streams[number] = channel.command

    def begin(self) -> None:
        """The command has started: let go of its ends, and pass on what comes.

        Safe to repeat when it failed half-way.
        """
        for channel in self._channels:
            if channel.command >= 0:
                os.close(channel.command)
                channel.command = -1
        if not self._begun and any(channel.source >= 0 for channel in self._channels):
            self._idle.acquire(blocking=False)
            # Signals are for the thread that waits for the command.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            start_new_thread(self._pass_on, ())
            self._begun = True
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def resized(self) -> None:
        """Our terminal changed its size; so does the command's."""
        for channel in self._channels:
            if channel.terminal and channel.source >= 0:
                _copy_size(channel.target, channel.source)

    def end(self) -> list[tuple[Literal["stdout", "stderr"], Log]]:
        """The command has ended: pass on what is still there; what was said, by stream."""
        self._over = True
        with self._idle:
            pass
        for channel in self._channels:
            if channel.start is not None:
                _read_back(channel, channel.start)
        return [(each.stream, each.log) for each in self._channels if each.log.size_bytes]

    def leave(self) -> None:
        """Processes that outlive the command may go on writing: keep passing that on."""
        if not any(channel.source >= 0 for channel in self._channels):
            return
        if os.fork() == 0:
            try:
                self._over = False
                self._pass_on()
            finally:
                os._exit(0)

    def _pass_on(self) -> None:
        poll = select.poll()
        sources = {each.source: each for each in self._channels if each.source >= 0}
        for source in sources:
            os.set_blocking(source, False)
            poll.register(source, select.POLLIN)
        try:
            while sources:
                over = self._over
                ready = poll.poll(0 if over else _TIMEOUT_MS)
                for source, _ in ready:
                    if not _pass_on_once(sources[source]):
                        poll.unregister(source)
                        os.close(source)
                        sources.pop(source).source = -1
                if over and not ready:
                    return
        finally:
            if self._idle.locked():
                self._idle.release()


def _open(
    number: int, stream: Literal["stdout", "stderr"], info: os.stat_result
) -> _Channel | None:
    """A channel to one of our streams; None when there is nothing to keep or to do."""
    if stat.S_ISREG(info.st_mode):
        appends = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_APPEND
        start = info.st_size if appends else os.lseek(number, 0, os.SEEK_CUR)
        return _Channel(stream, number, start=start)
    if stat.S_ISFIFO(info.st_mode) or stat.S_ISSOCK(info.st_mode):
        source, command = os.pipe()
        try:
            fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EBUSY):
                raise
        return _Channel(stream, number, source, command)
    if os.isatty(number):
        source, command = os.openpty()
        mode = termios.tcgetattr(command)
        mode[1] &= ~termios.OPOST  # line ends are made by the real terminal
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(command, termios.TCSANOW, mode)
        _copy_size(number, command)
        return _Channel(stream, number, source, command, terminal=True)
    return None


def _copy_size(source: int, target: int) -> None:
    try:
        size = fcntl.ioctl(source, termios.TIOCGWINSZ, bytes(_SIZE.size))
        fcntl.ioctl(target, termios.TIOCSWINSZ, size)
    except OSError:
        return


def _pass_on_once(channel: _Channel) -> bool:
    """Pass on a piece; False when there will be no more, or nobody wants it."""
    try:
        data = os.read(channel.source, _BLOCK)
    except BlockingIOError:
        return True
    except OSError:  # EIO: the last user of the pseudo terminal is gone
        return False
    if not data:
        return False
    try:
        channel.log.add(data)
    except MemoryError:
        channel.log = Log()  # what is passed on matters more than what is kept
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(channel.target, view) :]
        except BlockingIOError:
            select.select([], [channel.target], [])
        except OSError:  # the reader went away: so will the command's, and it gets SIGPIPE
            return False
    return True


def _read_back(channel: _Channel, start: int) -> None:
    """Take in what was written to a file of ours."""
    try:
        handle = os.open(f"/proc/self/fd/{channel.target}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # we may write to it, but not read
    try:
        while data := os.pread(handle, _BLOCK, start):
            channel.log.add(data)
            start += len(data)
    finally:
        os.close(handle)
