"""What is suspicious about the text of annotations, before any model is built."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.model.workflow import Annotation, Annotations, Finding, Severity, place_of

_INPUT, _OUTPUT = ("as", "desc", "uri", "file"), ("as", "desc", "uri", "file", "log")
_SAYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("begin", "end", "call"), ("desc",)),
    **dict.fromkeys(("in", "param"), _INPUT),
    **dict.fromkeys(("out", "return"), _OUTPUT),
}
"""Which qualifiers say something of which annotation."""

_TAKES_ONE = ("begin", "end", "in", "param", "out", "return", "call", "as")


def check_annotations(annotations: Annotations) -> list[Finding]:
    """Suspicious things about the text of annotations."""
    paths = {source.id: source.path for source in annotations.sources}
    found = [
        _finding(
            "YW203",
            source.path,
            1,
            1,
            f"the language of {source.path or 'standard input'} is not known;"
            " comments are taken to begin with #",
            "say --language or --comment",
        )
        for source in annotations.sources
        if source.language is None and source.guessed
    ]
    if not annotations.annotations:
        first = annotations.sources[0].path if annotations.sources else ""
        return [
            *found,
            _finding("YW204", first, 1, 1, "No YW comments found", "mark a block with @begin NAME"),
        ]
    begins: list[Annotation] = []
    by_id = {each.id: each for each in annotations.annotations}
    for each in annotations.annotations:
        found += (
            at_annotation(code, paths, each, message, hint)
            for code, message, hint in _word_findings(each)
        )
        if each.tag == "begin":
            begins.append(each)
        elif each.tag == "end" and begins:
            begin = begins.pop()
            if each.value and begin.value != each.value:
                found.append(
                    at_annotation(
                        "YW201",
                        paths,
                        each,
                        f"{each.keyword} {each.value} closes the block {begin.value},"
                        f" which began in line {begin.line}",
                        f"write {each.keyword} {begin.value}",
                    )
                )
        elif each.qualifies is not None and each.tag not in _SAYS[by_id[each.qualifies].tag]:
            owner = by_id[each.qualifies]
            message = f"{each.keyword} says nothing of {owner.keyword} {owner.value}"
            where = "an @out" if each.tag == "log" else "a port"
            found.append(at_annotation("YW205", paths, each, message, f"put it after {where}"))
    return found


def _word_findings(each: Annotation) -> Iterator[tuple[str, str, str]]:
    words = each.text.split()[1:]
    if each.tag in _TAKES_ONE and len(words) > 1 and words[0].endswith(","):
        rest = " ".join(words[1:])
        yield (
            "YW202",
            f"{each.keyword} declares only {each.value}, not {rest}",
            "one keyword for each name",
        )
    if each.tag in ("uri", "file") and len(words) > 1 and ("{" in words[1] or "." in words[1]):
        yield (
            "YW206",
            f"{each.keyword} ends at the blank: {each.value}",
            "a template cannot hold blanks",
        )


def at_annotation(
    code: str, paths: dict[int, str], annotation: Annotation, message: str, hint: str = ""
) -> Finding:
    """A finding at an annotation."""
    path = place_of(paths[annotation.source], annotation.cell)
    return _finding(code, path, annotation.line, annotation.column, message, hint)


def _finding(code: str, path: str, line: int, column: int, message: str, hint: str) -> Finding:
    severity: Severity = "error" if code.startswith("YW1") else "warning"
    return Finding(code, severity, message, path, line, column, hint)
