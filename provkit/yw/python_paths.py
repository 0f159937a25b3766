"""Make URI templates of the path expressions in Python code, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_PATH_CLASSES = {"Path", "PurePath", "PosixPath", "PurePosixPath"}
_DEEPEST = 20


def last_name(node: ast.expr) -> str:
    """``b`` of ``a.b`` or ``a.b(…)``."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Constants:
    """Values of the names that are assigned once, and paths made of them."""

    def __init__(self, module: ast.Module) -> None:
        self._values: dict[str, ast.expr | None] = {}
        self._handles: set[str] = set()
        self.modules: set[str] = set()
        for node in ast.walk(module):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.modules.update((a.asname or a.name).split(".")[0] for a in node.names)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
                self._assign(node.target, node.value)
            elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                self._assign(node.target, None)
            elif isinstance(node, ast.arg):
                self._values[node.arg] = None
            elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                self._handles.add(node.optional_vars.id)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name) and value is not None and last_name(value) == "open":
            self._handles.add(target.id)
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                simple = node is target and node.id not in self._values
                self._values[node.id] = value if simple else None

    def path(self, node: ast.expr) -> str:
        """Path that an expression makes, as a URI template; empty when it makes none.

        An open file is no path.
        """
        if isinstance(node, ast.Name) and node.id in self._handles:
            return ""
        found = self._text(node, 0)
        return "" if found is None or not found.strip() else found

    def _text(self, node: ast.expr | None, depth: int) -> str | None:
        """Text of an expression: what is known as it is, the rest as variables."""
        deeper = depth + 1
        found: str | None = None
        if node is None or deeper > _DEEPEST:
            return None
        if isinstance(node, ast.Constant):
            literal = isinstance(node.value, str) and not re.search(r"[{}]", node.value)
            found = str(node.value) if literal else None
        elif isinstance(node, ast.Name):
            found = self._text(self._values.get(node.id), deeper) or f"{{{node.id}}}"
        elif isinstance(node, ast.JoinedStr):
            found = "".join(self._part(part, deeper) for part in node.values)
        elif isinstance(node, ast.BinOp):
            found = self._operation(node, deeper)
        elif isinstance(node, ast.Call):
            found = self._call(node, deeper)
        return found

    def _part(self, node: ast.expr, depth: int) -> str:
        """Part of a text: a variable when it is not known."""
        if isinstance(node, ast.FormattedValue):
            node = node.value
        found = self._text(node, depth)
        return f"{{{last_name(node)}}}" if found is None else found

    def _operation(self, node: ast.BinOp, depth: int) -> str | None:
        if isinstance(node.op, ast.Add):
            return self._part(node.left, depth) + self._part(node.right, depth)
        if isinstance(node.op, ast.Div):
            return _join([self._part(node.left, depth), self._part(node.right, depth)])
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self._fill(str(node.left.value), r"%[-+ #0-9.]*[a-zA-Z]", values, depth)
        return None

    def _call(self, node: ast.Call, depth: int) -> str | None:
        name = last_name(node.func)
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in _PATH_CLASSES or name == "join":
            return _join([self._part(argument, depth) for argument in node.args]) or None
        if name == "joinpath" and receiver is not None:
            return _join([self._part(argument, depth) for argument in (receiver, *node.args)])
        if name in ("str", "fspath", "abspath", "expanduser") and len(node.args) == 1:
            return self._text(node.args[0], depth)
        if name == "format" and isinstance(receiver, ast.Constant):
            return self._fill(str(receiver.value), r"\{[^{}]*\}", node.args, depth)
        return None

    def _fill(self, text: str, hole: str, values: Sequence[ast.expr], depth: int) -> str:
        waiting = iter(values)

        def next_part(_: re.Match[str]) -> str:
            value = next(waiting, None)
            return "{}" if value is None else self._part(value, depth)

        return re.sub(hole, next_part, text)


def _join(parts: list[str]) -> str:
    """Parts joined with ``/``; an absolute one starts anew, as in os.path.join."""
    path = ""
    for part in parts:
        path = part if part.startswith("/") or not path else f"{path.rstrip('/')}/{part}"
    return path
