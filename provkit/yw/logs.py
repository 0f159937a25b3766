"""Read the entries of log files by the ``@log`` templates of an output.

A template must fit from the start of the line, its first constant part too; a
variable at its end takes the rest of the line. The first template that fits a
line counts, in the order they are declared. One without variables says
nothing and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provkit.errors import ModelError
from provkit.model.workflow import LogTemplate
from provkit.yw.templates import Pattern, Values, match_text, parse_pattern


@dataclass(frozen=True, slots=True)
class LogPattern:
    """A ``@log`` template, ready to be held against lines.

    Attributes:
        ids: Id of each variable, in the order of :attr:`Pattern.names`.
    """

    template: LogTemplate
    pattern: Pattern
    ids: tuple[int, ...]


def parse_logs(templates: Iterable[LogTemplate]) -> tuple[LogPattern, ...]:
    """Templates that have variables, in the order given; one with an open brace has none."""
    parsed = []
    for template in templates:
        try:
            pattern = parse_pattern(template.template)
        except ModelError:  # the model has told of it
            continue
        id_of = {name: number for number, name in template.variables}
        if pattern.names:
            parsed.append(LogPattern(template, pattern, tuple(id_of[n] for n in pattern.names)))
    return tuple(parsed)


def read_log(
    lines: Iterable[str], patterns: tuple[LogPattern, ...]
) -> Iterator[tuple[int, LogPattern, Values]]:
    """Line number, template and values of each line that some template fits."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        for pattern in patterns:
            values = match_text(pattern.pattern, text) if text else None
            if values is not None:
                yield number, pattern, values
                break
