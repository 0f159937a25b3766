"""Find the comments of a source text, in code, notebooks and R Markdown alike.

A comment gives one :class:`~provkit.model.workflow.Comment` for each of its
lines that is not blank, without delimiters and white space around.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.model.workflow import Comment
from provkit.yw.comments import scan_code
from provkit.yw.languages import Language


def scan(text: str, language: Language, *, source: int = 1, path: str = "") -> Iterator[Comment]:
    """Comments of a text, in reading order, found as they are asked for.

    Args:
        text: Decoded; any of the three line ends, with or without byte order mark.
        language: How comments and strings look.
        source: Id of the source, put into each comment.
        path: Of the source, for errors.

    Raises:
        AnnotationError: A notebook that is not one, or a text that is no script.
    """
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if language.name not in ("jupyter", "rmarkdown"):
        return scan_code(text, language, source=source, path=path)
    from provkit.yw.chunks import scan_chunks  # noqa: PLC0415 - few texts have chunks; json is slow

    return scan_chunks(text, language, source=source, path=path)
