"""Ctrl-C while provkit itself works: the first hurries it, the second ends it.

While the command runs, signals are the command's (:mod:`provkit.capture.child`).
Afterwards only provkit is left, reading what may be large: the first Ctrl-C stops
that, in the middle of a file, and the record is finished without it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Patience:
    """Ours, until the user asks us to come to an end.

    Attributes:
        is_over: Asked once: read no more files, finish the record.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._reading = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            # What is ignored (nohup, a background job) stays so, for us and the command.
            if signal.getsignal(number) != signal.SIG_IGN:
                try:
                    self._before[number] = signal.signal(number, self._asked)
                except ValueError:
                    return self  # not the main thread: signals are somebody else's business
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While a file is read, being asked raises KeyboardInterrupt."""
        self._reading = True
        try:
            yield
        finally:
            self._reading = False

    def _asked(self, number: int, _: FrameType | None) -> None:
        if self.is_over:
            os._exit(128 + number)  # the open record then says: interrupted
        self.is_over = True
        if self._reading:
            raise KeyboardInterrupt
