"""Whatever was recorded, its package is sound: for us, for the reference libraries, every time."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import bagit
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provkit.model.run import Run, fold
from provkit.package.assemble import assemble
from provkit.package.base import Opener, Package
from provkit.package.extras import provenance_file
from provkit.package.forms import write_package
from provkit.package.request import Knowledge, Policy
from provkit.package.settings import Settings
from provkit.package.verify import verify_package
from provkit.rdf.documents import read_document
from provkit.testing.records import NOON, run_events
from provkit.vocab.terms import IRI, XSD, Literal

CASES = 200 if os.environ.get("FULL") else 20
sweep = settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Every byte but / and NUL, as the operating system hands names out.
_PARTS = st.binary(min_size=1, max_size=12).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_").decode("utf-8", "surrogateescape")
)
_TRICKY = st.sampled_from(["a", "A", "a.csv", "..x", "con", "é", "e\u0301", "a b", "<&>'\"", "%41"])
PATHS = (
    st.lists(_PARTS | _TRICKY, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: all(part not in (".", "..") for part in path.split("/")))
)
TEXTS = st.text(max_size=12)


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Run], dict[str, bytes]]:
    """Up to three runs over a few files, and the bytes of everything."""
    names = draw(st.lists(PATHS, min_size=2, max_size=5, unique=True))
    disk = {name: draw(st.binary(max_size=20)) for name in names}
    runs, archive = [], {}
    for seq in range(1, draw(st.integers(1, 3)) + 1):
        program, *others = draw(st.permutations(names))
        read = others[: draw(st.integers(0, len(others)))]
        written = {name: draw(st.binary(max_size=20)) for name in others if draw(st.booleans())}
        archive |= {hashlib.sha256(data).hexdigest(): data for data in disk.values()}
        events = run_events(
            run=str(uuid.UUID(int=seq, version=4)),
            seq=seq,
            program=program,
            command=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3))),
            started=NOON + timedelta(minutes=seq),
            user=draw(TEXTS) or "ann",
            tags=tuple(draw(st.lists(TEXTS, max_size=2, unique=True))),
            parameters=draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
            inputs={name: disk[name] for name in read},
            outputs=written,
            source=disk[program],
        )
        disk |= written
        archive |= {hashlib.sha256(data).hexdigest(): data for data in disk.values()}
        runs.append(fold(events))
    return runs, archive


def packaged(runs: Sequence[Run], archive: dict[str, bytes], title: str) -> Package:
    def locate(sha256: str, path: str) -> Opener:
        del path
        return lambda: BytesIO(archive[sha256])

    return assemble(
        runs,
        locate=locate,
        date=NOON + timedelta(days=1),
        made_by="provkit",
        settings=Settings(title=title),
        policy=Policy(evidence="assumed"),
        knowledge=Knowledge(extras=(provenance_file(runs),)),
    )


def _value(text: str, datatype: str) -> tuple[object, str]:
    """A literal as a value: rdflib writes times in its own way."""
    is_time = datatype == XSD + "dateTime"
    return datetime.fromisoformat(text) if is_time else text, datatype


@sweep
@given(chains(), TEXTS)
def test_a_dataone_package_is_sound(made: tuple[list[Run], dict[str, bytes]], title: str) -> None:
    """No rule is broken, not even a warning; the bag library agrees; parsers read one graph."""
    runs, archive = made
    package = packaged(runs, archive, title)
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/bag"
        write_package(package, "dataone", out)

        assert verify_package(out).findings == ()
        assert bagit.Bag(out).validate()
        ore = Path(out, "metadata/oai-ore.xml").read_bytes()
        for member in package.members:
            data = Path(out, "data", member.path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == member.sha256
    ours = {
        (s, p, _value(o.value, o.datatype) if isinstance(o, Literal) else o)
        for triples in read_document(ore, "rdfxml", default=IRI("urn:x:map")).values()
        for s, p, o in triples
    }
    theirs = {
        (str(s), str(p), _value(str(o), str(o.datatype or XSD + "string"))
         if isinstance(o, rdflib.Literal) else str(o))
        for s, p, o in rdflib.Graph().parse(data=ore, format="xml")
    }  # fmt: skip
    assert ours == theirs


@sweep
@given(chains(), TEXTS)
def test_a_crate_is_sound(made: tuple[list[Run], dict[str, bytes]], title: str) -> None:
    runs, archive = made
    with tempfile.TemporaryDirectory() as folder:
        write_package(packaged(runs, archive, title), "rocrate", f"{folder}/crate")
        assert verify_package(f"{folder}/crate").findings == ()


@sweep
@given(chains(), st.sampled_from(["dataone", "rocrate", "bagit"]))
def test_twice_is_the_same(made: tuple[list[Run], dict[str, bytes]], form: str) -> None:
    """Whatever the order in which the runs were named."""
    runs, archive = made
    with tempfile.TemporaryDirectory() as folder:
        write_package(packaged(runs, archive, "T"), form, f"{folder}/1.zip")
        write_package(packaged(runs[::-1], archive, "T"), form, f"{folder}/2.zip")
        assert Path(folder, "1.zip").read_bytes() == Path(folder, "2.zip").read_bytes()


@sweep
@given(chains())
def test_the_map_says_what_the_runs_did(made: tuple[list[Run], dict[str, bytes]]) -> None:
    """As many uses and generations as were recorded, none lost and none made up."""
    runs, archive = made
    package = packaged(runs, archive, "T")

    for run, each in zip(runs, package.runs, strict=True):
        assert each.run == run
        assert len(each.used) == len({state.path for state in run.inputs})
        assert len(each.generated) == len(run.outputs)
        assert len(each.derivations) >= len(run.derivations)
        for name, state in zip(
            (n for n in each.generated), sorted(run.outputs, key=lambda s: s.path), strict=True
        ):
            assert name in package.things
            assert state.sha256 in {package.things[n].sha256 for n in each.generated}
    generated = [name for each in package.runs for name in each.generated]
    assert len(generated) == len(set(generated)), "PROV: an entity is generated once"
