r"""What a scanner must tell apart: comments, and the strings in which nothing is a comment.

A token is known by how it opens and how it ends. Everything is linear: what is
matched by a regular expression cannot backtrack (possessive repeats only), and
the rest is searched for with :meth:`str.find`. Comments of one language are
lists of these tokens in :mod:`provkit.yw.languages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

Ending = Literal["here", "line", "text", "body", "nested", "word"]


class Token(NamedTuple):
    """One kind of comment or string.

    Attributes:
        opening: Regular expression of its opening (DOTALL, MULTILINE).
        first: Characters with which it can open, as within ``[…]``; or a pattern in ``(…)``.
        ends: Where it ends: ``here``, with its opening; with the ``line``; at the next ``text``
            that is its closing; where its ``body`` matched; at the closing that is not
            ``nested``; at a line that is the ``word`` of its opening.
        closing: Text that ends it; or what makes that text of the opening.
        body: Regular expression of all that follows the opening.
        comment: It is a comment; else a string or the like.
        guard: Whether it may open at a place of a text.
    """

    opening: str
    first: str
    ends: Ending = "here"
    closing: str | Callable[[str], str] = ""
    body: str = ""
    comment: bool = False
    guard: Callable[[str, int], bool] | None = None


def line(delimiter: str, *, only_if: str = "", continued: bool = False) -> Token:
    """A comment to the end of the line.

    Args:
        delimiter: What opens it.
        only_if: Look-behind or other condition before it.
        continued: A backslash at the end continues it on the next line.
    """
    opening = only_if + re.escape(delimiter)
    return Token(opening, re.escape(delimiter[0]), "line", "\\" if continued else "", comment=True)


def block(opening: str, closing: str) -> Token:
    """A comment that ends with the first closing, or with the file."""
    return Token(re.escape(opening), re.escape(opening[0]), "text", closing, comment=True)


def nested(opening: str, closing: str, *, inner: str = "") -> Token:
    """A comment that may hold others of its kind.

    Args:
        opening: What opens it.
        closing: What closes it.
        inner: Regular expression of an opening within it, if that is another one.
    """
    inside = inner or re.escape(opening)
    return Token(re.escape(opening), re.escape(opening[0]), "nested", closing, inside, comment=True)


def string(quote: str, *, escape: str = "\\", lines: bool = False) -> Token:
    """A string in single characters of quote.

    Args:
        quote: Opens and closes it.
        escape: Makes the next character ordinary; when it is the quote, two of them stand for one.
        lines: It may go over several lines; else it ends with its line at the latest.
    """
    other = "" if lines else "\\n"
    if escape == quote:
        return _string(quote, f"[^{quote}{other}]", f"{quote}{quote}", lines=lines)
    if not escape:
        return _string(quote, f"[^{quote}{other}]", "", lines=lines)
    escaped = re.escape(escape)
    return _string(quote, f"[^{quote}{escaped}{other}]", f"{escaped}.", lines=lines)


def _string(quote: str, ordinary: str, escaped: str, *, lines: bool) -> Token:
    body = f"{ordinary}*+"
    if escaped:
        body += f"(?:{escaped}{ordinary}*+)*+"
    if lines:
        return Token(quote, quote, "body", body=f"{body}{quote}")
    return Token(f"{quote}{body}{quote}?", quote)


def long_string(quote: str, *, comment: bool = False) -> Token:
    """A string in three quotes, over any number of lines, with backslashes as escapes."""
    ordinary = rf"[^{quote}\\]*+"
    body = rf"{ordinary}(?:(?:\\.|{quote}(?!{quote}{quote})){ordinary})*+{quote * 3}"
    return Token(quote * 3, quote, "body", quote * 3, body, comment=comment)


def raw(opening: str, first: str, closing: str | Callable[[str], str]) -> Token:
    """A string without escapes that ends at a text, over any number of lines."""
    return Token(opening, first, "text", closing)


def here_document(*, blank: str = "", opening: str = "<<") -> Token:
    """A string that begins in the next line and ends at a line with a word of its own.

    Args:
        blank: What may stand between the opening and the word.
        opening: What opens it.
    """
    before, after = "(?<!<)", "(?!<)"
    pattern = rf"{before}{opening}{after}[-~]?{blank}(?:\\?[A-Za-z_]\w*|'[\w ]+'|\"[\w ]+\")"
    return Token(pattern, "<", "word")


def text(pattern: str, first: str, guard: Callable[[str, int], bool] | None = None) -> Token:
    """Something other than a comment, matched as a whole."""
    return Token(pattern, first, guard=guard)


def begins_line(source: str, at: int) -> bool:
    """Nothing but blanks stands before a place in its line."""
    while at and source[at - 1] in " \t":
        at -= 1
    return at == 0 or source[at - 1] == "\n"


def begins_statement(source: str, at: int) -> bool:
    """Nothing but blanks stands before a place in its line, or since a ``;`` or a comment."""
    while at and source[at - 1] in " \t":
        at -= 1
    return at == 0 or source[at - 1] in "\n;" or source.startswith("*/", at - 2)


class Grammar(NamedTuple):
    """Tokens, compiled.

    Attributes:
        first: Finds a place where a token can begin.
        opening: Tells at such a place which one does; the group that matched is its key.
        tokens: Each token by that key.
        bodies: What follows the opening of a token, or what opens and closes within it.
    """

    first: re.Pattern[str]
    opening: re.Pattern[str]
    tokens: dict[str, Token]
    bodies: dict[str, re.Pattern[str]]


def grammar_of(tokens: tuple[Token, ...]) -> Grammar:
    """Compile the tokens of a language."""
    keyed = {f"t{number}": token for number, token in enumerate(tokens)}
    patterns = {token.first for token in tokens if token.first.startswith("(")}
    characters = "".join(token.first for token in tokens if token.first not in patterns)
    first = "|".join([f"[{characters}]", *sorted(patterns)])
    opening = "|".join(f"(?P<{key}>{token.opening})" for key, token in keyed.items())
    bodies = {}
    for key, token in keyed.items():
        if token.ends == "body":
            bodies[key] = re.compile(token.body, re.DOTALL)
        elif token.ends == "nested":
            either = f"({token.body})|{re.escape(str(token.closing))}"
            bodies[key] = re.compile(either, re.MULTILINE)
    flags = re.DOTALL | re.MULTILINE
    return Grammar(re.compile(first, flags), re.compile(opening, flags), keyed, bodies)
