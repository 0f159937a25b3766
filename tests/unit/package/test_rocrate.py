"""A crate describes each run as an action and each file with its bytes; verify holds it to that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate

from provkit.errors import PackageError
from provkit.package.base import Package
from provkit.package.request import Knowledge, Policy
from provkit.package.rocrate import write_crate
from provkit.package.settings import Settings
from provkit.package.target import open_target
from provkit.package.verify import verify_package
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

SCRIPT = b"""\
# @begin main @desc Split and draw.
# @in table @uri file:in/{year}.csv
# @param limit
# @out plot @uri file:plot.png
# @begin split @desc Cut the table.
# @in table
# @param limit
# @out part
# @end split
# @begin draw
# @in part
# @out plot
# @end draw
# @end main
"""


def written(package: Package, folder: Path) -> Path:
    with open_target(str(folder), folder="", date=package.date) as target:
        write_crate(package, target)
    return folder


def entities(crate: Path) -> dict[str, Any]:
    document = json.loads((crate / "ro-crate-metadata.json").read_text())
    return {row["@id"]: row for row in document["@graph"]}


def ids(value: Any) -> list[str]:
    rows = value if isinstance(value, list) else [value]
    return [row["@id"] for row in rows]


@pytest.fixture
def annotated(lab: Any) -> Any:
    """One run of an annotated program, and what is known of it."""
    lab.files |= {"main.py": SCRIPT, "in/2020.csv": b"1"}
    run = lab.run("main.py", ["in/2020.csv"], {"plot.png": b"p"}, parameters={"limit": "3"})
    model = build(extract_all([SourceText(path="main.py", data=SCRIPT)]))
    lab.knowledge = Knowledge(models={run.program_state.sha256: model})
    return lab


def test_each_run_is_an_action(chain: Any, tmp_path: Path) -> None:
    """Process Run Crate: instrument, objects, results, agent, times."""
    graph = entities(written(chain.package(), tmp_path / "crate"))
    action = graph[f"urn:uuid:{chain.runs[1].id}"]

    assert action["@type"] == "CreateAction"
    assert action["instrument"] == {"@id": "plot.R"}
    assert ids(action["object"]) == ["data/clean.csv", "data/style.json"]
    assert action["result"] == {"@id": "plot.png"}
    assert action["agent"] == {"@id": "https://orcid.org/0000-0002-1825-0097"}
    assert action["startTime"] == "2026-01-31T09:00:02.000+00:00"
    assert action["endTime"] == "2026-01-31T09:00:06.000+00:00"
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert ids(graph["./"]["mentions"]) == [f"urn:uuid:{run.id}" for run in chain.runs]


def test_a_file_tells_its_bytes_and_where_it_came_from(chain: Any, tmp_path: Path) -> None:
    crate = written(chain.package(), tmp_path / "crate")
    entity = entities(crate)["data/clean.csv"]

    assert (crate / "data/clean.csv").read_bytes() == b"a\n1\n"
    assert entity["contentSize"] == "4"
    assert entity["encodingFormat"] == "text/csv"
    assert entity["isBasedOn"] == {"@id": "data/raw.csv"}
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entity["identifier"])


def test_the_reference_library_reads_it(annotated: Any, tmp_path: Path) -> None:
    crate = ROCrate(written(annotated.package(knowledge=annotated.knowledge), tmp_path / "crate"))

    assert {e.id for e in crate.data_entities} == {"main.py", "in/2020.csv", "plot.png"}
    assert crate.mainEntity.id == "main.py"
    assert crate.name == "Monthly means"
    assert [e.id for e in crate.get_by_type("HowToStep")] == ["main.py#step/2", "main.py#step/3"]


def test_parameters_are_objects(annotated: Any, tmp_path: Path) -> None:
    graph = entities(written(annotated.package(), tmp_path / "crate"))
    action = graph[f"urn:uuid:{annotated.runs[0].id}"]
    values = [graph[iri] for iri in ids(action["object"]) if graph[iri]["@type"] == "PropertyValue"]

    assert [(value["name"], value["value"]) for value in values] == [("limit", "3")]


def test_without_a_model_it_is_a_process_run_crate(chain: Any, tmp_path: Path) -> None:
    root = entities(written(chain.package(), tmp_path / "crate"))["./"]
    assert ids(root["conformsTo"]) == ["https://w3id.org/ro/wfrun/process/0.5"]


def test_a_model_makes_it_a_provenance_run_crate(annotated: Any, tmp_path: Path) -> None:
    """Ports, steps and connections; the file at a port is tied to it."""
    graph = entities(written(annotated.package(knowledge=annotated.knowledge), tmp_path / "crate"))
    assert ids(graph["./"]["conformsTo"]) == [
        "https://w3id.org/ro/wfrun/process/0.5",
        "https://w3id.org/ro/wfrun/workflow/0.5",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
        "https://w3id.org/ro/wfrun/provenance/0.5",
    ]
    workflow = graph["main.py"]
    assert set(workflow["@type"]) == {
        "File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"
    }  # fmt: skip
    named = {graph[iri]["name"]: graph[iri] for iri in ids(workflow["input"])}
    assert ids(named["table"]["workExample"]) == ["in/2020.csv"]
    assert named["limit"]["additionalType"] == "Text"
    assert [graph[iri]["name"] for iri in ids(workflow["hasPart"])] == ["split", "draw"]
    links = {
        (graph[ids(e["sourceParameter"])[0]]["name"], graph[ids(e["targetParameter"])[0]]["name"])
        for e in graph.values()
        if e["@type"] == "ParameterConnection"
    }
    assert links == {("table", "table"), ("limit", "limit"), ("part", "part"), ("plot", "plot")}


def test_a_step_is_said_to_be_inferred(annotated: Any, tmp_path: Path) -> None:
    """Nobody watched the blocks; the crate must not claim so."""
    graph = entities(written(annotated.package(knowledge=annotated.knowledge), tmp_path / "crate"))
    steps = [e for e in graph.values() if e["@type"] == "CreateAction" and "/step/" in e["@id"]]

    assert [step["name"] for step in steps] == ["draw in run 1", "split in run 1"]
    assert all("not observed" in step["description"] for step in steps)
    assert steps[0]["result"] == {"@id": "plot.png"}
    assert steps[1]["object"] == {"@id": "in/2020.csv"}


def test_a_failed_run_has_no_steps(lab: Any, tmp_path: Path) -> None:
    """How far it came is not known."""
    lab.files |= {"main.py": SCRIPT, "in/2020.csv": b"1"}
    run = lab.run("main.py", ["in/2020.csv"], {"plot.png": b"p"}, status="failed")
    model = build(extract_all([SourceText(path="main.py", data=SCRIPT)]))
    known = Knowledge(models={run.program_state.sha256: model})
    graph = entities(written(lab.package(knowledge=known), tmp_path / "crate"))

    assert not [e for e in graph.values() if e["@type"] == "ControlAction"]
    assert "https://w3id.org/ro/wfrun/provenance/0.5" not in ids(graph["./"]["conformsTo"])
    action = graph[f"urn:uuid:{run.id}"]
    assert action["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert action["error"] == "failed: exit code 0"


def test_what_is_left_out_is_described_and_not_a_part(chain: Any, tmp_path: Path) -> None:
    package = chain.package(policy=Policy(exclude=("raw.csv",)))
    crate = written(package, tmp_path / "crate")
    graph = entities(crate)
    (left_out,) = [e for e in graph.values() if e.get("name") == "data/raw.csv"]

    assert left_out["description"] == "Not in this crate: excluded."
    assert left_out["@id"] not in ids(graph["./"]["hasPart"])
    assert verify_package(str(crate)).findings == ()


def test_an_object_elsewhere_is_a_part_by_its_address(chain: Any, tmp_path: Path) -> None:
    raw = next(s for s in chain.runs[0].inputs if s.path == "data/raw.csv")
    package = chain.package(knowledge=Knowledge(pids={raw.sha256: "doi:10.5063/F1"}))
    crate = written(package, tmp_path / "crate")

    iri = "https://cn.dataone.org/cn/v2/resolve/doi%3A10.5063%2FF1"
    assert iri in ids(entities(crate)["./"]["hasPart"])
    assert verify_package(str(crate)).findings == ()


def test_a_file_of_the_user_never_takes_the_place_of_ours(lab: Any, tmp_path: Path) -> None:
    lab.files["p.py"] = b""
    lab.run("p.py", [], {"ro-crate-metadata.json": b"{}", "ro-crate-preview.html": b"<p>"})
    crate = written(lab.package(), tmp_path / "crate")

    assert verify_package(str(crate)).findings == ()
    assert (crate / "versions/after-run-1/ro-crate-metadata.json").read_bytes() == b"{}"


def test_changed_bytes_are_never_packed(chain: Any, tmp_path: Path) -> None:
    package = chain.package()
    (sha256,) = {m.sha256 for m in package.members if m.path == "data/raw.csv"}
    chain.archive[sha256] = b"a,b\n9,9\n"
    with pytest.raises(PackageError, match=r"data/raw\.csv"):
        written(chain.package(), tmp_path / "crate")


class _Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for key, value in attrs:
            assert not key.startswith("on")
            if key in ("href", "src"):
                self.addresses.append(value or "")


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "'-alert(1)-'",
    "</title><script>alert(1)</script>",
    "&lt;script&gt;",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_page_runs_nothing_that_a_name_says(lab: Any, tmp_path: Path, attack: str) -> None:
    """Programs, files, parameters, titles and people come from anybody."""
    name = attack.replace("/", "_")
    lab.files["p.py"] = b""
    lab.run(
        "p.py", [], {name: b"x"}, command=("p", attack), user=attack, parameters={attack: attack}
    )
    crate = written(lab.package(settings=Settings(title=attack, abstract=attack)), tmp_path / "c")
    page = _Page()
    page.feed((crate / "ro-crate-preview.html").read_text())

    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th",
        "td", "code", "a", "br", "ul", "li",
    }  # fmt: skip
    assert all(a.startswith("./") or a == "ro-crate-metadata.json" for a in page.addresses)
    assert verify_package(str(crate)).findings == ()


def change(**values: Any) -> Callable[[dict[str, Any]], None]:
    def apply(graph: dict[str, Any]) -> None:
        for iri, row in values.items():
            graph[iri].update(row)

    return apply


def crate_with(changed: Callable[[dict[str, Any]], Any], crate: Path) -> None:
    path = crate / "ro-crate-metadata.json"
    document = json.loads(path.read_text())
    graph = {row["@id"]: row for row in document["@graph"]}
    changed(graph)
    document["@graph"] = list(graph.values())
    path.write_text(json.dumps(document))


BROKEN: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "no descriptor": ("C1", lambda g: g.pop("ro-crate-metadata.json")),
    "descriptor of no version": ("C1", lambda g: g["ro-crate-metadata.json"].pop("conformsTo")),
    "no root": ("C1", lambda g: g.pop("./")),
    "no licence": ("C2", lambda g: g["./"].pop("license")),
    "part not described": ("C3", lambda g: g.pop("data/raw.csv")),
    "file missing": ("C3", lambda g: g.update(x={"@id": "x.csv", "@type": "File"})),
    "file upwards": ("C3", lambda g: g.update(x={"@id": "../../etc/passwd", "@type": "File"})),
    "file absolute": ("C3", lambda g: g.update(x={"@id": "/etc/passwd", "@type": "File"})),
    "file of a machine": ("C3", lambda g: g.update(x={"@id": "file:///etc/x", "@type": "File"})),
    "file upwards, encoded": ("C3", lambda g: g.update(x={"@id": "%2e%2e/x", "@type": "File"})),
    "folder missing": ("C3", lambda g: g.update(x={"@id": "x/", "@type": "Dataset"})),
    "wrong size": ("C4", lambda g: g["data/raw.csv"].update(contentSize="9")),
    "wrong checksum": ("C4", lambda g: g["data/raw.csv"].update(sha256="0" * 64)),
    "no instrument": (
        "C6",
        lambda g: [
            row.pop("instrument", 0) for row in g.values() if row["@type"] == "CreateAction"
        ],
    ),
    "instrument not described": (
        "C6",
        lambda g: [
            row.update(instrument={"@id": "gone.py"})
            for row in g.values()
            if row["@type"] == "CreateAction"
        ],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_of_a_crate_is_named(chain: Any, tmp_path: Path, name: str) -> None:
    crate = written(chain.package(), tmp_path / "crate")
    rule, changed = BROKEN[name]
    crate_with(changed, crate)
    assert {each.rule for each in verify_package(str(crate)).errors} == {rule}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"@context": 1}', '{"@context": 1, "@graph": 2}', "[" * 100_000, "\xff",
     '{"@context": 1, "@graph": [{"@id": 7}]}', '{"@context": 1, "@graph": ["x"]}',
     '{"@context": 1, "@graph": [{"@id": "a"}, {"@id": "a"}]}'],
)  # fmt: skip
def test_what_is_no_metadata_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "ro-crate-metadata.json").write_bytes(text.encode("latin-1"))
    assert [each.rule for each in verify_package(str(tmp_path)).errors] == ["C1"]


def test_a_changed_file_is_found(chain: Any, tmp_path: Path) -> None:
    crate = written(chain.package(), tmp_path / "crate")
    (crate / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n,,")
    assert [each.rule for each in verify_package(str(crate)).errors] == ["C4"]


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids may be addresses; verifying must not tell their owner."""
    import socket  # noqa: PLC0415 - used by one test

    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    rows = [
        {"@id": "ro-crate-metadata.json", "about": {"@id": "./"},
         "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}},
        {"@id": "./", "@type": "Dataset", "name": "n", "description": "d", "license": "l",
         "datePublished": "2026", "hasPart": {"@id": "http://x.example/a.csv"}},
        {"@id": "http://x.example/a.csv", "@type": "File"},
    ]  # fmt: skip
    document = {"@context": "http://x.example/context", "@graph": rows}
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(document))
    assert verify_package(str(tmp_path)).findings == ()
