"""``provkit yw graph``, ``recon`` and ``annotate``, as somebody types them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.cli.main import main
from provkit.drawing import render
from provkit.errors import DrawingError

SCRIPT = """# @begin W @desc "quoted" & odd
# @in a @uri file:d/{v}.csv
# @out z
# @begin S @desc does: {it} | <b>
# @in a
# @out z
# @end S
# @end W
"""
Provkit = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def provkit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Provkit:
    """``provkit(word, …)`` runs a command in a folder that holds ``a.py``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(SCRIPT)

    def run(*words: str) -> tuple[int, bytes, str]:
        code = main(list(words))
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.mark.parametrize(
    ("words", "magic"),
    [
        ([], b"digraph {"),
        (["--format", "svg"], b"<svg"),
        (["--format", "PNG"], b"\x89PNG"),
        (["--format", "pdf"], b"%PDF"),
        (["--format", "mermaid"], b"---\n"),
        (["--format", "text"], b"W\n"),
        (["--json"], b"{"),
    ],
)
def test_graph_speaks_every_format(provkit: Provkit, words: list[str], magic: bytes) -> None:
    """Data goes to standard output, and nothing else does."""
    code, out, err = provkit("yw", "graph", "a.py", "--view", "combined", *words)

    assert (code, err) == (0, "")
    assert out.startswith(magic)


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("g.svg", b"<svg"),
        ("g.gv", b"digraph"),
        ("g.mmd", b"---"),
        ("g.txt", b"W\n"),
        ("g.json", b"{"),
        ("g.other", b"digraph"),
    ],
)
def test_the_name_of_the_file_says_the_format(provkit: Provkit, name: str, magic: bytes) -> None:
    """``-o x.svg`` is enough."""
    code, out, _ = provkit("yw", "graph", "a.py", "-o", name)

    assert (code, out) == (0, b"")
    assert Path(name).read_bytes().startswith(magic)


def test_graph_json_has_the_keys_of_the_interface(provkit: Provkit) -> None:
    """Other programs read it."""
    found = json.loads(provkit("yw", "graph", "a.py", "--json", "--layout", "tb")[1])

    assert set(found) == {"title", "rankdir", "nodes", "edges"}
    assert (found["title"], found["rankdir"]) == ("W", "TB")
    assert found["edges"] == [["in:a", "step:S", "a"], ["step:S", "out:z", "z"]]


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["--view", "bogus"], "bogus"),
        (["--params", "bogus"], "bogus"),
        (["--layout", "up"], "up"),
        (["--format", "gif"], "gif"),
        (["--subworkflow", "nope"], "nope"),
        (["--unknown", "1"], "--unknown"),
        (["missing.py"], "missing.py"),
    ],
)
def test_wrong_options_are_usage_errors(provkit: Provkit, words: list[str], word: str) -> None:
    """Named, with exit code 2; YesWorkflow crashes or ignores them."""
    code, out, err = provkit("yw", "graph", "a.py", *words)

    assert (code, out) == (2, b"")
    assert word in err


def test_without_graphviz_dot_is_left_instead(
    provkit: Provkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is not lost, and the message says what to install."""

    def nothing_here(*_: object) -> bytes:
        raise DrawingError("drawing SVG needs Graphviz", hint="pip install 'provkit[graphviz]'")

    monkeypatch.setattr(render, "render", nothing_here)
    code, _, err = provkit("yw", "graph", "a.py", "-o", "g.svg")

    assert code == 1
    assert "wrote g.dot instead" in err
    assert "provkit[graphviz]" in err
    assert Path("g.dot").read_text().startswith("digraph")
    assert not Path("g.svg").exists()


def test_warnings_go_to_standard_error(provkit: Provkit) -> None:
    """One line each, with the place; the picture is made all the same."""
    Path("a.py").write_text(SCRIPT.replace("# @in a\n# @out z\n# @end S", "# @in q\n# @end S"))
    code, out, err = provkit("yw", "graph", "a.py", "--json")

    assert code == 0
    assert json.loads(out)["nodes"]
    assert any(line.startswith("a.py:5:") and "q" in line for line in err.splitlines())


def test_recon_of_a_folder(provkit: Provkit) -> None:
    """Paths are relative to the root; what is missing is told on standard error."""
    Path("run/d").mkdir(parents=True)
    Path("run/d/it's.csv").touch()
    code, out, err = provkit("yw", "recon", "a.py", "--root", "run", "--json")

    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "resources": ["d/it's.csv"],
        "data_resources": [["[a]", "d/it's.csv"]],
        "values": [["[a]", "d/it's.csv", "v", "it's"]],
        "log_entries": [],
    }
    code, out, err = provkit("yw", "recon", "a.py", "--json")
    assert json.loads(out)["resources"] == []
    assert "a.py:2:" in err
    assert "YW401" in err


@pytest.mark.parametrize(
    ("fmt", "line"),
    [("prolog", r"uri_variable_value(1, 1, 'it\'s')."), ("csv", "1,1,it's")],
)
def test_recon_as_facts(provkit: Provkit, fmt: str, line: str) -> None:
    """The relations of YesWorkflow's reconfacts."""
    Path("d").mkdir()
    Path("d/it's.csv").touch()

    assert line in provkit("yw", "recon", "a.py", "--format", fmt)[1].decode().splitlines()


def test_recon_of_recorded_resources(provkit: Provkit) -> None:
    """Inputs and outputs of a run, from a list."""
    Path("list.yaml").write_text("inputs:\n- d/x.csv\noutputs:\n- d/y.csv\n")
    code, out, _ = provkit("yw", "recon", "a.py", "--resources", "list.yaml", "--json")

    assert code == 0
    assert json.loads(out)["resources"] == ["d/x.csv"]


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (["--root", "nodir"], 2, "nodir"),
        (["--resources", "nolist"], 2, "nolist"),
        (["--resources", "bad.yaml"], 1, "bad.yaml:1:"),
    ],
)
def test_recon_says_what_it_cannot_read(
    provkit: Provkit, words: list[str], code: int, word: str
) -> None:
    """Never a traceback, never half an answer."""
    Path("bad.yaml").write_text("x: 1\n")
    found, out, err = provkit("yw", "recon", "a.py", *words)

    assert (found, out) == (code, b"")
    assert word in err


def test_annotate_proposes_a_patch_that_fits(provkit: Provkit) -> None:
    """What ``patch`` makes of it is what ``--write`` writes, and it checks without a word."""
    code = 'import pandas as pd\npd.read_csv("a.csv").to_csv("b.csv")'
    Path("s.py").write_text(code)
    _, diff, _ = provkit("yw", "annotate", "s.py")
    Path("p.py").write_text(code)
    subprocess.run(["patch", "-s", "p.py"], input=diff, check=True)
    assert provkit("yw", "annotate", "--write", "s.py")[0] == 0

    assert Path("p.py").read_text() == Path("s.py").read_text()
    assert provkit("yw", "check", "--strict", "s.py")[0] == 0
    assert provkit("yw", "annotate", "s.py")[0] == 2


@pytest.mark.parametrize(
    ("name", "text", "code"), [("s.py", "def (", 1), ("s.py", "x = 1", 2), ("s.c", "int x;", 2)]
)
def test_annotate_says_why_it_cannot(provkit: Provkit, name: str, text: str, code: int) -> None:
    """No Python, nothing to annotate, another language."""
    Path(name).write_text(text)

    assert provkit("yw", "annotate", name)[0] == code
