"""What is in a package is decided once, by rules a reader can predict."""

from __future__ import annotations

from typing import Any

import pytest

from provkit.errors import PackageError, UsageError
from provkit.model.identifiers import state_iri
from provkit.package.base import Agent, LeftOut, Package, pid_of
from provkit.package.formats import TURTLE
from provkit.package.request import Extra, Knowledge, Policy
from provkit.package.settings import Person, Settings


def paths(package: Package) -> dict[str, str]:
    return {member.path: member.role for member in package.members}


def named(package: Package, path: str) -> str:
    return next(thing.name for thing in package.things.values() if thing.path == path)


def test_members_are_programs_inputs_and_outputs(chain: Any) -> None:
    """Everything needed to see and repeat what was done, each file once."""
    assert paths(chain.package()) == {
        "clean.py": "program",
        "data/clean.csv": "output",
        "data/raw.csv": "input",
        "data/style.json": "input",
        "plot.R": "program",
        "plot.png": "output",
    }


def test_what_one_run_left_is_what_the_next_one_found(chain: Any) -> None:
    """Else the chain breaks in the package (defect D9 of recordr is the extreme case)."""
    package = chain.package()
    clean = named(package, "data/clean.csv")

    first, second = package.runs
    assert first.generated == (clean,)
    assert clean in second.used
    assert second.informed_by == (first.iri,)
    assert first.informed_by == ()


def test_a_pid_is_made_of_run_and_state_only(chain: Any) -> None:
    """Two exports, on two machines, name the same object alike."""
    run = chain.runs[0]
    expected = pid_of(state_iri(run.id, "left", "data/clean.csv"))

    assert named(chain.package(), "data/clean.csv") == expected
    assert named(chain.package([run]), "data/clean.csv") == expected


def test_order_of_runs_does_not_matter(chain: Any) -> None:
    assert chain.package(list(reversed(chain.runs))) == chain.package()


def test_a_run_named_twice_counts_once(chain: Any) -> None:
    assert chain.package([*chain.runs, chain.runs[0]]) == chain.package()


def test_the_newest_version_has_the_plain_name(lab: Any) -> None:
    """An earlier version stays in the package, under the run that it belongs to."""
    lab.files |= {"count.sh": b"", "n.txt": b"0"}
    lab.run("count.sh", ["n.txt"], {"n.txt": b"1"})
    lab.run("count.sh", ["n.txt"], {"n.txt": b"2"})
    package = lab.package()

    found = {member.path: member.open().read() for member in package.members}
    assert found == {
        "count.sh": b"",
        "versions/before-run-1/n.txt": b"0",
        "versions/after-run-1/n.txt": b"1",
        "n.txt": b"2",
    }


def test_equal_bytes_written_twice_are_two_things(lab: Any) -> None:
    """PROV: an entity is generated once (PROV-CONSTRAINTS, constraint 24)."""
    lab.files["same.sh"] = b"x"
    lab.run("same.sh", [], {"out.txt": b"same"})
    lab.run("same.sh", [], {"out.txt": b"same"})
    first, second = lab.package().runs

    assert first.generated != second.generated


def test_a_copy_is_an_alternate_of_the_original(lab: Any) -> None:
    """Defect D9 of recordr: a copied output that the next step reads was not linked at all."""
    lab.files |= {"a.py": b"#", "b.py": b"##"}
    lab.run("a.py", [], {"out.csv": b"1,2", "empty": b""})
    lab.files |= {"copy.csv": b"1,2", "other": b""}
    lab.run("b.py", ["copy.csv", "other"], {"end": b"e"})
    package = lab.package()

    assert package.copies == ((named(package, "copy.csv"), named(package, "out.csv")),)
    assert package.runs[1].informed_by == ()


def test_a_write_by_another_run_in_between_breaks_the_join(chain: Any) -> None:
    """The project knows runs that are not packaged; what it says about producers wins."""
    first, second = chain.runs
    left = state_iri(first.id, "left", "data/clean.csv")
    found = state_iri(second.id, "found", "data/clean.csv")
    other = Knowledge(versions={left: "v1", found: "v2"})
    same = Knowledge(versions={left: "v1", found: "v1"})

    assert chain.package(knowledge=other).runs[1].informed_by == ()
    assert chain.package(knowledge=same).runs[1].informed_by == (chain.package().runs[0].iri,)


def test_derivations_need_evidence(lab: Any) -> None:
    """recordr and matlab-dataone claim every output from every input, which is false."""
    lab.files |= {"two.py": b"", "in-1": b"a", "in-2": b"b"}
    run = lab.run("two.py", ["in-1", "in-2"], {"out-1": b"A", "out-2": b"B"})
    # One process read both before writing: the observation cannot tell them apart.
    observed = lab.package(policy=Policy(evidence="observed"))
    assert len(observed.runs[0].derivations) == 4
    assert {each.evidence for each in observed.runs[0].derivations} == {"observed"}

    stated = lab.package(
        policy=Policy(evidence="stated"),
        knowledge=Knowledge(derivations={run.id: [("out-1", "in-1", "stated")]}),
    )
    only = stated.runs[0].derivations
    assert [(d.output, d.input, d.evidence) for d in only] == [
        (named(stated, "out-1"), named(stated, "in-1"), "stated")
    ]


def test_assumed_derivations_come_on_request_only(lab: Any) -> None:
    """A run that wrote before it read cannot have used what it read."""
    lab.files |= {"p.py": b"", "late": b"1"}
    run = lab.run("p.py", ["late"], {"out": b"2"})
    blind = lab.package([_without_observation(run)])
    assumed = lab.package([_without_observation(run)], policy=Policy(evidence="assumed"))

    assert blind.runs[0].derivations == ()
    assert [each.evidence for each in assumed.runs[0].derivations] == ["assumed"]


def _without_observation(run: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415 - used by one test

    return replace(run, derivations=())


def test_stronger_evidence_wins(chain: Any) -> None:
    run = chain.runs[0]
    more = Knowledge(derivations={run.id: [("data/clean.csv", "data/raw.csv", "stated")]})

    assert [d.evidence for d in chain.package(knowledge=more).runs[0].derivations] == ["stated"]


@pytest.mark.parametrize(
    ("policy", "left_out"),
    [
        (Policy(exclude=("data/*.csv",)), {"data/raw.csv", "data/clean.csv"}),
        (Policy(exclude=("*.csv",)), {"data/raw.csv", "data/clean.csv"}),
        (
            Policy(include=("*.png", "plot.R")),
            {"data/raw.csv", "data/clean.csv", "data/style.json"},
        ),
        (Policy(max_file_bytes=7), {"data/raw.csv", "plot.png"}),
        (Policy(), set()),
    ],
)
def test_policies_leave_files_out_but_not_their_story(
    chain: Any, policy: Policy, left_out: set[str]
) -> None:
    """Who leaves a large file out still wants to see that it was used."""
    package = chain.package(policy=policy)
    others = {other.path for other in package.others}

    assert left_out <= others
    assert not left_out & set(paths(package))
    spoken_of = {name for each in package.runs for name in (*each.used, *each.generated)}
    assert {package.things[name].path for name in spoken_of} >= left_out
    for path in left_out:
        assert any(path in warning for warning in package.warnings)


def test_a_file_without_archived_bytes_is_left_out_with_its_reason(lab: Any) -> None:
    lab.files |= {"p.py": b"", "in": b"1"}
    lab.run("p.py", ["in"], {"out": b"2"}, archived=False)
    package = lab.package()

    assert [other.why for other in package.others if isinstance(other, LeftOut)] == [
        "not archived",
        "not archived",
    ]


def test_a_run_without_a_packed_program_has_its_command_as_plan(lab: Any) -> None:
    """Consumers need one program per execution; `bash -c` has none but its text."""
    lab.run("/usr/bin/bash", [], {"out": b"2"}, command=("bash", "-c", "echo 'a b' > out"))
    package = lab.package()
    plan = package.things[package.runs[0].plan]

    assert (plan.path, plan.role) == ("commands/run-1.sh", "program")
    opened = next(member for member in package.members if member.name == plan.name)
    assert opened.open().read() == b"bash -c 'echo '\"'\"'a b'\"'\"' > out'\n"


def test_an_executable_of_the_system_is_not_packed(lab: Any) -> None:
    """Nobody wants /usr/bin/python3 in a data package."""
    lab.files["/usr/bin/tool"] = b"\x7fELF"
    lab.run("/usr/bin/tool", [], {"out": b"2"})

    assert paths(lab.package()) == {"out": "output", "commands/run-1.sh": "program"}


def test_an_input_with_a_pid_is_referred_to_and_not_packed(chain: Any) -> None:
    """Wish W28: what is in a repository already is not aggregated again."""
    raw = next(s for s in chain.runs[0].inputs if s.path == "data/raw.csv")
    package = chain.package(knowledge=Knowledge(pids={raw.sha256: "doi:10.5063/ABC"}))

    assert "data/raw.csv" not in paths(package)
    assert package.runs[0].used == ("doi:10.5063/ABC",)
    assert not any("raw.csv" in warning for warning in package.warnings)


def test_extras_are_members(chain: Any) -> None:
    extra = Extra(path="workflow/clean.ttl", role="model", data=b"#", format=TURTLE)
    package = chain.package(knowledge=Knowledge(extras=(extra,)))

    assert paths(package)["workflow/clean.ttl"] == "model"


class TestAgent:
    """``*ByUser`` search fields give the agent's IRI to readers: an ORCID when there is one."""

    def test_is_the_orcid_of_the_record(self, lab: Any) -> None:
        lab.run("p", [], {"o": b""}, user="0000-0002-1825-0097")
        package = lab.package(settings=Settings())
        assert package.runs[0].agent == Agent(
            iri="https://orcid.org/0000-0002-1825-0097", label="0000-0002-1825-0097"
        )

    def test_is_the_only_creator(self, chain: Any) -> None:
        assert chain.package().runs[0].agent == Agent(
            iri="https://orcid.org/0000-0002-1825-0097", label="Ann Example"
        )

    def test_is_the_login_when_creators_are_several(self, chain: Any) -> None:
        two = Settings(
            creators=(
                Person(surname="A", orcid="0000-0002-1825-0097"),
                Person(surname="B", orcid="0000-0001-5109-3700"),
            )
        )
        agent = chain.package(settings=two).runs[0].agent
        assert agent is not None
        assert agent.iri.endswith("id/user/ann@bench")

    def test_is_whom_a_statement_names(self, chain: Any) -> None:
        bob = Agent(iri="https://orcid.org/0000-0001-5109-3700", label="Bob")
        more = Knowledge(agents={chain.runs[0].id: bob})
        assert chain.package(knowledge=more).runs[0].agent == bob


def test_a_running_run_is_refused(lab: Any) -> None:
    run = lab.run("p", [], {"o": b""}, status="running")
    with pytest.raises(PackageError, match="still going on"):
        lab.package([run])


def test_no_run_is_a_usage_error(lab: Any) -> None:
    with pytest.raises(UsageError):
        lab.package([])


def test_a_failed_run_is_packaged_with_a_warning(lab: Any) -> None:
    lab.run("p", [], {"o": b""}, status="failed")
    assert any("failed" in warning for warning in lab.package().warnings)


def test_no_private_folder_gets_out(lab: Any) -> None:
    """A path outside the project keeps its last name only."""
    lab.files |= {"p.py": b"", "/home/ann/secret-project/in.csv": b"1"}
    lab.run("p.py", ["/home/ann/secret-project/in.csv"], {"out": b"2"})
    package = lab.package()

    assert "outside/in.csv" in paths(package)
    assert "secret-project" not in repr([(m.path, m.origin) for m in package.members])
