"""A picture as an answer: seen in a notebook, saved in any format."""

from __future__ import annotations

import os
from dataclasses import dataclass

from provkit.drawing.diagram import Diagram
from provkit.drawing.dot import write_dot
from provkit.drawing.mermaid import write_mermaid
from provkit.drawing.render import render
from provkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn graph.

    Attributes:
        diagram: What is in it.
    """

    diagram: Diagram

    @property
    def dot(self) -> str:
        """The picture in Graphviz's language."""
        return write_dot(self.diagram)

    @property
    def svg(self) -> str:
        """The picture as SVG, without anything that could act.

        Raises:
            DrawingError: Graphviz is not here, or the graph is too big for it.
        """
        return render(self.dot, "svg").decode("utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, in the format that the name tells: dot gv mmd svg png pdf.

        Raises:
            UsageError: The name tells none of them.
            DrawingError: It cannot be drawn here.
        """
        kind = os.path.splitext(path)[1][1:].lower()  # noqa: PTH122
        if kind in ("dot", "gv"):
            data = self.dot.encode("utf-8")
        elif kind == "mmd":
            data = write_mermaid(self.diagram).encode("utf-8")
        elif kind in ("svg", "png", "pdf"):
            data = render(self.dot, "svg" if kind == "svg" else "png" if kind == "png" else "pdf")
        else:
            raise UsageError(f"no picture format {kind!r}", hint="dot, gv, mmd, svg, png or pdf")
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(data)
