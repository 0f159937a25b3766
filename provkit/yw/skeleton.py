"""Write annotations without the code between them: a listing, or a skeleton script.

A skeleton has one line for each primary annotation with its qualifiers behind
it, indented by the depth of its block, and reads back as the same annotations.
"""

from __future__ import annotations

from collections.abc import Sequence

from provkit.model.workflow import Annotation, Annotations
from provkit.yw.languages import language_named


def listing(annotations: Annotations) -> str:
    """Every comment of every source, one a line, not only those with annotations."""
    return "".join(f"{comment.text}\n" for comment in annotations.comments)


def skeleton(annotations: Annotations, *, comment: str | None = None) -> str:
    """Annotations as comments of a script without code, in the language of the last source.

    Args:
        annotations: What to write.
        comment: Delimiter of single-line comments, instead of the language's.
    """
    opening, closing = (comment, "") if comment else _delimiters(annotations)
    lines: list[str] = []
    depth = 0
    previous = ""
    for primary, *qualifiers in _with_qualifiers(annotations.annotations):
        if (primary.tag == "begin" and lines) or (primary.tag == previous == "end"):
            lines.append("")
        if primary.tag == "begin":
            depth += 1
        indent = "    " * min(max(depth - 1, 0), 20)
        text = "  ".join(_text(annotation) for annotation in (primary, *qualifiers))
        lines.append(f"{opening} {indent}{text}{f' {closing}' if closing else ''}")
        if primary.tag == "end":
            depth = max(depth - 1, 0)
        previous = primary.tag
    return "".join(f"{line}\n" for line in lines)


def _delimiters(annotations: Annotations) -> tuple[str, str]:
    """What begins and ends a comment; ``#`` and the line end when no language is known."""
    name = annotations.sources[-1].language if annotations.sources else None
    if not name:
        return "#", ""
    language = language_named(name)
    return language.line_comment, language.line_comment_end


def _text(annotation: Annotation) -> str:
    return annotation.text or f"{annotation.keyword} {annotation.value}"


def _with_qualifiers(annotations: Sequence[Annotation]) -> list[list[Annotation]]:
    """Each primary annotation, or one that qualifies nothing, with those that qualify it."""
    rows: list[list[Annotation]] = []
    row_of: dict[int, list[Annotation]] = {}
    for annotation in annotations:
        qualified = annotation.qualifies
        if qualified is not None and qualified in row_of:
            row_of[qualified].append(annotation)
        else:
            rows.append([annotation])
            row_of[annotation.id] = rows[-1]
    return rows
