"""URI templates of ``@uri`` and ``@file``, and the one matcher that holds paths against them.

``data/{station}/{day}.csv`` names many files by one text. A :class:`Matcher`
takes any number of templates and answers, path by path, which of them fit and
with which values; files below a folder, recorded resource lists and the files
of recorded runs all go through it.

A variable stays within one segment of a path, or may cross ``/``, as the
template was added. Everything that is not in braces stands for itself, so
``*``, ``?`` and ``[1]`` are ordinary characters. Each variable takes as little
as it can, from left to right, so that values and constants together give the
path; a name that occurs twice has one value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from provkit.errors import ModelError, UsageError

# Trying every value of a repeated name can take time exponential in the length of a
# hostile path. Beyond this many steps the path counts as undecided.
_MOST_STEPS = 20_000

Values = tuple[str, ...]


class Pattern(NamedTuple):
    """Constant parts with variables between them.

    Attributes:
        fragments: The constant parts, one more than there are variables; they may be empty.
        slots: Name of each variable; empty for the anonymous ``{}``.
    """

    fragments: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each name once, in the order of first occurrence."""
        return tuple(dict.fromkeys(name for name in self.slots if name))


class Template(NamedTuple):
    """A URI template.

    Attributes:
        text: As written, without one trailing ``/``.
        scheme: ``file``, ``http``…; empty when there is none.
        path: The pattern of everything after the scheme.
    """

    text: str
    scheme: str
    path: Pattern

    @property
    def is_file(self) -> bool:
        """It names files, not things on the net."""
        return self.scheme.lower() in ("", "file")

    @property
    def leading_path(self) -> str:
        """The folder that holds every match, as far as the constant start tells.

        The whole path if there is no variable (specification of YesWorkflow, URI
        templates, rule 6).
        """
        first = self.path.fragments[0]
        return first if not self.path.slots else first.rpartition("/")[0]


def parse_pattern(text: str) -> Pattern:
    """Constant parts and variables of a text with ``{name}`` in it.

    Raises:
        ModelError: A brace is not closed.
    """
    fragments: list[str] = []
    slots: list[str] = []
    at = 0
    while (opening := text.find("{", at)) >= 0:
        closing = text.find("}", opening)
        if closing < 0:
            raise ModelError(
                f"the brace in {text[opening:]!r} is not closed",
                hint="write a variable as {name}",
            )
        fragments.append(text[at:opening])
        slots.append(text[opening + 1 : closing])
        at = closing + 1
    fragments.append(text[at:])
    return Pattern(tuple(fragments), tuple(slots))


def parse_template(text: str) -> Template:
    """Template written as ``text``; one trailing ``/`` and every doubled one go.

    The text before the first ``:`` is the scheme if it can be one; otherwise the
    colon belongs to the path.

    Raises:
        ModelError: A brace is not closed.
    """
    text = _trim_slash(text)
    scheme, path = split_scheme(text)
    pattern = parse_pattern(path)
    fragments = tuple(_single_slashes(part) for part in pattern.fragments)
    return Template(text, scheme, Pattern(fragments, pattern.slots))


def _single_slashes(text: str) -> str:
    """Text with every run of ``/`` made one (rule 3)."""
    while "//" in text:
        text = text.replace("//", "/")
    return text


def _trim_slash(text: str) -> str:
    """Text without one trailing ``/``; ``/`` and ``foo:/`` stay (rule 1)."""
    if not text.endswith("/") or text == "/":
        return text
    colon = text.find(":")
    return text if colon >= 0 and len(text) - colon <= 3 else text[:-1]


def split_scheme(text: str) -> tuple[str, str]:
    """Scheme and the rest; an empty scheme if there is none.

    A scheme is as in RFC 3986, section 3.1; one letter would be a Windows drive.
    """
    scheme, colon, rest = text.partition(":")
    plain = scheme.replace("+", "").replace("-", "").replace(".", "")
    if not colon or len(scheme) < 2 or not (plain.isascii() and plain.isalnum()):
        return "", text
    return (scheme, rest) if scheme[0].isalpha() else ("", text)


def fill(template: Template, values: Mapping[str, str]) -> str:
    """Path that a template names for these values; an anonymous ``{}`` takes the value of ``""``.

    Raises:
        UsageError: A variable has no value.
    """
    parts = [template.path.fragments[0]]
    for name, after in zip(template.path.slots, template.path.fragments[1:], strict=True):
        if name not in values:
            raise UsageError(f"the template {template.text!r} needs a value for {{{name}}}")
        parts += [values[name], after]
    return "".join(parts)


def match_text(pattern: Pattern, text: str) -> Values | None:
    """Values of the named variables if a pattern fits from the start of a text, else None.

    What follows the last constant part is free, and a variable at the very end
    takes the rest: the rule for entries of logs.
    """
    values = leftmost(pattern.fragments, text, whole=False)
    if values is None:
        return None
    named = one_each(pattern.slots, values)
    if named is not None:
        return named
    try:
        return search(pattern, text, whole=False)
    except Undecided:
        return None


def leftmost(
    fragments: tuple[str, ...], text: str, *, least: int = 0, whole: bool = True
) -> Values | None:
    """Value of each variable, as short as the constant parts allow; linear in the text.

    Args:
        fragments: The constant parts.
        text: What to read.
        least: Length of the shortest value allowed.
        whole: The last constant part must end the text.
    """
    if len(fragments) == 1:
        fits = text == fragments[0] if whole else text.startswith(fragments[0])
        return () if fits else None
    if not text.startswith(fragments[0]):
        return None
    at = len(fragments[0])
    values = []
    for fragment in fragments[1:-1]:
        end = text.find(fragment, at + least)
        if end < 0:
            return None
        values.append(text[at:end])
        at = end + len(fragment)
    last = fragments[-1]
    if not last:
        end = len(text)
    elif whole:
        end = len(text) - len(last) if text.endswith(last) else -1
    else:
        end = text.find(last, at + least)
    if end < at + least:
        return None
    values.append(text[at:end])
    return tuple(values)


def one_each(slots: tuple[str, ...], values: Values) -> Values | None:
    """Values of the distinct names, or None when one name got two values."""
    found: dict[str, str] = {}
    for name, value in zip(slots, values, strict=True):
        if name and found.setdefault(name, value) != value:
            return None
    return tuple(found.values())


class Undecided(Exception):  # noqa: N818 - an answer of search, never seen outside this package
    """Too many ways to read a text to try them all."""


def search(
    pattern: Pattern, text: str, *, least: int = 0, barrier: str = "", whole: bool = True
) -> Values | None:
    """Values such that equal names have equal values, shorter values tried first.

    Only needed when :func:`leftmost` gives one name two values.

    Args:
        pattern: Constant parts and variables.
        text: What to read.
        least: Length of the shortest value allowed.
        barrier: Character that no value may hold.
        whole: The last constant part must end the text.

    Raises:
        Undecided: It would take too long to say.
    """
    if not text.startswith(pattern.fragments[0]):
        return None
    waiting: list[tuple[int, Values]] = [(len(pattern.fragments[0]), ())]
    steps = 0
    while waiting:
        at, values = waiting.pop()
        index = len(values)
        if index == len(pattern.slots):
            return one_each(pattern.slots, values)
        name, after = pattern.slots[index], pattern.fragments[index + 1]
        if name and name in pattern.slots[:index]:
            known = values[pattern.slots.index(name)]
            ends = [at + len(known)] if text.startswith(known + after, at) else []
        else:
            ends = _ends(text, at + least, after)
        if index == len(pattern.slots) - 1:
            ends = [end for end in ends if _closes(text, end, after, whole=whole)]
        if barrier and (wall := text.find(barrier, at)) >= 0:
            ends = [end for end in ends if end <= wall]
        steps += 1 + len(ends)
        if steps > _MOST_STEPS:
            raise Undecided
        waiting += [(end + len(after), (*values, text[at:end])) for end in reversed(ends)]
    return None


def _ends(text: str, at: int, after: str) -> list[int]:
    """Each place from ``at`` on where a constant part begins."""
    if not after:
        return list(range(at, len(text) + 1))
    ends = []
    while (at := text.find(after, at)) >= 0:
        ends.append(at)
        at += 1
    return ends


def _closes(text: str, end: int, last: str, *, whole: bool) -> bool:
    """The last variable may end here: at the end of the text, if the template asks for that."""
    return end + len(last) == len(text) if whole or not last else True
