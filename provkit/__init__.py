"""provkit: what was this made from, and can I trust it?

The names below are loaded when they are first used, so that ``import provkit``
in a script costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; typing itself costs 5 ms

if TYPE_CHECKING:
    from provkit.app.facade import open_project
    from provkit.app.inprocess import end_record, record, recorded, recording, start_record
    from provkit.app.runmanager import (
        delete_runs,
        list_runs,
        plot_runs,
        trace_runs,
        view_run,
    )
    from provkit.capture.told import parameter
    from provkit.notebook import load_ipython_extension

__version__ = "0.1.0"

__all__ = [
    "delete_runs",
    "end_record",
    "list_runs",
    "load_ipython_extension",
    "open_project",
    "parameter",
    "plot_runs",
    "record",
    "recorded",
    "recording",
    "start_record",
    "trace_runs",
    "view_run",
]

_INPROCESS, _RUNMANAGER = "provkit.app.inprocess", "provkit.app.runmanager"
_HOMES = {
    "open_project": "provkit.app.facade",
    "load_ipython_extension": "provkit.notebook",
    "parameter": "provkit.capture.told",
    **dict.fromkeys(("end_record", "record", "recorded", "recording", "start_record"), _INPROCESS),
    **dict.fromkeys(
        ("delete_runs", "list_runs", "plot_runs", "trace_runs", "view_run"), _RUNMANAGER
    ),
}


def __getattr__(name: str) -> object:
    """A name of the Python interface, from the module that makes it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'provkit' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - not needed by `import provkit`

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
