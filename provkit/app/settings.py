"""Settings: what they are, where each value comes from, and how to change one.

Looked up in this order, the last that says something wins: built-in default,
the user's file (``$XDG_CONFIG_HOME/provkit/config.toml``), ``[tool.provkit]`` in
the ``pyproject.toml`` beside ``.provkit``, the project's ``.provkit/config.toml``,
the environment (``record.recorder`` is ``PROVKIT_RECORD_RECORDER``), and then the
options of a command. Tables that are not listed here, such as ``[package]``,
belong to the rooms that read them.
"""

# Plain os.path: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH103, PTH111, PTH120, PTH123

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from provkit.app.folder import ProjectFolder, not_usable
from provkit.errors import ConfigError
from provkit.files import write_atomically

Origin = Literal["default", "user", "project", "environment"]
Kind = Literal["text", "texts", "flag", "size"]

_ORCID = re.compile(r"(?:https?://orcid\.org/)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]\Z")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?\Z")
_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)+\Z")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that there is.

    Attributes:
        kind: What its value looks like.
        default: Its value when nobody says otherwise.
        meaning: One line for people.
        choices: Allowed texts; empty when any is.
    """

    kind: Kind
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()


KNOWN: dict[str, Known] = {
    "user.orcid": Known("text", "", "Your ORCID; runs and statements then name it."),
    "record.recorder": Known(
        "text",
        "auto",
        "How runs are watched.",
        ("auto", "notify", "strace", "preload", "python", "snapshot", "none"),
    ),
    "record.include": Known("texts", (), "Globs of files to record although they look like noise."),
    "record.exclude": Known("texts", (), "Globs of files never to record."),
    "record.environment": Known("texts", (), "Environment variables to record too."),
    "archive.enabled": Known("flag", True, "Keep the bytes of what runs read and write."),
    "archive.max_size": Known(
        "size", 100_000_000, "Largest file to keep, such as 500 MB; 0 is any. Scripts always are."
    ),
}
"""Every setting with a meaning of its own."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it is in force.

    Attributes:
        name: Table and key, joined by a dot.
        value: Its value.
        origin: What kind of place said so.
        where: The file or the variable.
    """

    name: str
    value: Any
    origin: Origin
    where: str = ""


class Settings(Mapping[str, Any]):
    """All settings in force, by name.

    Args:
        found: By name, what is in force.
    """

    def __init__(self, found: Mapping[str, Setting]) -> None:
        self._found = dict(sorted(found.items()))

    def __getitem__(self, name: str) -> Any:
        return self._found[name].value

    def __iter__(self) -> Any:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def origins(self) -> tuple[Setting, ...]:
        """Every setting with where its value comes from, by name."""
        return tuple(self._found.values())

    def table(self, name: str) -> dict[str, Any]:
        """Values below one table, for example ``table("package")``."""
        start = f"{name}."
        return {
            key.removeprefix(start): each.value
            for key, each in self._found.items()
            if key.startswith(start)
        }


def read_settings(
    project: ProjectFolder | None, *, environ: Mapping[str, str] = os.environ
) -> Settings:
    """The settings in force.

    Args:
        project: None outside of any project.
        environ: The environment.

    Raises:
        ConfigError: A file cannot be read or a value cannot be used; says where.
    """
    found = {name: Setting(name, known.default, "default") for name, known in KNOWN.items()}
    files: list[tuple[Origin, str, Mapping[str, Any]]] = []
    user = user_file(environ)
    files.append(("user", user, _read_file(user)))
    if project is not None:
        shared, own = f"{project.root}/pyproject.toml", project.path("config.toml")
        files.append(("project", shared, _read_pyproject(shared)))
        files.append(("project", own, _read_file(own)))
    for origin, path, values in files:
        for name, value in values.items():
            found[name] = Setting(name, check_value(name, value, path), origin, path)
    for name in KNOWN:
        variable = f"PROVKIT_{name.replace('.', '_').upper()}"
        if variable in environ:
            value = check_value(name, environ[variable], variable)
            found[name] = Setting(name, value, "environment", variable)
    return Settings(found)


def user_file(environ: Mapping[str, str] = os.environ) -> str:
    """Path of the user's own settings."""
    base = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return f"{base}/provkit/config.toml"


def current_user(settings: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> str:
    """Who is speaking: the ORCID when set, else the login name."""
    orcid: str = settings["user.orcid"]
    if orcid:
        return orcid
    import pwd  # noqa: PLC0415 - asks the system's user list, which can be slow

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container whose user has no name
        return environ.get("USER") or str(os.getuid())


def check_value(name: str, value: Any, where: str) -> Any:
    """The value of a setting in its proper type.

    Args:
        name: Full name.
        value: From a TOML file, or text.
        where: For the message.

    Raises:
        ConfigError: It cannot be used.
    """
    known = KNOWN.get(name)
    if known is None:
        if name.partition(".")[0] in {each.partition(".")[0] for each in KNOWN}:
            raise ConfigError(
                f"{where}: no such setting: {name}", hint="`provkit config` lists them all"
            )
        return value
    made: Any = _READERS[known.kind](value)
    if made is None or (known.choices and made not in known.choices):
        wanted = f"one of {', '.join(known.choices)}" if known.choices else _WANTED[known.kind]
        raise ConfigError(f"{where}: {name} cannot be {value!r}", hint=f"write {wanted}")
    if name == "user.orcid" and made and not _ORCID.match(made):
        raise ConfigError(f"{where}: not an ORCID: {made!r}", hint="write 0000-0002-1825-0097")
    return made


def change_setting(path: str, name: str, value: str | None) -> None:
    """Change one value in a settings file, leaving every other line as it is.

    Args:
        path: The file; made when missing.
        name: Full name.
        value: As typed by the user; None takes the setting out.

    Raises:
        ConfigError: The value cannot be used; nothing was changed.
        ProjectError: The file cannot be written.
    """
    if not _NAME.match(name):
        raise ConfigError(f"not a setting: {name!r}", hint="write table.name, see `provkit config`")
    line = None if value is None else _toml(check_value(name, value, "command line"))
    table, _, key = name.rpartition(".")
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        lines = []
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    changed = _edit(lines, table, key, None if line is None else f"{key} = {line}")
    text = "\n".join(changed) + "\n"
    _parse(text, path)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with write_atomically(path) as whole:
            whole.write(text.encode("utf-8"))
    except OSError as error:
        raise not_usable(path, error) from error


def _edit(lines: list[str], table: str, key: str, line: str | None) -> list[str]:
    """Lines of a TOML file with one key of one table replaced, added or taken out."""
    header = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?\Z")
    ours = re.compile(rf"\s*{re.escape(key)}\s*=")
    start = next((at for at, each in enumerate(lines) if header.match(each)), None)
    if start is None:
        return lines if line is None else [*lines, *([""] if lines else []), f"[{table}]", line]
    end = start + 1
    while end < len(lines) and not lines[end].lstrip().startswith("["):
        if ours.match(lines[end]):
            return [*lines[:end], *([line] if line is not None else []), *lines[end + 1 :]]
        end += 1
    return lines if line is None else [*lines[: start + 1], line, *lines[start + 1 :]]


def _read_file(path: str) -> dict[str, Any]:
    """Every value in a settings file, by full name; a table in a list stays a list."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return dict(_flatten("", _parse(text, path)))


def _read_pyproject(path: str) -> dict[str, Any]:
    """What ``[tool.provkit]`` says; a file that has no such table is not even parsed."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return {}  # not ours to complain about
    if "tool.provkit" not in text:
        return {}
    return dict(_flatten("", _parse(text, path).get("tool", {}).get("provkit", {})))


def _parse(text: str, path: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - 4 ms, and most projects have no settings file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", hint="it is a TOML file: https://toml.io") from error


def _flatten(start: str, table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flatten(f"{start}{key}.", value)
        else:
            pairs.append((f"{start}{key}", value))
    return pairs


def _read_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _read_texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None


def _read_flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _read_size(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    parts = _SIZE.match(value.strip()) if isinstance(value, str) else None
    if parts is None:
        return None
    base = 1024 if parts[3] else 1000
    power = " KMGT".index(parts[2].upper() or " ")
    return int(float(parts[1]) * base**power)


_READERS = {"text": _read_text, "texts": _read_texts, "flag": _read_flag, "size": _read_size}
_WANTED = {
    "text": "a text",
    "texts": "a list of texts, or a text with commas",
    "flag": "true or false",
    "size": "bytes, or a text such as 500 MB",
}


def _toml(value: Any) -> str:
    import json  # noqa: PLC0415 - a JSON text or list of texts is TOML too

    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
