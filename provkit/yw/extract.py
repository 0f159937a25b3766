"""From comments to annotations: the keywords, their arguments, and what qualifies what.

Source of the rules: YesWorkflow 0.2.1.2, with these mends
(docs/reference/yesworkflow.md): a keyword is a whole word; documentation tags
(``@param``, ``@return``, ``@file``) outside a block belong to Javadoc, roxygen and
Doxygen; every error is reported with its place instead of ending at the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from provkit.errors import UsageError
from provkit.files import fingerprint_bytes
from provkit.model.workflow import (
    Annotation,
    Annotations,
    Comment,
    Finding,
    Severity,
    Source,
    Tag,
    place_of,
)
from provkit.yw.languages import (
    Language,
    find_language,
    language_named,
    language_of,
    language_with,
)
from provkit.yw.near import NearNames
from provkit.yw.scan import scan

PRIMARY = ("begin", "end", "in", "param", "out", "return", "call")
QUALIFIERS = ("as", "desc", "uri", "file", "log")
DOCUMENTATION = ("param", "return", "file")
KEYWORDS = frozenset((*PRIMARY, *QUALIFIERS))
_WHOLE_TEXT = ("desc", "log")
_MOST_ANNOTATIONS, _MOST_COMMENTS, _MOST_FINDINGS = 100_000, 500_000, 1_000

_WORD = re.compile(r"(?<![\w@])@(?P<word>[A-Za-z]+):?(?=\s|\Z)")
_OTHER_WORDS = {"input": "in", "inputs": "in", "output": "out", "outputs": "out"}
_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+)*)?([A-Za-z]+)")
_INTERPRETERS = {"rscript": "r", "littler": "r", "pwsh": "powershell", "nodejs": "javascript"}


class SourceText(NamedTuple):
    """A text to extract from.

    Attributes:
        path: As given by the user; empty for standard input.
        data: Its bytes.
        language: Name of the language; None: by the path.
        comment: Single-line comment delimiter, instead of a language.
        encoding: Of the bytes.
    """

    path: str
    data: bytes
    language: str | None = None
    comment: str | None = None
    encoding: str = "utf-8"

    def decoded(self) -> str:
        """The text.

        Raises:
            UsageError: The bytes are in another encoding.
        """
        try:
            return self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            likely = "utf-16" if self.data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
            raise UsageError(
                f"{self.path or '<stdin>'}:{line}: not {self.encoding} text",
                hint=f"say --encoding {likely}, or whichever it is",
            ) from error
        except (LookupError, ValueError) as error:
            raise UsageError(
                f"unknown encoding {self.encoding!r}", hint="such as latin-1"
            ) from error

    def looks_like(self) -> Language:
        """The language, and ``#`` for files of which nothing is known."""
        if self.comment is not None:
            if not self.comment.strip():
                raise UsageError("an empty comment delimiter", hint="such as --comment '#'")
            return language_with(self.comment)
        if self.language is not None:
            return language_named(self.language)
        return language_of(self.path) or self._interpreter() or language_with("#")

    def _interpreter(self) -> Language | None:
        """The language that the first line asks for, ``#!/usr/bin/env Rscript``."""
        found = _SHEBANG.match(self.data[:200])
        if found is None:
            return None
        name = found[1].decode().lower()
        return find_language(_INTERPRETERS.get(name, name))


def extract(
    text: str, language: str | None = None, *, path: str = "", comment: str | None = None
) -> Annotations:
    """Annotations of one text.

    Args:
        text: The source.
        language: Its language; by default that of ``path``, else ``#`` begins a comment.
        path: Where it is from, for messages.
        comment: Single-line comment delimiter, instead of a language.

    Raises:
        UsageError: No such language.
    """
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair: no file holds it, a string may
        data = text.encode("utf-8", "surrogatepass")
    source = SourceText(path=path, data=data, language=language, comment=comment)
    return _collect([(source, text)])


def extract_all(sources: Iterable[SourceText]) -> Annotations:
    """Annotations of several sources, read as one text: a block may span files.

    Raises:
        UsageError: A source is in an unknown language or encoding.
    """
    return _collect([(source, source.decoded()) for source in sources])


def _collect(sources: list[tuple[SourceText, str]]) -> Annotations:
    reader = _Reader()
    for number, (source, text) in enumerate(sources, 1):
        language = source.looks_like()
        sha256 = fingerprint_bytes(source.data).sha256
        reader.sources.append(
            Source(
                id=number,
                path=source.path,
                language=language.name or None,
                sha256=sha256,
                comment=None if language.name else language.line_comment,
                guessed=not language.name and source.comment is None,
            )
        )
        for comment in scan(text, language, source=number, path=source.path):
            reader.read(comment)
            if reader.is_full:
                break
    return Annotations(
        sources=tuple(reader.sources),
        annotations=tuple(reader.annotations),
        comments=tuple(reader.comments),
        findings=tuple(reader.findings),
    )


class _Reader:
    """Goes through comments in reading order and remembers what a qualifier qualifies."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.comments: list[Comment] = []
        self.annotations: list[Annotation] = []
        self.findings: list[Finding] = []
        self.depth = 0
        self.is_full = False
        self.primary: Annotation | None = None
        self.near = NearNames((*PRIMARY, *QUALIFIERS))

    def read(self, comment: Comment) -> None:
        """Take the annotations of one comment line."""
        self.comments.append(comment)
        if len(self.comments) == _MOST_COMMENTS:
            self._stop(comment, comment.column, f"more than {_MOST_COMMENTS:,} comments")
        if "@" not in comment.text or self.is_full:
            return
        keywords: list[re.Match[str]] = []
        for match in islice(_WORD.finditer(comment.text), _MOST_ANNOTATIONS + 1):
            if match["word"].lower() in KEYWORDS:
                keywords.append(match)
            elif not _is_documentation(comment):
                self._find_misspelt(comment, match)
        ends = [*(match.start() for match in keywords[1:]), len(comment.text)]
        for match, end in zip(keywords, ends, strict=False):  # no match, no end
            self._take(comment, match, comment.text[match.end() : end])

    def _take(self, comment: Comment, match: re.Match[str], argument: str) -> None:
        if self.is_full:
            return
        tag: Tag = match["word"].lower()  # type: ignore[assignment]  # read() looked it up
        keyword = f"@{match['word']}"
        column = comment.column + match.start()
        if self.depth == 0 and tag in DOCUMENTATION and not self._qualifies(comment, tag):
            if not _is_documentation(comment):
                message = f"{keyword} stands outside any block, so it is left alone"
                self._find("YW207", comment, column, message, "put it between @begin and @end")
            return
        words = argument.split()
        if tag in QUALIFIERS and self.primary is None:
            text = f"{keyword} qualifies nothing: no annotation stands before it"
            self._find(
                "YW102", comment, column, text, "put it after the @begin or port it belongs to"
            )
            return
        if not words and tag != "end":
            text = f"No argument provided to {keyword} keyword"
            self._find("YW101", comment, column, text, f"write {keyword} NAME on the same line")
            return
        value = " ".join(words) if tag in _WHOLE_TEXT else (words[0] if words else "")
        if tag not in _WHOLE_TEXT and len(words) > 1 and value.endswith(",") and len(value) > 1:
            value = value[:-1]
        annotation = Annotation(
            id=len(self.annotations) + 1,
            source=comment.source,
            line=comment.line,
            column=column,
            tag=tag,
            keyword=keyword,
            value=value,
            text=f"{keyword} {' '.join(words)}".rstrip(),
            qualifies=self.primary.id if tag in QUALIFIERS and self.primary else None,
            cell=comment.cell,
        )
        self.annotations.append(annotation)
        if len(self.annotations) == _MOST_ANNOTATIONS:
            self._stop(comment, column, f"more than {_MOST_ANNOTATIONS:,} annotations")
        if tag in PRIMARY:
            self.primary = annotation
            self.depth += {"begin": 1, "end": -1}.get(tag, 0)
            self.depth = max(self.depth, 0)

    def _stop(self, comment: Comment, column: int, message: str) -> None:
        self.is_full = True
        self._find("YW108", comment, column, message, "is this text a script?")

    def _qualifies(self, comment: Comment, tag: Tag) -> bool:
        """A ``@file`` on the line of what it qualifies is no documentation tag."""
        before = self.primary
        here = (comment.source, comment.cell, comment.line)
        return (
            tag == "file"
            and before is not None
            and (before.source, before.cell, before.line) == here
        )

    def _find_misspelt(self, comment: Comment, match: re.Match[str]) -> None:
        word = match["word"].lower()
        meant = _OTHER_WORDS.get(word) or self.near.near(word)
        if meant is not None and match.end() < len(comment.text):
            message = f"@{match['word']} is no keyword"
            column = comment.column + match.start()
            self._find("YW208", comment, column, message, f"did you mean @{meant}?")

    def _find(self, code: str, comment: Comment, column: int, message: str, hint: str) -> None:
        severity: Severity = "error" if code.startswith("YW1") else "warning"
        path = place_of(self.sources[comment.source - 1].path, comment.cell)
        if len(self.findings) < _MOST_FINDINGS or code == "YW108":
            found = Finding(code, severity, message, path, comment.line, column, hint)
            self.findings.append(found)


def _is_documentation(comment: Comment) -> bool:
    """It is one of those that Javadoc, roxygen and Doxygen read."""
    return comment.is_block or comment.text.startswith(("'", "!", "/", "#", "*"))
