"""What a package says about itself that no run can know: title, people, rights, repository.

Read from the table ``[package]`` of ``.provkit/config.toml``::

    [package]
    title = "Monthly means of air temperature"
    abstract = "…"
    rights = "CC-BY 4.0"
    keywords = ["temperature"]
    public = true                 # anyone may read it once it is in a repository
    resolve = "https://cn.dataone.org/cn/v2/resolve/"
    checksum = "SHA-256"          # MD5 or SHA-1 for nodes that know no other

    [[package.creators]]
    given = "Ann"
    surname = "Example"
    email = "ann@example.org"
    orcid = "0000-0002-1825-0097"
    organization = "Example University"

A setting that cannot be used is refused with its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from provkit.errors import ConfigError

RESOLVE = "https://cn.dataone.org/cn/v2/resolve/"
"""Where DataONE resolves the identifiers of its objects, version 2 of the service."""

Checksum = Literal["SHA-256", "SHA-1", "MD5"]
CHECKSUMS: tuple[Checksum, ...] = ("SHA-256", "SHA-1", "MD5")

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A creator of the package.

    Attributes:
        surname: Family name; for an organisation alone it may be empty.
        orcid: Sixteen digits in four groups, without ``https://orcid.org/``.
    """

    surname: str = ""
    given: str = ""
    organization: str = ""
    email: str = ""
    orcid: str = ""

    @property
    def name(self) -> str:
        """Name for readers."""
        return f"{self.given} {self.surname}".strip() or self.organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a package.

    Attributes:
        title: One line; made from the runs when empty.
        abstract: What the package is about.
        creators: The first one is also the contact.
        rights: Terms of use.
        keywords: Words to find it by.
        public: Anyone may read it once it is in a repository.
        resolve: Base of the resolve URIs; one for all of a package (rule R12 of DataONE maps).
        checksum: Algorithm named in system metadata.
        rights_holder: Subject that owns the objects; the first creator's ORCID by default.
        submitter: Subject that uploads; the rights holder by default.
        node: Member Node the package is meant for, ``urn:node:…``; may be empty.
    """

    title: str = ""
    abstract: str = ""
    creators: tuple[Person, ...] = ()
    rights: str = ""
    keywords: tuple[str, ...] = ()
    public: bool = True
    resolve: str = RESOLVE
    checksum: Checksum = "SHA-256"
    rights_holder: str = ""
    submitter: str = ""
    node: str = ""

    def __post_init__(self) -> None:
        if not re.match(r"https?://[^\s<>\"{}|\\^`#?]+/\Z", self.resolve):
            raise ConfigError(
                f"package.resolve is not the base of a resolve service: {self.resolve!r}",
                hint=f"such as {RESOLVE}, with the slash at the end",
            )
        if self.checksum not in CHECKSUMS:
            raise ConfigError(
                f"package.checksum cannot be {self.checksum!r}", hint=f"one of {_list(CHECKSUMS)}"
            )
        if self.node and not self.node.startswith("urn:node:"):
            raise ConfigError(
                f"package.node is not a node id: {self.node!r}", hint="such as urn:node:KNB"
            )


def read_settings(table: Mapping[str, object]) -> Settings:
    """Settings from the ``[package]`` table of a configuration.

    Raises:
        ConfigError: A key is unknown, or its value cannot be used.
    """
    known = Settings.__dataclass_fields__
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"unknown setting package.{key}", hint=f"known: {_list(known)}")
        if key == "creators":
            values[key] = _people(value)
        elif key == "keywords":
            values[key] = _texts(key, value)
        elif key == "public":
            if not isinstance(value, bool):
                raise ConfigError(f"package.public is not true or false: {value!r}")
            values[key] = value
        else:
            values[key] = _text(key, value)
    return Settings(**values)


def read_orcid(text: str) -> str:
    """The sixteen digits of an ORCID, given bare or as IRI, their check digit verified.

    The last digit is that of ISO/IEC 7064, MOD 11-2, as ORCID documents it.

    Raises:
        ConfigError: It is not an ORCID.
    """
    match = _ORCID.match(text)
    if match is None:
        raise ConfigError(f"not an ORCID: {text!r}", hint="such as 0000-0002-1825-0097")
    digits = match[1].replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        raise ConfigError(
            f"ORCID {match[1]} has a wrong digit", hint="compare it with https://orcid.org"
        )
    return match[1]


def _people(value: object) -> tuple[Person, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ConfigError(
            "package.creators is not a list of tables", hint="write [[package.creators]]"
        )
    return tuple(_person(number, each) for number, each in enumerate(value, 1))


def _person(number: int, row: dict[str, object]) -> Person:
    known = Person.__dataclass_fields__
    for key in row:
        if key not in known:
            raise ConfigError(
                f"unknown setting package.creators[{number}].{key}", hint=f"known: {_list(known)}"
            )
    values = {key: _text(f"creators[{number}].{key}", value) for key, value in row.items()}
    if values.get("orcid"):
        values["orcid"] = read_orcid(values["orcid"])
    person = Person(**values)
    if not person.surname and not person.organization:
        raise ConfigError(
            f"package.creators[{number}] has no name", hint="set surname or organization"
        )
    return person


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"package.{key} is not text: {value!r}")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"package.{key} is not a list of texts: {value!r}")
    return tuple(value)


def _list(words: object) -> str:
    return ", ".join(words) if isinstance(words, dict | tuple) else str(words)
