"""Answer one query from a snapshot, in the media type asked for.

The engine can neither be stopped nor told to stay off the network, so this
runs in a process that can be killed, on a copy that nothing writes to, and a
query that would call out is refused before the engine sees it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyoxigraph as ox

from provkit.errors import QuerySyntaxError, StoreError

RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
_BOOLEANS = ("application/sparql-results+json", "application/sparql-results+xml")

_QUIET = re.compile(
    r"""\#[^\n\r]* | <[^<>"{}|^`\\\x00-\x20]*> | (?P<q>\"{3}|'{3}).*?(?P=q)
    | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' | [?$]\w+ | [\w.-]*:[\w.-]* """,
    re.VERBOSE | re.DOTALL,
)
_CALLS_OUT = re.compile(r"\bSERVICE\b", re.IGNORECASE)


def calls_out(query: str) -> bool:
    """Whether a query asks another server: the word SERVICE outside names, texts and comments.

    Source: SPARQL 1.1 Federated Query, section 2; tokens as in SPARQL 1.1 Query, section 19.8.
    """
    return _CALLS_OUT.search(_QUIET.sub(" ", query)) is not None


def answer(snapshot: str, query: str, accepted: Sequence[str]) -> tuple[str, bytes]:
    """Media type and bytes of an answer.

    Args:
        snapshot: Folder made by ``OxigraphStore.backup``.
        query: Any SPARQL 1.1 query.
        accepted: Media types the reader takes, best first; empty or ``*/*``: any.

    Raises:
        QuerySyntaxError: It cannot be parsed, or would call out.
        StoreError: The engine failed, or no accepted media type fits the form of the query.
    """
    if calls_out(query):
        raise QuerySyntaxError("SERVICE is switched off here", hint="ask the other server itself")
    try:
        found = ox.Store.read_only(snapshot).query(query, use_default_graph_as_union=True)
        if isinstance(found, ox.QueryTriples):
            media = _choose(accepted, tuple(GRAPHS))
            written = found.serialize(format=GRAPHS[media])
        else:
            media = _choose(
                accepted, _BOOLEANS if isinstance(found, ox.QueryBoolean) else tuple(RESULTS)
            )
            written = found.serialize(format=RESULTS[media])
    except SyntaxError as error:
        raise QuerySyntaxError(str(error)) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(f"the query failed: {error}") from error
    return media, written or b""


def _choose(accepted: Sequence[str], offered: Sequence[str]) -> str:
    for media in accepted or ("*/*",):
        if media == "*/*":
            return offered[0]
        if media.endswith("/*"):
            fitting = [each for each in offered if each.startswith(media[:-1])]
            if fitting:
                return fitting[0]
        if media in offered:
            return media
    raise StoreError(f"no media type that fits: {', '.join(accepted)}", hint=", ".join(offered))
