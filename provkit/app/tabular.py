"""Answers that are tables: shown as such in a notebook, and turned into data frames."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from provkit.errors import PluginError

if TYPE_CHECKING:
    import pandas


class Tabular:
    """An answer with columns and rows."""

    __slots__ = ()

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    @abstractmethod
    def rows(self) -> Sequence[Sequence[Any]]:
        """One sequence of cells a row."""

    def _repr_html_(self) -> str:
        """The table as HTML, every cell escaped."""
        from html import escape  # noqa: PLC0415 - notebooks only

        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a pandas data frame.

        Raises:
            PluginError: pandas is not installed.
        """
        try:
            import pandas  # noqa: PLC0415 - 450 ms
        except ImportError as error:
            raise PluginError(
                "pandas is not installed", hint="pip install 'provkit[pandas]'"
            ) from error
        return pandas.DataFrame([list(row) for row in self.rows], columns=list(self.columns))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, tuple | list):
        return ", ".join(map(str, cell))
    return str(cell).encode("utf-8", "backslashreplace").decode("utf-8")
