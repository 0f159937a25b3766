"""Find the comments of code, line by line.

What stands in strings is never a comment (YesWorkflow 0.2.1.2 thought so).
Time is linear in the text: the places where a token can begin are found by one
pattern, and what is spent on looking for endings that are not there is limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from provkit.errors import AnnotationError
from provkit.model.workflow import Comment
from provkit.yw.languages import Language
from provkit.yw.tokens import Grammar, Token, grammar_of

_MOST_PLACES = 1_000_000
_DEEPEST = 10_000
_MOST_DOCUMENTS = 2_000


def scan_code(
    text: str,
    language: Language,
    *,
    source: int = 1,
    path: str = "",
    line: int = 1,
    cell: int | None = None,
) -> Iterator[Comment]:
    """Comments of a text in one language.

    Args:
        text: With line feeds as line ends.
        language: How comments and strings look.
        source: Id of the source.
        path: Of the source, for errors.
        line: Number of the first line.
        cell: Of a notebook.

    Raises:
        AnnotationError: A text that is no script.
    """
    seen = line_start = 0
    for begin, stop, is_block in _comments(text, language, path, line):
        passed = text.count("\n", seen, begin)
        if passed:
            line += passed
            line_start = text.rfind("\n", seen, begin) + 1
        seen = begin
        column = begin - line_start
        yield from lines_of(text[begin:stop], source, line, column, cell, is_block=is_block)


def _comments(
    text: str, language: Language, path: str, line: int
) -> Iterator[tuple[int, int, bool]]:
    """Where the content of each comment begins and ends, and whether it has an end of its own."""
    grammar = _grammar(language)
    find, opens, tokens = grammar.first.search, grammar.opening.match, grammar.tokens
    endings = _Endings(text, grammar)
    at = max(text.find(language.begins), 0)
    places = 0
    while True:
        place = find(text, at, endings.limit)
        if place is None:
            if endings.resume < 0:
                return
            at = endings.leave_document(at)
            continue
        at = place.start()
        places += 1
        if places > _MOST_PLACES:
            row = line + text.count("\n", 0, at)
            raise _no_script(path, row, column=at - text.rfind("\n", 0, at))
        opening = opens(text, at)
        token = tokens[str(opening.lastgroup)] if opening else None
        if opening is None or token is None or (token.guard and not token.guard(text, at)):
            at += 1
            continue
        begin = opening.end()
        stop, end = endings.find(str(opening.lastgroup), token, at, begin)
        if token.comment:
            yield begin, stop, token.ends != "line"
        at = max(end, at + 1)


def _no_script(path: str, line: int, *, column: int) -> AnnotationError:
    message = f"more than {_MOST_PLACES:,} comments, strings and the like [YW108]"
    hint = "is this text a script?"
    return AnnotationError(message, file=path, line=line, column=column, hint=hint)


def lines_of(
    content: str,
    source: int,
    line: int,
    column: int,
    cell: int | None = None,
    *,
    is_block: bool = True,
) -> Iterator[Comment]:
    """A comment for each line that is not blank.

    Args:
        content: Between the delimiters.
        source: Id of the source.
        line: Of the first one.
        column: How many characters stand before it in its line.
        cell: Of a notebook.
        is_block: The comment has an end of its own.
    """
    for piece in content.split("\n"):
        trimmed = piece.strip()
        if trimmed:
            indent = len(piece) - len(piece.lstrip())
            yield Comment(source, line, column + indent + 1, trimmed, cell, is_block)
        line, column = line + 1, 0


@cache
def _grammar(language: Language) -> Grammar:
    return grammar_of(language.tokens)


class _Endings:
    """Finds where tokens of one text end.

    Attributes:
        limit: Where to look no further for now: a here-document begins there.
        resume: Where that document ends; -1 when there is none.
        effort: How many characters may still be read in vain.
    """

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.bodies = grammar.bodies
        self.limit = len(text)
        self.resume = -1
        self.effort = 100_000 + 10 * len(text)
        self.documents = _MOST_DOCUMENTS

    def find(self, key: str, token: Token, at: int, begin: int) -> tuple[int, int]:
        """End of what a token holds, and of the token, whose opening is ``text[at:begin]``.

        A string whose end is missing ends with its line, a comment with the text.
        """
        found: tuple[int, int] | None = None
        if token.ends == "here":
            found = begin, begin
        elif token.ends == "word":
            found = begin, self._document(at, begin)
        elif token.ends == "line":
            found = self._line(begin, continued=bool(token.closing))
        elif token.ends == "nested":
            found = self._nested(key, str(token.closing), begin)
        elif token.comment or self.effort >= 0:
            by_body = token.ends == "body"
            found = self._body(key, token, begin) if by_body else self._text(token, at, begin)
        if found is not None:
            return found
        if token.comment:
            return len(self.text), len(self.text)
        self.effort -= len(self.text) - begin
        return begin, self._line_end(begin)

    def _line(self, begin: int, *, continued: bool) -> tuple[int, int]:
        stop = self._line_end(begin)
        while continued and stop < len(self.text) and self.text.endswith("\\", begin, stop):
            stop = self._line_end(stop + 1)
        return stop, stop

    def _body(self, key: str, token: Token, begin: int) -> tuple[int, int] | None:
        match = self.bodies[key].match(self.text, begin)
        return (match.end() - len(str(token.closing)), match.end()) if match else None

    def _text(self, token: Token, at: int, begin: int) -> tuple[int, int] | None:
        closing = token.closing
        if not isinstance(closing, str):
            closing = closing(self.text[at:begin])
        stop = self.text.find(closing, begin)
        return (stop, stop + len(closing)) if stop >= 0 else None

    def _line_end(self, at: int) -> int:
        stop = self.text.find("\n", at)
        return stop if stop >= 0 else len(self.text)

    def _nested(self, key: str, closing: str, begin: int) -> tuple[int, int]:
        """The closing that belongs to an opening; the first one if they do not pair."""
        depth = 1
        if self.effort >= 0:
            for match in self.bodies[key].finditer(self.text, begin):
                depth += 1 if match.lastindex else -1
                if depth == 0:
                    return match.start(), match.end()
                if depth > _DEEPEST:
                    break
            self.effort -= 10 * (len(self.text) - begin)  # a match costs more than a character
        stop = self.text.find(closing, begin)
        return (stop, stop + len(closing)) if stop >= 0 else (len(self.text), len(self.text))

    def _document(self, at: int, begin: int) -> int:
        """Set the here-document aside that is opened here; the rest of the line is code."""
        word = self.text[at:begin].lstrip("<-~ \t\\").strip("'\"")
        first_line = self._line_end(begin)
        start = first_line + 1 if self.resume < 0 else self.resume
        self.documents -= 1
        if self.effort < 0 or self.documents < 0 or self.text.find(word, start) < 0:
            return begin
        last_line = re.compile(rf"^[ \t]*{word}[ \t;,)]*$", re.MULTILINE).search(self.text, start)
        if last_line is None:
            self.effort -= 2 * (len(self.text) - begin)
        else:
            self.limit = min(first_line, self.limit)
            self.resume = last_line.end()
        return begin

    def leave_document(self, at: int) -> int:
        """Where to go on after the line of a here-document."""
        after = max(at, self.resume)
        self.limit, self.resume = len(self.text), -1
        return after
