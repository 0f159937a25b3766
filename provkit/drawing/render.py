"""Draw DOT text as SVG, PNG or PDF with Graphviz, in a child process with limits."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from provkit.drawing.diagram import PictureFormat
from provkit.errors import DrawingError

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "graphviz_child.py")  # noqa: PTH100, PTH118, PTH120 - pathlib costs 5 ms
_NO_GRAPHVIZ = 3  # exit code of the child

# Everything Graphviz writes into SVG for our DOT; anything else is refused.
_TAGS = frozenset(
    ("svg", "g", "a", "title", "desc", "text", "tspan", "polygon", "polyline", "path", "ellipse")
)
_TAG = re.compile(r"<\s*/?\s*([^\s/>]*)([^>]*)>")
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_UNSAFE_ATTRIBUTE = re.compile(r"(?i)on|style$|(?:xlink:)?href$")


def render(dot: str, kind: PictureFormat, *, seconds: int = 60, memory_mb: int = 2048) -> bytes:
    """Picture of a graph.

    SVG begins with ``<svg``, so that it can stand in a page as it is; it holds
    no script, no link and no reference to anything outside it.

    Args:
        dot: DOT text, as :func:`provkit.drawing.dot.write_dot` makes it.
        kind: What to draw.
        seconds: Longest time it may take.
        memory_mb: Most memory it may use.

    Raises:
        DrawingError: No Graphviz here, or it failed, or it reached a limit.
    """
    command = [sys.executable, "-P", _CHILD, kind, str(seconds), str(memory_mb)]
    try:
        done = subprocess.run(
            command, input=dot.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingError(
            f"Graphviz did not finish within {seconds} s",
            hint="leave something out of the picture, or write DOT",
        ) from error
    if done.returncode == _NO_GRAPHVIZ:
        raise DrawingError(
            f"drawing {kind.upper()} needs Graphviz, which is not here",
            hint="pip install 'provkit[graphviz]', or write DOT or Mermaid instead",
        )
    if done.returncode != 0 or not done.stdout:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise DrawingError(
            f"Graphviz could not draw this graph: {last[0] if last else 'it was stopped'}",
            hint="leave something out of the picture, or write DOT",
        )
    return _safe_svg(done.stdout) if kind == "svg" else done.stdout


def _safe_svg(drawn: bytes) -> bytes:
    """The ``<svg>`` element alone, after a look at each of its tags.

    Raises:
        DrawingError: An element or attribute that Graphviz has no reason to write.
    """
    text = drawn.decode()
    text = re.sub(r"<!--.*?-->\n?", "", text[text.index("<svg") :], flags=re.DOTALL)
    for name, attributes in _TAG.findall(text):
        bad = name not in _TAGS or any(
            _UNSAFE_ATTRIBUTE.match(key) for key in _ATTRIBUTE.findall(attributes)
        )
        if bad:
            raise DrawingError(f"Graphviz wrote an element that provkit does not trust: <{name}>")
    return text.encode()
