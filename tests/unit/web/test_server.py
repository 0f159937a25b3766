"""The endpoint: what SPARQL 1.1 Protocol asks for, and what a hostile page must not get."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from provkit.app.project import create_project
from provkit.store.snapshot import calls_out
from provkit.web.guard import HEADERS
from provkit.web.server import Endpoint, Limits, create_app

ONE = "SELECT (1 AS ?one) {}"
MANY = " ".join(map(str, range(300)))
ENDLESS = (
    "SELECT (COUNT(*) AS ?n) {"
    + " ".join(f"VALUES ?{name} {{ {MANY} }}" for name in "abcd")
    + " FILTER (?a + ?b < ?c * ?d) }"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    project = create_project(tmp_path_factory.mktemp("served"), version="test")
    app = create_app(project, limits=Limits(wall_s=2.0))
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


def test_a_query_is_answered_in_the_three_ways_of_the_protocol(client: TestClient) -> None:
    form = client.post("/sparql", data={"query": ONE})
    direct = client.post(
        "/sparql", content=ONE, headers={"content-type": "application/sparql-query"}
    )
    get = client.get("/sparql", params={"query": ONE})

    for reply in (form, direct, get):
        assert reply.status_code == 200, reply.text
        assert reply.json()["results"]["bindings"][0]["one"]["value"] == "1"


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        (ONE, "", "application/sparql-results+json"),
        (ONE, "text/csv", "text/csv; charset=utf-8"),
        (ONE, "text/csv;q=0.1, application/sparql-results+xml", "application/sparql-results+xml"),
        ("ASK {}", "*/*", "application/sparql-results+json"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/ld+json", "application/ld+json"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "", "text/turtle; charset=utf-8"),
    ],
)
def test_the_media_type_is_negotiated(
    client: TestClient, query: str, accept: str, media: str
) -> None:
    reply = client.get("/sparql", params={"query": query}, headers={"accept": accept})

    assert (reply.status_code, reply.headers["content-type"]) == (200, media)
    assert reply.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("GET", {}, 400),
        ("GET", {"params": {"query": [ONE, ONE]}}, 400),
        ("GET", {"params": {"query": "SELECT {"}}, 400),
        (
            "GET",
            {"params": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}},
            400,
        ),
        ("GET", {"params": {"query": ONE}, "headers": {"accept": "image/png"}}, 406),
        ("POST", {"content": ONE, "headers": {"content-type": "text/plain"}}, 415),
        (
            "POST",
            {"content": "CLEAR ALL", "headers": {"content-type": "application/sparql-update"}},
            415,
        ),
        ("PUT", {"content": ""}, 405),
        ("GET", {"params": {"query": ONE}, "headers": {"host": "evil.example"}}, 421),
        ("GET", {"params": {"query": ONE}, "headers": {"origin": "http://evil.example"}}, 403),
        ("GET", {"params": {"query": ONE}, "headers": {"sec-fetch-site": "cross-site"}}, 403),
        ("GET", {"params": {"query": ENDLESS}}, 503),
    ],
)
def test_refusals_have_their_own_code(
    client: TestClient, method: str, arguments: dict[str, object], code: int
) -> None:
    reply = client.request(method, "/sparql", **arguments)  # type: ignore[arg-type]

    assert reply.status_code == code, reply.text
    assert {name.lower() for name in HEADERS} <= set(reply.headers)


def test_the_page_lists_runs_without_a_script(client: TestClient) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * { SERVICE <a:b> {} }", True),
        ("SELECT*{service?x{}}", True),
        ("SELECT * { SERVICE SILENT <a:b> {} }", True),
        ("# SERVICE\nSELECT * {}", False),
        ('SELECT ("SERVICE" AS ?x) {}', False),
        ('SELECT ("""a " SERVICE""" AS ?x) {}', False),
        ("SELECT ?SERVICE { ?SERVICE <http://a/SERVICE> ex:SERVICE }", False),
        ("SELECT * { <a#b> ?p ?o } # x\nSELECT { SERVICE <a:b> {} }", True),
        ("SELECT ('\\'' AS ?x) { SERVICE <a:b> {} }", True),
    ],
)
def test_a_query_that_calls_out_is_known(query: str, expected: bool) -> None:
    """The engine would call; it has no switch."""
    assert calls_out(query) is expected


def test_what_is_recorded_later_is_seen(tmp_path: Path) -> None:
    """A snapshot is made anew when a record came."""
    provkit = shutil.which("provkit", path=str(Path(sys.executable).parent))
    assert provkit is not None
    project = create_project(tmp_path, version="test")
    ask = {
        "query": "ASK { ?run a <http://purl.dataone.org/provone/2015/01/15/ontology#Execution> }"
    }
    with TestClient(create_app(project), base_url="http://localhost") as client:
        before = client.get("/sparql", params=ask).json()["boolean"]
        subprocess.run([provkit, "run", "--", "true"], cwd=tmp_path, check=True)
        after = client.get("/sparql", params=ask).json()["boolean"]

    assert (before, after) == (False, True)


def test_a_snapshot_stays_while_it_is_read(tmp_path: Path) -> None:
    """A record that arrives meanwhile makes a new one; the old one goes with its last reader."""
    (tmp_path / "p").mkdir()
    project = create_project(tmp_path / "p", version="test")
    endpoint = Endpoint(project, folder=str(tmp_path))
    with endpoint.snapshot() as old:
        endpoint.generation = "as if a record had come"
        with endpoint.snapshot() as new:
            assert old != new
            assert Path(old).is_dir()
    assert not Path(old).exists()
    assert Path(new).is_dir()


def test_a_small_query_fits_into_half_the_memory_whatever_the_threads_do(tmp_path: Path) -> None:
    """One in a hundred was refused: each thread of the engine had set address space aside."""
    project = create_project(tmp_path, version="test")
    limits = Limits(wall_s=20.0, memory_bytes=1 << 29)
    with TestClient(create_app(project, limits=limits), base_url="http://localhost") as client:
        codes = [client.get("/sparql", params={"query": ONE}).status_code for _ in range(25)]

    assert codes == [200] * 25
