"""Files are found by the templates of ports, below a folder or among recorded ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provkit.errors import UsageError
from provkit.model.workflow import Workflow
from provkit.yw.build import build
from provkit.yw.extract import extract
from provkit.yw.facts import recon_facts
from provkit.yw.recon import reconstruct_below, reconstruct_recorded
from provkit.yw.reconstruction import Reconstruction
from provkit.yw.resource_list import RecordedResources
from provkit.yw.shapes import recon_json


def model(text: str) -> Workflow:
    return build(extract(text, "python", path="a.py"))


def one_port(template: str, tag: str = "in") -> Workflow:
    return model(f"# @begin W\n# @{tag} a @uri {template}\n# @end W\n")


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")


def paths(found: Reconstruction) -> list[str]:
    return [resource.path for resource in found.resources]


def values(workflow: Workflow, found: Reconstruction) -> list[list[str]]:
    rows: list[list[str]] = recon_json(workflow, found)["values"]
    return [row[1:] for row in rows]


@pytest.mark.parametrize(
    ("template", "names", "expected"),
    [
        ("file:d/{v}.csv", ["d/x.csv", "d/y.csv", "d/e/z.csv"], ["d/x.csv", "d/y.csv"]),
        ("d/x.csv", ["d/x.csv", "d/y.csv"], ["d/x.csv"]),
        ("./d/{v}.csv", ["d/x.csv"], ["d/x.csv"]),
        ("{v}.csv", ["x.csv", "d/y.csv"], ["x.csv"]),
        ("d/{}/{n}", ["d/A/1", "d/B/2", "d/3"], ["d/A/1", "d/B/2"]),
        ("d/*.csv", ["d/*.csv", "d/x.csv"], ["d/*.csv"]),
        ("d/[1]{v}", ["d/[1]x", "d/1x"], ["d/[1]x"]),
        ("d/{v}?.csv", ["d/x?.csv", "d/xy.csv"], ["d/x?.csv"]),
        ("file:d", ["d/x.csv"], []),
        ("d/{v}", ["d/e/x.csv", "d/.hidden"], ["d/.hidden"]),
        ("http://h.org/{v}.csv", ["h.org/x.csv"], []),
        ("d/o'{v}.csv", ["d/o'x.csv"], ["d/o'x.csv"]),
        ("{a}/{b}/x", [".provkit/runs/x", "q/r/x"], ["q/r/x"]),
    ],
)
def test_files_below_a_folder(
    tmp_path: Path, template: str, names: list[str], expected: list[str]
) -> None:
    """Constant parts stand for themselves, a variable for a part of one name, folders for nothing."""
    make(tmp_path, *names)

    assert paths(reconstruct_below(one_port(template), str(tmp_path))) == expected


def test_a_folder_above_the_root_can_be_named(tmp_path: Path) -> None:
    """Scripts run in ``src`` read ``../data``."""
    make(tmp_path, "data/x.csv", "src/a.py")

    found = reconstruct_below(one_port("../data/{v}.csv"), str(tmp_path / "src"))

    assert paths(found) == ["../data/x.csv"]


def test_absolute_templates(tmp_path: Path) -> None:
    """Below the root they are told relative to it, elsewhere as they are; YesWorkflow crashes."""
    make(tmp_path, "run/x.csv", "else/y.csv")
    root = str(tmp_path / "run")

    assert paths(reconstruct_below(one_port(f"file:{tmp_path}/run/{{v}}.csv"), root)) == ["x.csv"]
    assert paths(reconstruct_below(one_port(f"{tmp_path}/else/y.csv"), root)) == [
        f"{tmp_path}/else/y.csv"
    ]


def test_links_are_followed_only_where_they_are_named(tmp_path: Path) -> None:
    """A link that a variable could take may lead in circles."""
    make(tmp_path, "real/x.csv")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/loop").symlink_to("..")
    (tmp_path / "real/file.csv").symlink_to("x.csv")
    (tmp_path / "real/broken.csv").symlink_to("nothing")

    assert paths(reconstruct_below(one_port("link/{v}.csv"), str(tmp_path))) == [
        "link/file.csv",
        "link/x.csv",
    ]
    assert paths(reconstruct_below(one_port("{d}/x.csv"), str(tmp_path))) == ["real/x.csv"]


def test_only_files_are_resources(tmp_path: Path) -> None:
    """A pipe would block whoever reads it."""
    os.mkfifo(tmp_path / "x.csv")

    assert paths(reconstruct_below(one_port("{v}.csv"), str(tmp_path))) == []
    assert paths(reconstruct_below(one_port("x.csv"), str(tmp_path))) == []


def test_names_that_are_not_text_are_found(tmp_path: Path) -> None:
    """Linux names are bytes."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_text("x")

    assert paths(reconstruct_below(one_port("{v}.csv"), str(tmp_path))) == ["caf\udce9.csv"]


def test_values_and_constants_make_the_path(tmp_path: Path) -> None:
    """Also where YesWorkflow stops at the first end, or gives the last variable nothing."""
    make(tmp_path, "d/1.csv.csv", "d/A/A_1.csv", "d/A/B_2.csv")

    for template, expected in {
        "d/{a}.csv": [["d/1.csv.csv", "a", "1.csv"]],
        "d/{s}/{s}_{k}.csv": [["d/A/A_1.csv", "k", "1"], ["d/A/A_1.csv", "s", "A"]],
        "d/A/A_{k}": [["d/A/A_1.csv", "k", "1.csv"]],
    }.items():
        workflow = one_port(template)
        assert values(workflow, reconstruct_below(workflow, str(tmp_path))) == expected


def test_resources_are_numbered_the_same_everywhere(tmp_path: Path) -> None:
    """By port, then by path; YesWorkflow takes the order of the file system."""
    make(tmp_path, "b/2.csv", "b/1.csv", "a/9.csv", "c.txt")
    workflow = model(
        "# @begin W @in x @uri b/{v}.csv @in y @uri {d}/{v}.csv @out z @uri c.txt\n# @end W\n"
    )

    found = reconstruct_below(workflow, str(tmp_path))

    assert [(r.id, r.path) for r in found.resources] == [
        (1, "b/1.csv"),
        (2, "b/2.csv"),
        (3, "a/9.csv"),
        (4, "c.txt"),
    ]
    relation = {r.name: list(r.rows) for r in recon_facts(found)}["data_resource"]
    assert len(relation) == len(set(relation)) == 6


def test_what_is_missing_is_told_with_its_place(tmp_path: Path) -> None:
    """YesWorkflow prints a bare path among the facts."""
    [finding] = reconstruct_below(
        model("# @begin W\n# @in a\n#   @uri file:nodir/{v}.csv\n# @end W\n"), str(tmp_path)
    ).findings

    assert (finding.code, finding.line, finding.column) == ("YW401", 3, 5)
    assert "nodir/{v}.csv" in finding.message


def test_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would look like no files."""

    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    make(tmp_path, "d/x.csv")
    monkeypatch.setattr(os, "scandir", refuse)

    found = reconstruct_below(one_port("d/{v}.csv"), str(tmp_path))

    assert {finding.code for finding in found.findings} == {"YW401", "YW402"}
    assert "Permission denied" in found.findings[0].message


def test_a_root_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """Nothing was searched, so nothing is said about files."""
    with pytest.raises(UsageError, match="nodir"):
        reconstruct_below(one_port("x"), str(tmp_path / "nodir"))


RECORDED = RecordedResources(
    ("prep/lsp/vHS/in.csv", "raw.csv"), ("prep/lsp/vHS/out.csv", "raw.csv")
)


def test_recorded_resources_match_by_role() -> None:
    """Inputs belong to in-ports; a variable may cross ``/`` and is never empty."""
    text = "# @begin W\n# @in a @uri {dir}/in.csv\n# @in b @uri {dir}/out.csv\n# @out c @uri {dir}/out.csv\n# @end W\n"
    workflow = model(text)

    found = reconstruct_recorded(workflow, RECORDED)

    assert recon_json(workflow, found)["data_resources"] == [
        ["[a]", "prep/lsp/vHS/in.csv"],
        ["[c]", "prep/lsp/vHS/out.csv"],
    ]
    assert values(workflow, found)[0] == ["prep/lsp/vHS/in.csv", "dir", "prep/lsp/vHS"]
    assert [finding.code for finding in found.findings] == ["YW401"]


def test_recorded_paths_lose_the_folder_of_the_run() -> None:
    """Recorders write absolute paths, scripts relative ones."""
    recorded = RecordedResources(("/home/me/run/d/x.csv", "/home/me/runner/d/y.csv"))

    found = reconstruct_recorded(one_port("d/{v}.csv"), recorded, root="/home/me/run")

    assert paths(found) == ["d/x.csv"]


def test_recorded_things_on_the_net_are_matched_by_scheme() -> None:
    """``http`` and ``file`` are different places."""
    recorded = RecordedResources(("http://h.org/x.csv", "h.org/x.csv"))

    assert paths(reconstruct_recorded(one_port("http://h.org/{v}.csv"), recorded)) == [
        "http://h.org/x.csv"
    ]


def test_further_tops_and_returns_are_searched_too(tmp_path: Path) -> None:
    """YesWorkflow leaves return ports out, and gives the second block's data no name."""
    make(tmp_path, "r.csv", "g.csv")
    workflow = model(
        "# @begin W @in a\n# @begin F @in a @return r @uri r.csv\n# @end F\n# @end W\n"
        "# @begin G @in g @uri g.csv\n# @end G\n"
    )

    found = recon_json(workflow, reconstruct_below(workflow, str(tmp_path)))

    assert found["data_resources"] == [["W[r]", "r.csv"], ["[g]", "g.csv"]]


LOG = "10:00 took A in 3 s\n\nnoise\r\n10:01 took B in 4 s or so\n10:02 limit: 12\n"


def entries(tmp_path: Path, *templates: str, log: bytes = LOG.encode()) -> list[object]:
    (tmp_path / "run.log").write_bytes(log)
    logs = "".join(f"#  @log {template}\n" for template in templates)
    workflow = model(f"# @begin W\n# @out l @uri run.log\n{logs}# @end W\n")
    found: list[object] = recon_json(workflow, reconstruct_below(workflow, str(tmp_path)))[
        "log_entries"
    ]
    return found


def test_log_entries_are_read_by_the_first_template_that_fits(tmp_path: Path) -> None:
    """In the order they are declared; a wrapped block does not tell its entries twice."""
    assert entries(tmp_path, "{t} took {x} in {n} s", "{t} limit: {c}", "{t} {rest}") == [
        ["run.log", [["t", "10:00"], ["x", "A"], ["n", "3"]]],
        ["run.log", [["t", "10:01"], ["x", "B"], ["n", "4"]]],
        ["run.log", [["t", "10:02"], ["c", "12"]]],
    ]


@pytest.mark.parametrize(
    "template", ["took {x}", "{t} took {x} {x}", "10:00 took A", "{t} nowhere"]
)
def test_what_does_not_fit_gives_no_entry(tmp_path: Path, template: str) -> None:
    """The start counts, equal names have equal values, and without variables nothing is said."""
    assert entries(tmp_path, template) == []


def test_a_log_in_another_encoding_is_read(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 stay as they are, not lost and not a crash."""
    assert entries(tmp_path, "{t} caf{x}", log=b"1 caf\xe9\n") == [
        ["run.log", [["t", "1"], ["x", "\udce9"]]]
    ]


def test_a_log_without_a_file_gives_nothing(tmp_path: Path) -> None:
    """There is nowhere to look."""
    workflow = model("# @begin W\n# @out l @log {t} x\n# @end W\n")

    assert reconstruct_below(workflow, str(tmp_path)).entries == ()


def test_a_recorded_log_that_is_gone_is_told() -> None:
    """Recorded files may have been deleted since."""
    workflow = model("# @begin W\n# @out l @uri gone/{n}.log @log {t} x\n# @end W\n")
    recorded = RecordedResources((), ("gone/1.log",))

    found = reconstruct_recorded(workflow, recorded)

    assert paths(found) == ["gone/1.log"]
    assert [finding.code for finding in found.findings] == ["YW404"]
