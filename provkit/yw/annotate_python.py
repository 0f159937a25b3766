"""Outline a Python script from its syntax tree: which lines read and write which files."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from provkit.errors import UnknownDataError
from provkit.yw.annotate import Access, Block, Direction, Outline, word
from provkit.yw.python_paths import Constants, last_name

# Last name of the call: place of the path among its arguments, and its keyword names.
_READERS = {
    "read_csv": 0, "read_table": 0, "read_excel": 0, "read_json": 0, "read_parquet": 0,
    "read_hdf": 0, "read_feather": 0, "read_pickle": 0, "read_stata": 0, "read_sas": 0,
    "read_fwf": 0, "read_xml": 0, "read_file": 0, "loadtxt": 0, "genfromtxt": 0, "load": 0,
    "fromfile": 0, "loadmat": 0, "imread": 0, "open_dataset": 0, "open_rasterio": 0,
    "copy": 0, "copy2": 0, "copyfile": 0, "move": 0, "rename": 0, "replace": 0,
}  # fmt: skip
_WRITERS = {
    "to_csv": 0, "to_excel": 0, "to_json": 0, "to_parquet": 0, "to_hdf": 0, "to_feather": 0,
    "to_pickle": 0, "to_stata": 0, "to_netcdf": 0, "to_html": 0, "to_markdown": 0, "to_file": 0,
    "savetxt": 0, "save": 0, "savez": 0, "savez_compressed": 0, "tofile": 0, "savefig": 0,
    "savemat": 0, "imsave": 0, "imwrite": 0,
    "copy": 1, "copy2": 1, "copyfile": 1, "move": 1, "rename": 1, "replace": 1,
}  # fmt: skip
_PATH_KEYWORDS = {
    "file", "filename", "fname", "path", "filepath_or_buffer", "path_or_buf", "io", "src", "dst",
    "filename_or_obj", "fp",
}  # fmt: skip
_MODULE_ONLY = {"copy", "copy2", "copyfile", "move", "rename", "replace"}
_FILE_MODULES = {"shutil", "os"}
_PATH_READERS = {"read_text", "read_bytes"}
_PATH_WRITERS = {"write_text", "write_bytes", "touch"}


def outline_python(text: str, name: str) -> Outline:
    """Outline of a Python script.

    Raises:
        UnknownDataError: It is not Python.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UnknownDataError(f"line {line}: not Python: {error}") from error
    statements = module.body
    code = [s for s in statements if not _is_heading(s)] or statements
    if not code:
        return Outline(Block(word(name) or "script", 1, 1), [])
    known = Constants(module)
    whole = Block(
        word(name) or "script", *_lines(statements, code[0], code[-1]), _first_sentence(module)
    )
    functions = [s for s in code if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
    steps = []
    for function in functions:
        block = Block(
            function.name, *_lines(statements, function, function), _first_sentence(function)
        )
        block.accesses = list(_accesses(function, known))
        if block.accesses:
            steps.append(block)
    others = [s for s in code if s not in functions and list(_accesses(s, known))]
    whole.accesses = [a for s in code for a in _accesses(s, known)]
    if steps and others:
        rest = Block("main", *_lines(statements, others[0], others[-1]))
        rest.accesses = [a for s in others for a in _accesses(s, known)]
        steps = sorted([*steps, rest], key=lambda block: block.first)
    return Outline(whole, steps if _make_sense(steps) else [], sorted(set(_options(module))))


def _make_sense(steps: list[Block]) -> bool:
    """They do not overlap, have names of their own, and each leaves a file.

    What one that leaves none has read goes on in memory, where no file tells of it.
    """
    apart = all(earlier.last < later.first for earlier, later in pairwise(steps))
    named = len({step.name for step in steps}) == len(steps)
    return apart and named and all(any(a.direction == "out" for a in s.accesses) for s in steps)


def _is_heading(statement: ast.stmt) -> bool:
    """An import, or the text at the top."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _lines(statements: Sequence[ast.stmt], first: ast.stmt, last: ast.stmt) -> tuple[int, int]:
    """Lines from one statement to another, with those that share a line with them."""
    start, end = statements.index(first), statements.index(last)
    while start > 0 and _end(statements[start - 1]) >= _start(statements[start]):
        start -= 1
    while end + 1 < len(statements) and _start(statements[end + 1]) <= _end(statements[end]):
        end += 1
    return _start(statements[start]), _end(statements[end])


def _start(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _first_sentence(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    lines = (ast.get_docstring(node) or "").strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else ""


def _accesses(statement: ast.AST, known: Constants) -> Iterator[Access]:
    """Files that a statement reads and writes, in the order of the text."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        for direction, argument in _paths(call, known.modules):
            path = known.path(argument)
            if path:
                yield Access(direction, path, call.lineno)


def _paths(call: ast.Call, modules: set[str]) -> Iterator[tuple[Direction, ast.expr]]:
    """Arguments of a call that name files, with what it does to them."""
    name = last_name(call.func)
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if name == "open":
        is_module = isinstance(receiver, ast.Name) and receiver.id in modules
        is_method = receiver is not None and not is_module
        path = receiver if is_method else _argument(call, 0)
        mode = _mode(call, 0 if is_method else 1)
        if path is not None:
            if mode[:1] not in ("w", "a", "x"):
                yield "in", path
            if mode[:1] in ("w", "a", "x") or "+" in mode:
                yield "out", path
    elif name in _PATH_READERS and receiver is not None:
        yield "in", receiver
    elif name in _PATH_WRITERS and receiver is not None:
        yield "out", receiver
    elif name not in _MODULE_ONLY or (receiver and last_name(receiver) in _FILE_MODULES):
        for direction, table in (("in", _READERS), ("out", _WRITERS)):
            if name in table and (argument := _argument(call, table[name])) is not None:
                yield ("in" if direction == "in" else "out"), argument


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    if len(call.args) > place:
        return call.args[place]
    return next((k.value for k in call.keywords if k.arg in _PATH_KEYWORDS), None)


def _mode(call: ast.Call, place: int) -> str:
    given = call.args[place] if len(call.args) > place else None
    given = next((k.value for k in call.keywords if k.arg == "mode"), given)
    return str(given.value) if isinstance(given, ast.Constant) else "r"


def _options(module: ast.Module) -> Iterator[str]:
    """Names of the options of an argument parser."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and last_name(node.func) == "add_argument":
            names = [a.value for a in node.args if isinstance(a, ast.Constant)]
            longest = max((n for n in names if isinstance(n, str)), key=len, default="")
            if word(longest.lstrip("-")):
                yield word(longest.lstrip("-"))
