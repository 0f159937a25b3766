"""Name things in a resource map: DataONE resolve URIs and what is in them."""

from __future__ import annotations

from urllib.parse import quote

from provkit.package.settings import Settings


def resolve_uri(settings: Settings, pid: str) -> str:
    """Address of a DataONE object: its PID percent-encoded, ``/`` too (rule R3)."""
    return settings.resolve + quote(pid, safe="~")
