"""Lines of a record that tell of files, each only when it says something new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from provkit.capture.noise import Noise
from provkit.model.events import AccessKind, Event, FileAccessed


class AccessLines:
    """Writes the accesses of a run to its journal.

    Args:
        noise: Gives paths as records write them.
        append: Writes an event.
    """

    def __init__(self, noise: Noise, append: Callable[[Event], None]) -> None:
        self._noise = noise
        self._append = append
        self._told: dict[tuple[int, str, str], tuple[int, int]] = {}
        self._changes: dict[str, int] = {}
        self._reads = 0

    def tell(
        self, number: int, kind: AccessKind, path: str, at: datetime | None, *, fresh: bool = False
    ) -> bool:
        """Write a line, unless it says nothing new.

        Reading again what is unchanged is not news; nor is writing again when
        nothing was read in between.

        Returns:
            Whether it was written.
        """
        key = (number, kind, path)
        changes = self._changes.get(path, 0)
        mark = (changes, self._reads if kind == "write" else 0)
        if self._told.get(key) == mark and not fresh:
            return False
        if kind == "read":
            self._reads += 1
        elif kind == "write":
            changes += 1
            self._changes[path] = changes
        self._told[key] = (changes, self._reads if kind == "write" else 0)
        self.add(number, kind, path, at, fresh=fresh)
        return True

    def add(
        self,
        number: int,
        kind: AccessKind,
        path: str,
        at: datetime | None,
        *,
        target: str | None = None,
        fresh: bool = False,
    ) -> None:
        """Write a line in any case."""
        self._append(
            FileAccessed(
                process=number,
                kind=kind,
                path=self._noise.relative(path),
                target=None if target is None else self._noise.relative(target),
                at=at or datetime.now(UTC),
                fresh=fresh,
            )
        )

    def changed(self, *paths: str) -> None:
        """These changed, so reading them is news again."""
        for path in paths:
            self._changes[path] = self._changes.get(path, 0) + 1
