"""Read a command line: what to execute, which program that is, which parameters it is given.

*Program* is the script, else the module's file (``python -m m``), else the
executable; for ``bash -c TEXT`` the shell, with the text as a parameter.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH100, PTH109, PTH112, PTH113, PTH118, PTH119

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shutil import which

from provkit.errors import UsageError

INTERPRETERS: dict[str, tuple[tuple[str, ...], ...]] = {
    ".py": (("python3",), ("python",)),
    ".r": (("Rscript",),),
    ".m": (("octave-cli",), ("octave",)),
    ".jl": (("julia",),),
    ".sh": (("bash",), ("sh",)),
    ".pl": (("perl",),),
    ".rb": (("ruby",),),
}
"""By extension in lower case, what runs a script, best first."""

_INTERPRETER = re.compile(
    r"(?P<python>python|pypy)[\d.]*\Z|(?P<R>Rscript|R)\Z|(?P<octave>octave(?:-cli)?)(?:-[\d.]+)?\Z"
    r"|(?P<julia>julia)\Z|(?P<shell>ba|da|z|k|mk|a)?sh\Z|(?P<other>perl|ruby|node|lua|php)\Z"
)
_INLINE = {
    "python": ("-c",),
    "R": ("-e",),
    "octave": ("--eval",),
    "julia": ("-e", "-E", "--eval", "--print"),
    "shell": ("-c",),
    "other": ("-e", "-r", "-E"),
}
"""Options after which the program is text on the command line."""

_TAKES_VALUE = {
    "python": ("-W", "-X", "--check-hash-based-pycs"),
    "octave": ("--path", "-p", "--exec-path", "--image-path"),
    "julia": ("-L", "--load", "-J", "--sysimage", "-p", "--procs", "-t", "--threads", "-C"),
    "shell": ("-o", "-O", "--rcfile", "--init-file"),
    "other": ("-I", "-r", "--require"),
}
_NAMED = re.compile(r"--?([A-Za-z][\w.-]*)=(.*)\Z", re.DOTALL)
_OPTION = re.compile(r"--([A-Za-z][\w.-]*)\Z|-([A-Za-z])\Z")
_ASSIGNED = re.compile(r"([A-Za-z_][\w.-]*)=(.*)\Z", re.DOTALL)
_NUMBER = re.compile(r"-\.?\d")

NOT_FOUND, NOT_EXECUTABLE = 127, 126


class CommandNotFoundError(UsageError):
    """The command cannot be executed; exits as a shell would.

    Args:
        message: One sentence.
        exit_code: 127 when it is not there, 126 when it may not be executed.
        hint: What to do.
    """

    def __init__(self, message: str, *, exit_code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is to be run.

    Attributes:
        words: Argument vector.
        executable: Absolute path of what is executed.
        program: Absolute path of the program.
        parameters: Names and values found in the arguments.
    """

    words: tuple[str, ...]
    executable: str
    program: str
    parameters: dict[str, str] = field(default_factory=dict)


def read_command(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> Command:
    """What a command line means in the working directory.

    Args:
        words: As given by the user; a script needs no interpreter before it.
        environ: Where ``PATH`` is looked up.

    Raises:
        UsageError: There is no command, or no such script.
        CommandNotFoundError: No such command, or it may not be executed.
    """
    if not words or not words[0]:
        raise UsageError("no command to run", hint="provkit run -- COMMAND [ARGUMENT]...")
    words = _with_interpreter(words, environ)
    executable = find_executable(words[0], environ)
    program, rest, text = _program(words, executable)
    parameters = _parameters(rest)
    if text is not None:
        parameters["command"] = text
    return Command(
        words=tuple(words), executable=executable, program=program, parameters=parameters
    )


def _with_interpreter(words: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The command line, with what runs the script in front when it begins with a script."""
    first = words[0]
    choices = INTERPRETERS.get(os.path.splitext(first)[1].lower())  # noqa: PTH122
    if choices is None:
        return list(words)
    if not os.path.isfile(first):
        if which(first, path=environ.get("PATH")) is not None:
            return list(words)
        raise UsageError(f"no such script: {first}", hint="paths are from the working directory")
    if "/" in first and os.access(first, os.X_OK):
        return list(words)  # the system can run it
    if choices is INTERPRETERS[".py"]:
        return [_python(environ), first, *words[1:]]
    for choice in choices:
        if which(choice[0], path=environ.get("PATH")) is not None:
            return [*choice, first, *words[1:]]
    raise CommandNotFoundError(
        f"nothing here runs {first}: no {' or '.join(choice[0] for choice in choices)}",
        exit_code=NOT_FOUND,
        hint="install it, or name an interpreter: provkit run -- INTERPRETER SCRIPT",
    )


def _python(environ: Mapping[str, str]) -> str:
    """The Python a user would get by typing ``python``, else our own."""
    for name in ("python", "python3"):
        if which(name, path=environ.get("PATH")) is not None:
            return name
    return sys.executable


def find_executable(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Absolute path of a command, as a shell finds it.

    Raises:
        CommandNotFoundError: No such command, or it may not be executed.
    """
    found = which(name, path=environ.get("PATH"))
    if found is not None:
        return os.path.abspath(found)
    if os.path.isdir(name):
        raise CommandNotFoundError(f"{name} is a folder", exit_code=NOT_EXECUTABLE)
    if "/" in name and os.path.lexists(name):
        raise CommandNotFoundError(
            f"not executable: {name}", exit_code=NOT_EXECUTABLE, hint=f"chmod +x {name}"
        )
    raise CommandNotFoundError(
        f"command not found: {name}", exit_code=NOT_FOUND, hint="check its spelling and PATH"
    )


def _interpreter(name: str) -> str | None:
    found = _INTERPRETER.match(os.path.basename(name))
    if found is None:
        return None
    return found.lastgroup or "shell"


def _program(words: Sequence[str], executable: str) -> tuple[str, Sequence[str], str | None]:
    """Absolute path of the program, its own arguments, and its text when given in place."""
    kind = _interpreter(words[0])
    if kind is None:
        return executable, words[1:], None
    index = 1
    while index < len(words):
        word, then = words[index], words[index + 1 :]
        if word in _INLINE[kind] and then:
            return executable, then[1:], then[0]
        script = _script(kind, word, then)
        if script is not None:
            return script[0] or executable, script[1], None
        index += 2 if word in _TAKES_VALUE.get(kind, ()) else 1
    return executable, (), None


def _script(kind: str, word: str, then: Sequence[str]) -> tuple[str | None, Sequence[str]] | None:
    """The script that a word of the command line names, and what follows it; None when none.

    What an interpreter is given first is its script, there or not. The path is
    None for a module that belongs to the installation.
    """
    if kind == "python" and word == "-m" and then:
        return _module_file(then[0]), then[1:]
    if kind == "R" and word in ("-f", "--file") and then:
        return os.path.abspath(then[0]), then[1:]
    if kind == "R" and word.startswith("--file="):
        return os.path.abspath(word.partition("=")[2]), then
    if word.startswith(("-", "+")):
        return None
    return os.path.abspath(word), then


def _module_file(name: str) -> str | None:
    """File of a module below the working directory; others belong to the installation."""
    base = os.path.join(os.getcwd(), *name.split("."))
    for path in (f"{base}.py", f"{base}/__main__.py"):
        if os.path.isfile(path):
            return path
    return None


def _parameters(words: Sequence[str]) -> dict[str, str]:
    """``--threshold 5``, ``--threshold=5``, ``threshold=5`` and ``-t 5``; a bare option is true."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        named = _NAMED.match(word) or _ASSIGNED.match(word)
        if named is not None:
            found[named[1]] = named[2]
            continue
        option = _OPTION.match(word)
        if option is None:
            continue
        name = option[1] or option[2]
        takes = bool(rest) and (not rest[0].startswith("-") or bool(_NUMBER.match(rest[0])))
        found[name] = rest.pop(0) if takes else "true"
    return found
