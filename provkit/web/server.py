"""The web application: a read-only SPARQL endpoint and the run list.

Source: SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/), query
operation. The index is held only while a snapshot of it is made, so commands
and recordings never wait for this server.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.app.snapshots import generation, take_snapshot
from provkit.web.guard import HEADERS, is_known_host, is_same_origin

_MOST_QUERY_BYTES = 1 << 20
_FRUGAL = {"MALLOC_ARENA_MAX": "1"}
"""glibc sets 64 MB of address space aside for each thread, which the limit would count as used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a query may cost.

    Attributes:
        wall_s: Time until it is ended with 503.
        memory_bytes: Address space of its process.
        at_once: How many run at a time; more wait.
    """

    wall_s: float = 10.0
    memory_bytes: int = 1 << 30
    at_once: int = 2


@dataclass(slots=True)
class Endpoint:
    """Answers queries about one project from snapshots of its index.

    Attributes:
        hosts: Names it answers to.
    """

    project: Project
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    limits: Limits = field(default_factory=Limits)
    folder: str = ""
    generation: str = ""
    number: int = 0
    readers: Counter[str] = field(default_factory=Counter)
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[str]:
        """Folder of a snapshot that knows every record there is now; it stays while it is read."""
        now = generation(self.project)
        if now != self.generation:
            fresh = f"{self.folder}/{self.number + 1}"
            take_snapshot(self.project, fresh)
            self._drop(f"{self.folder}/{self.number}")
            self.number, self.generation = self.number + 1, now
        current = f"{self.folder}/{self.number}"
        self.readers[current] += 1
        try:
            yield current
        finally:
            self.readers[current] -= 1
            if current != f"{self.folder}/{self.number}":
                self._drop(current)

    def _drop(self, snapshot: str) -> None:
        if not self.readers[snapshot]:
            shutil.rmtree(snapshot, ignore_errors=True)

    async def ask(self, query: str, accepted: list[str]) -> Response:
        """Let a worker answer; kill it when it takes too long."""
        with self.snapshot() as snapshot:
            return await self._answer(snapshot, query, accepted)

    async def _answer(self, snapshot: str, query: str, accepted: list[str]) -> Response:
        told = {
            "snapshot": snapshot,
            "query": query,
            "accepted": accepted,
            "memory_bytes": self.limits.memory_bytes,
            "cpu_s": int(self.limits.wall_s) + 1,
        }
        async with self.turn:
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "provkit.web.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env={**os.environ, **_FRUGAL},
            )  # fmt: skip
            try:
                written, _ = await asyncio.wait_for(
                    worker.communicate(json.dumps(told).encode()), self.limits.wall_s
                )
            except TimeoutError:
                return _refuse(503, f"the query took longer than {self.limits.wall_s:g} s")
            finally:
                if worker.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        worker.kill()
                    await worker.wait()
        return _reply(written)


def create_app(
    project: Project, *, hosts: tuple[str, ...] = (), limits: Limits | None = None
) -> Starlette:
    """The application for one project.

    Args:
        project: Whose runs it shows.
        hosts: Names it answers to besides those of the loopback.
        limits: What a query may cost.
    """
    endpoint = Endpoint(project, limits=limits or Limits())
    endpoint.hosts += hosts
    endpoint.turn = asyncio.Semaphore(endpoint.limits.at_once)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory(prefix="provkit-serve-") as folder:
            endpoint.folder = folder
            yield

    async def guarded(request: Request) -> Response:
        response = await _respond(endpoint, request)
        response.headers.update(HEADERS)
        return response

    routes = [
        Route("/{path:path}", guarded, methods=["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"])
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _respond(endpoint: Endpoint, request: Request) -> Response:
    if not is_known_host(request.headers, endpoint.hosts):
        return _refuse(421, "this server has another name")
    if not is_same_origin(request.headers):
        return _refuse(403, "asked by a page of another origin")
    if request.url.path == "/sparql":
        return await _sparql(endpoint, request)
    if request.url.path == "/" and request.method in ("GET", "HEAD"):
        return HTMLResponse(_run_page(endpoint.project))
    return _refuse(404 if request.method in ("GET", "HEAD") else 405, "no such page")


async def _sparql(endpoint: Endpoint, request: Request) -> Response:
    """Query by GET, by POST of a form, or by POST of the query itself."""
    if request.method in ("GET", "HEAD"):
        queries = request.query_params.getlist("query")
    elif request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = await request.body()
        if len(body) > _MOST_QUERY_BYTES:
            return _refuse(413, "the query is too long")
        if kind == "application/sparql-query":
            queries = [body.decode("utf-8", "replace")]
        elif kind == "application/x-www-form-urlencoded":
            form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
            queries = form.get("query", [])
        else:
            return _refuse(415, "POST a form or application/sparql-query; updates are switched off")
    else:
        return _refuse(405, "this endpoint reads only")
    if len(queries) != 1:
        return _refuse(400, "one query, please")
    return await endpoint.ask(queries[0], _accepted(request.headers.get("accept", "")))


def _accepted(header: str) -> list[str]:
    """Media types of an Accept header, best first (RFC 9110, section 12.5.1)."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                with contextlib.suppress(ValueError):
                    quality = float(parameter[2:])
        if media and quality > 0:
            found.append((-quality, position, media.lower()))
    return [media for _, _, media in sorted(found)]


def _reply(written: bytes) -> Response:
    head, _, body = written.partition(b"\n")
    try:
        told = json.loads(head)
    except ValueError:
        return _refuse(503, "the query was ended: it needs too much time or memory")
    if "error" in told:
        code = {"QuerySyntaxError": 400, "Limit": 503}.get(
            told["kind"], 406 if "media" in told["error"] else 500
        )
        return _refuse(code, told["error"], told["hint"])
    return Response(body, media_type=told["media"], headers={"Vary": "Accept"})


def _refuse(code: int, message: str, hint: str = "") -> PlainTextResponse:
    return PlainTextResponse(f"{message}\n{hint}".rstrip() + "\n", status_code=code)


_COLUMNS = ("run", "status", "started", "program", "used", "made", "tags")
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Runs in {name}</title>'
    "<style>body{{font:16px sans-serif;margin:2em}}"
    "td,th{{padding:.2em .8em;text-align:left}}</style>"
    "<h1>Runs in {name}</h1><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    '<p>Ask in SPARQL at <a href="/sparql">/sparql</a>: <code>?query=…</code></p></html>'
)


def _run_page(project: Project) -> str:
    """The run list as a page that needs no script."""
    rows = [
        (r.seq, r.status, r.started, r.program, r.used, r.generated, ", ".join(r.tags))
        for r in list_runs(project, read_filter())
    ]
    return _PAGE.format(
        name=html.escape(os.path.basename(project.root)),  # noqa: PTH119
        heads="".join(f"<th>{head}</th>" for head in _COLUMNS),
        rows="".join(f"<tr>{_cells(row)}</tr>" for row in rows),
    )


def _cells(row: tuple[object, ...]) -> str:
    return "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row)
