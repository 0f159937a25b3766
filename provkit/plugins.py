"""Load a recorder, importer, package format or store by its name.

Built-ins stand in one static table per kind, in the package that owns the
kind. Entry points (group ``provkit.<kind>``) are looked up only for a name
that is not in the table, because scanning them costs 100 ms and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from provkit.errors import PluginError


def load_plugin(kind: str, name: str, builtin: Mapping[str, str]) -> Any:
    """Object registered under a name.

    Args:
        kind: Entry-point group without its prefix, for example ``recorders``.
        name: What the user wrote.
        builtin: Name to ``module:attribute`` of what ships with provkit.

    Raises:
        PluginError: Neither built in nor installed.
    """
    target = builtin.get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)
    from importlib.metadata import entry_points  # noqa: PLC0415 - costs 30 ms, rarely needed

    for entry in entry_points(group=f"provkit.{kind}", name=name):
        return entry.load()
    known = ", ".join(sorted(builtin))
    raise PluginError(f"no {kind[:-1]} named {name!r}", hint=f"known here: {known}")
