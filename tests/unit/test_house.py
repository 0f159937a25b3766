"""The house keeps its own rules: read from the syntax trees, not from trust."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "provkit"
MODULES = sorted(PACKAGE.rglob("*.py"))
SPARQL = re.compile(
    r"^\s*(PREFIX\s+\w*:|SELECT\s|CONSTRUCT\s|ASK\s*\{|INSERT\s|DELETE\s)", re.MULTILINE
)
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted names that a module calls, with their lines."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def docstrings(module: ast.Module) -> set[int]:
    """Ids of the constants that are documentation, not data."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(CHECKOUT)))
class TestEveryModule:
    """Each rule is one sentence of the architecture page."""

    def test_says_what_it_is_for(self, path: Path) -> None:
        assert ast.get_docstring(tree(path)), "a module begins with what it is for"

    def test_holds_no_query(self, path: Path) -> None:
        module = tree(path)
        documentation = docstrings(module)
        queries = [
            node.lineno
            for node in ast.walk(module)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and SPARQL.search(node.value)
        ]
        assert not queries, "queries are files in sparql/"

    def test_prints_only_in_the_command_line(self, path: Path) -> None:
        if room(path) == "cli":
            return
        assert not [line for name, line in calls(path) if name == "print"]

    def test_asks_clock_and_chance_only_where_runs_are_made(self, path: Path) -> None:
        """A value or a graph must not depend on when or where it is made."""
        if room(path) in ("capture", "app", "cli", "web", "notebook.py", "__init__.py"):
            return
        forbidden = {"time.time", "datetime.now", "datetime.utcnow", "random.random", "os.urandom"}
        assert not [(name, line) for name, line in calls(path) if name in forbidden]

    def test_is_short_or_says_why_not(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        header = ast.get_docstring(tree(path)) or ""
        assert len(text.splitlines()) <= LONGEST_MODULE or "long because" in header

    def test_has_short_functions_or_says_why_not(self, path: Path) -> None:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                said = "long because" in (ast.get_docstring(node) or "")
                assert length <= LONGEST_FUNCTION or said, f"{node.name} has {length} lines"

    def test_keeps_no_state(self, path: Path) -> None:
        assert not [n.lineno for n in ast.walk(tree(path)) if isinstance(n, ast.Global)]

    def test_catches_no_unnamed_error(self, path: Path) -> None:
        """``except Exception`` needs its reason on the same line: doing no harm."""
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or ast.unparse(node.type) in (
                    "Exception",
                    "BaseException",
                )
                rethrows = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
                reason = "BLE001 - " in lines[node.lineno - 1]
                assert not broad or rethrows or reason, f"line {node.lineno}"


def test_nothing_names_a_machine() -> None:
    """What we ship works elsewhere: no path of the place it was made in."""
    named = []
    for folder in ("provkit", "ontologies", "sparql", "docs", "examples", "benchmarks"):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.is_file() and path.suffix in {
                ".py",
                ".rq",
                ".ttl",
                ".md",
                ".sh",
                ".c",
                ".toml",
            }:
                text = path.read_text(encoding="utf-8")
                if re.search(r"/work/|/root/|/tmp/v/", text):
                    named.append(str(path.relative_to(CHECKOUT)))
    assert not named
