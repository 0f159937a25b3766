"""What verification finds: a rule that is broken, where, and in what way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity: An ``error`` breaks a rule of the format; a ``warning`` is unwise.
        rule: Code of the rule, explained in ``docs/reference/packages.md``.
        place: File in the package, or identifier.
        message: One sentence.
    """

    severity: Severity
    rule: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place or '.'}: {self.severity} {self.rule}: {self.message}"

    def to_json(self) -> dict[str, str]:
        """As ``provkit verify --json`` prints it."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "place": self.place,
            "message": self.message,
        }


class Claim(NamedTuple):
    """What a package says about the bytes of one of its files."""

    path: str
    algorithm: str
    digest: str
    rule: str
    place: str


@dataclass(slots=True)
class Ledger:
    """Takes down findings and claims while a package is read."""

    findings: set[Finding] = field(default_factory=set)
    claims: list[Claim] = field(default_factory=list)

    def error(self, rule: str, place: str, message: str) -> None:
        """A rule of the format is broken."""
        self.findings.add(Finding("error", rule, place, message))

    def warn(self, rule: str, place: str, message: str) -> None:
        """Something is unwise, or cannot be told."""
        self.findings.add(Finding("warning", rule, place, message))

    def claim(self, path: str, algorithm: str, digest: str, *, rule: str, place: str) -> None:
        """A file is said to have a checksum; it is looked at later, each file once."""
        self.claims.append(Claim(path, algorithm, digest.lower(), rule, place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of verifying a package.

    Attributes:
        package: As named by the user.
        kinds: What it turned out to be: ``bagit``, ``dataone``, ``rocrate``, ``map``.
        files: How many files it has.
        size_bytes: Of all of them.
        findings: Errors first, then by rule and place.
        index: For a resource map, how many values each of DataONE's search fields gets.
    """

    package: str
    kinds: tuple[str, ...]
    files: int
    size_bytes: int
    findings: tuple[Finding, ...]
    index: tuple[tuple[str, int], ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Rules that are broken."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def is_sound(self) -> bool:
        """No rule is broken."""
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """As ``provkit verify --json`` prints it."""
        return {
            "package": self.package,
            "kinds": list(self.kinds),
            "sound": self.is_sound,
            "files": self.files,
            "size": self.size_bytes,
            "findings": [each.to_json() for each in self.findings],
            "index": dict(self.index),
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by rule, place and message."""
    return tuple(sorted(findings))
