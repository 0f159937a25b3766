"""Who may ask: requests to the names this server has, from pages of its own origin.

A page anywhere can make a browser ask 127.0.0.1, and a name can be rebound to
it (DNS rebinding); both are told by the headers a browser sends itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer."""


def is_known_host(headers: Mapping[str, str], hosts: Iterable[str]) -> bool:
    """Whether the request is addressed to a name of this server; port and case do not matter."""
    host = headers.get("host", "").lower()
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name in {each.lower() for each in hosts}


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether no foreign page is behind the request; programs send none of these headers."""
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
