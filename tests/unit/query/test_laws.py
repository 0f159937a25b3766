"""Laws that every query file keeps; each was broken once by an engine or by a query.

Adding a question is adding a file: these tests find it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from provkit.files import fingerprint_bytes
from provkit.model.events import CaptureReported, EnvironmentObserved, StateObserved
from provkit.model.run import Run, fold
from provkit.model.statement import Statement
from provkit.query.catalog import Query, catalog
from provkit.query.hybrid import refresh
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.rdf.statements import encode_statement
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import run_events
from provkit.vocab.terms import IRI, Literal, Term
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

EVERY = [catalog[name] for name in catalog]
SELECTS = [query for query in EVERY if query.form == "select"]
OURS = [
    q for q in EVERY if q.name.partition("/")[0] in ("questions", "lineage", "workflow", "hybrid")
]
MOST_VALUES = 4

SCRIPT = b"""# @begin clean @desc Clean the raw file
# @param limit
# @in raw @uri file:raw_{n}.csv
# @out tidy @uri file:tidy.csv
# @out unseen @uri file:nowhere/{n}.csv
# @begin wash
# @param limit
# @in raw @uri file:raw_{n}.csv
# @out tidy @uri file:tidy.csv
# @out unseen @uri file:nowhere/{n}.csv
# @end wash
# @end clean
"""


def ids(queries: list[Query]) -> list[str]:
    return [query.name for query in queries]


def code(query: Query) -> str:
    """The query without its comments."""
    return "\n".join(re.sub(r"(^|\s)#[^>]*$", "", line) for line in query.text.split("\n"))


@pytest.mark.parametrize("query", EVERY, ids=ids(EVERY))
class TestText:
    """What a file must say."""

    def test_parameters_are_those_written_with_a_dollar(self, query: Query) -> None:
        """So a reader sees at once what is bound from outside."""
        declared = {each.name for each in query.parameters}

        assert set(re.findall(r"\$(\w+)", code(query))) == declared
        for name in declared:
            assert not re.search(rf"\?{name}\b", code(query)), f"?{name} is written ${name}"

    def test_it_has_a_source(self, query: Query) -> None:
        assert query.sources

    def test_it_does_not_take_whatever_there_is(self, query: Query) -> None:
        assert not re.search(r"SELECT\s+(DISTINCT\s+)?\*", code(query))

    def test_its_example_fits_it(self, query: Query) -> None:
        assert {name for name, _ in query.example or ()} <= {each.name for each in query.parameters}


@pytest.mark.parametrize("query", SELECTS, ids=ids(SELECTS))
class TestSelect:
    """What rows must be."""

    def test_it_projects_what_it_declares(self, query: Query) -> None:
        """A parameter is projected too, else the engine cannot bind it."""
        declared = {each.name for each in (*query.parameters, *query.columns)}

        assert set(OxigraphStore().select(query.text).variables) == declared

    def test_it_answers_for_an_empty_store(self, query: Query) -> None:
        rows = OxigraphStore().select(query.text).rows

        assert all(set(row) <= {None} for row in rows), "at most empty aggregates"


@pytest.mark.parametrize("query", OURS, ids=ids(OURS))
class TestSafety:
    """What the engine cannot stand (docs/explanation/lineage.md, engine)."""

    def test_texts_are_ordered_as_texts(self, query: Query) -> None:
        """Ordering texts of mixed datatypes makes the engine panic, and the process with it."""
        kinds = {each.name: each.kind for each in (*query.parameters, *query.columns)}
        for order in re.findall(r"^ORDER BY (.*)$", code(query), re.MULTILINE):
            for name in re.findall(r"(?<!STR\()[?$](\w+)", order):
                assert kinds.get(name) not in ("string", "path"), f"ORDER BY STR(?{name})"

    def test_it_asks_the_union_of_all_graphs(self, query: Query) -> None:
        """A path inside GRAPH stays in one run: a wrong answer without an error."""
        assert not re.search(r"\b(GRAPH|FROM)\b", code(query))

    def test_it_joins_on_names_not_on_patterns(self, query: Query) -> None:
        """REGEX joins are quadratic; templates are matched in Python."""
        assert not re.search(r"\bREGEX\b", code(query), re.IGNORECASE)

    def test_it_makes_no_blank_nodes(self, query: Query) -> None:
        if query.form == "construct":
            template = code(query).partition("WHERE")[0]
            assert "_:" not in template
            assert "[" not in template

    def test_it_does_not_type_shared_nodes(self, query: Query) -> None:
        """Each run's graph types contents and locations again: rows would multiply."""
        assert not re.search(r"\ba\s+provkit:(Content|Location)\b", code(query))


@pytest.fixture(scope="module")
def store() -> OxigraphStore:
    """Some of everything that queries ask for."""
    made = OxigraphStore()
    for graphs in _graphs():
        made.replace(graphs)
    refresh(made)
    return made


def _graphs() -> Iterator[dict[IRI, list]]:  # type: ignore[type-arg] # graphs of any triples
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    facts = [
        {
            "inputs": {"raw_1.csv": b"raw", "extra.csv": b"e"},
            "outputs": {"tidy.csv": b"one"},
            "parameters": {"k": "1"},
        },
        {"inputs": {"tidy.csv": b"one"}, "outputs": {"plot.png": b"p"}, "program": "plot.R"},
        {
            "inputs": {"raw_1.csv": b"raw", "extra.csv": b"e"},
            "outputs": {"tidy.csv": b"two"},
            "parameters": {"k": "2"},
        },
        {
            "inputs": {"tidy.csv": b"two", "/etc/site": b"s"},
            "outputs": {"plot.png": b"p"},
            "program": "plot.R",
        },
        {"inputs": {"copy.csv": b"two"}, "outputs": {"odd\udce9.csv": b"x"}, "program": "odd.R"},
        {"inputs": {"raw_1.csv": b"new"}, "outputs": {}, "program": "odd.R", "status": "failed"},
        {"inputs": {}, "outputs": {"raw_1.csv": b"newer"}, "program": "odd.R"},
    ]
    runs: list[Run] = []
    for number, each in enumerate(facts, 1):
        source = SCRIPT if "program" not in each else b"# plain\n"
        run = fold(
            run_events(
                run=f"00000000-0000-4000-8000-{number:012d}",
                seq=number,
                started=noon + timedelta(minutes=number),
                source=source,
                tags=("good",) if number % 2 else (),
                environment={"os": "Linux"},
                **each,  # type: ignore[arg-type] # arguments of run_events
            )
        )
        runs.append(run)
    yield from map(encode_run, map(_with_more, runs))
    yield encode_workflow(build(extract_all([SourceText(path="clean.R", data=SCRIPT)])))
    for kind, data in (("note", {"text": "good"}), ("tag", {"tags": ["x"]})):
        yield encode_statement(
            Statement(
                id=f"00000000-0000-4000-9000-00000000000{len(kind)}",
                kind=kind,  # type: ignore[arg-type] # two of its kinds
                about=("urn:uuid:00000000-0000-4000-8000-000000000001",),
                at=noon,
                by="bob",
                data=data,
            )
        )


def _with_more(run: Run) -> Run:
    """What no recorder of run_events tells: packages, temporary files, an outer run."""
    from dataclasses import replace  # noqa: PLC0415

    temporary = StateObserved(moment="temporary", path="tmp.txt", why="excluded")
    return replace(
        run,
        environment=EnvironmentObserved(facts={"os": "Linux"}, packages={"sf": f"1.{run.seq % 2}"}),
        temporaries=(temporary,),
        capture=CaptureReported(recorder="test", blind=("nothing",), untraced=("x",)),
        derivations=tuple(pair for pair in run.derivations if pair[1] != "extra.csv"),
        part_of="00000000-0000-4000-8000-000000000001" if run.seq == 2 else None,
        rerun_of="00000000-0000-4000-8000-000000000001" if run.seq == 3 else None,
        outputs=tuple(
            replace(state, why="too large", sha256=None) if state.path.startswith("odd") else state
            for state in run.outputs
        ),
    )


BOUND = [(query, each.name) for query in SELECTS for each in query.parameters]


@pytest.mark.parametrize(
    ("query", "name"), BOUND, ids=[f"{query.name}-{name}" for query, name in BOUND]
)
def test_binding_is_filtering(store: OxigraphStore, query: Query, name: str) -> None:
    """Bound rows are the unbound rows that match: else an engine silently did not filter."""
    found = store.select(query.text)
    at = found.variables.index(name)
    values: list[Term] = list(dict.fromkeys(row[at] for row in found.rows if row[at] is not None))[
        :MOST_VALUES
    ]
    kind = query.parameter(name).kind
    unseen: Term = (
        IRI("urn:never-seen")
        if kind in ("iri", "run", "sha256", "person")
        else Literal("never seen")
    )
    for value in (*values, unseen):
        bound = store.select(query.text, **{name: value})
        matching = [row for row in found.rows if row[at] == value]
        rows = [tuple(row[bound.variables.index(v)] for v in found.variables) for row in bound.rows]
        assert Counter(rows) == Counter(matching)


@pytest.mark.parametrize("query", SELECTS, ids=ids(SELECTS))
def test_rows_are_told_once(store: OxigraphStore, query: Query) -> None:
    """Graphs that say the same again must not repeat rows."""
    rows = store.select(query.text).rows

    assert len(rows) == len(set(rows))


NOT_IN_THE_STORE = {"deleted-runs"}
QUESTIONS = [q for q in SELECTS if q.name.startswith("questions/")]


@pytest.mark.parametrize("query", QUESTIONS, ids=ids(QUESTIONS))
def test_the_store_has_an_answer_for_each_question(store: OxigraphStore, query: Query) -> None:
    """A law that holds for no rows proves nothing."""
    if query.name.removeprefix("questions/") not in NOT_IN_THE_STORE:
        assert store.select(query.text).rows


def test_there_are_many_questions() -> None:
    assert len(QUESTIONS) >= 30


def test_contents_are_told_by_their_hash() -> None:
    """The queries know contents by the beginning of their IRI; it must be that of the model."""
    from provkit.model.identifiers import content_iri  # noqa: PLC0415

    assert content_iri(fingerprint_bytes(b"").sha256).startswith("hash://sha256/")
