"""What a capture report is made of: what went wrong, what could not be seen, what was put aside."""

from __future__ import annotations


class Report:
    """Gathers what a run must say of how it was seen.

    Attributes:
        hidden: How many paths the recorder has put aside itself, by kind.
        problems: What went wrong in us, one sentence each.
        blind: What could not be seen in this run, beyond what its recorder never sees.
    """

    def __init__(self) -> None:
        self.hidden: dict[str, int] = {}
        self.problems: list[str] = []
        self.blind: list[str] = []

    def hide(self, kind: str, count: int) -> None:
        """Count paths that the recorder has put aside as noise itself."""
        if count:
            self.hidden[kind] = self.hidden.get(kind, 0) + count

    def cannot_see(self, sentence: str) -> None:
        """Something happened in the run that the recorder cannot follow."""
        if sentence not in self.blind:
            self.blind.append(sentence)

    def problem(self, sentence: str) -> None:
        """Something went wrong in us; the run becomes "incomplete, because …"."""
        if sentence not in self.problems:
            self.problems.append(sentence)
