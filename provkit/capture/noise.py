"""Which paths are noise: counted by kind, not recorded.

One table for every recorder. A path inside the project is noise only by what
it is (version control, caches, installed packages); outside, also by where it
is. ``--include`` lets a path through, ``--exclude`` keeps one out, and the
latter wins.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping

INSIDE: dict[str, str] = {
    "version control": r"/\.(?:git|hg|svn|bzr)(?:/|\Z)|/_darcs/",
    "bytecode": r"/__pycache__(?:/|\Z)|\.py[co]\Z",
    "package": (
        r"/(?:site-packages|dist-packages|node_modules|renv/library|packrat/lib)(?:/|\Z)"
        r"|/lib/python\d[\d.]*(?:/|\Z)|/pyvenv\.cfg\Z|\.(?:egg-info|dist-info)(?:/|\Z)"
    ),
    "library": r"\.so(?:\.[\d.]+)?\Z|\.(?:dylib|dll)\Z",
    "cache": (
        r"/\.(?:cache|mypy_cache|pytest_cache|ruff_cache|hypothesis|tox|nox|eggs|snakemake"
        r"|ipynb_checkpoints|Rproj\.user|vscode|idea)(?:/|\Z)"
        r"|/\.(?:Rhistory|python_history|octave_hist|DS_Store)\Z|\.(?:nbi|nbc)\Z"
    ),
    "editor": r"[^/]~\Z|/\.[^/]*\.sw[a-p]\Z|/\.#[^/]*\Z",
}
"""Noise wherever it is, the project included: kind and what its path looks like."""

OUTSIDE: dict[str, str] = {
    "system": (
        r"/(?:usr|lib|lib32|lib64|bin|sbin|etc|proc|sys|dev|run|boot|snap|nix"
        r"|System|Library|var/(?:lib|run|cache|log|db|spool))(?:/|\Z)|/\Z"
    ),
    "library": r".*/(?:lib/R|share/R|share/octave|share/julia|\.julia|conda/pkgs)/",
    "cache": (
        r".*/(?:matplotlib-|Rtmp|pymp-|\.X\d|hsperfdata_|oct-|\.org\.chromium|joblib_memmapping)[^/]*"
    ),
}
"""Noise outside of the project only."""


class Noise:
    """The rules in force for one run.

    Args:
        project: Real path of the folder that holds ``.provkit``.
        include: Globs of recorded paths, or of their last part, to let through.
        exclude: Globs to keep out.
        environ: Where home and temporary folders are looked up.
    """

    def __init__(
        self,
        project: str,
        *,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._root = project.rstrip("/") + "/"
        self._inside = _union(INSIDE)
        self._outside = _union(OUTSIDE)
        self._include = _globs(include)
        self._exclude = _globs(exclude)
        home = environ.get("HOME") or ""
        self._dotfiles = f"{home.rstrip('/')}/." if home not in ("", "/") else None
        self._prefixes = tuple({f"{p}/" for p in (sys.prefix, sys.base_prefix) if p != "/"})
        self._named: set[str] = set()
        self._verdicts: dict[str, str | None] = {}

    def hides(self, path: str) -> bool:
        """Whether an absolute path, touched by the command, is noise; remembers it if so."""
        if path not in self._verdicts:
            self._verdicts[path] = self.kind(path)
        return self._verdicts[path] is not None

    def hidden(self) -> dict[str, int]:
        """How many different paths were touched and are noise, by kind."""
        counts: dict[str, int] = {}
        for kind in self._verdicts.values():
            if kind is not None and kind != "provkit":
                counts[kind] = counts.get(kind, 0) + 1
        return dict(sorted(counts.items()))

    def let_through(self, path: str) -> None:
        """A path that the user names is no noise, whatever it is called."""
        self._named.add(path)

    def hide(self, path: str, kind: str) -> None:
        """Count a path as noise for another reason than its name, such as being a device."""
        self._verdicts[path] = kind

    def is_inside(self, path: str) -> bool:
        """Whether an absolute path is below the project."""
        return path.startswith(self._root)

    def relative(self, path: str) -> str:
        """An absolute path as records write it."""
        if path.startswith(self._root):
            return path[len(self._root) :]
        return "." if path + "/" == self._root else path

    def kind(self, path: str) -> str | None:
        """Why an absolute path is noise; None when it is not."""
        inside, name = self.is_inside(path), self.relative(path)
        if inside and path.startswith((f"{self._root}.provkit/", f"{self._root}.provkit.")):
            return "provkit"
        if path in self._named:
            return None
        if _matches(self._exclude, name):
            return "excluded"
        if _matches(self._include, name):
            return None
        # Matched from the project's root, so that a project below .cache is no noise.
        found = self._inside.search(f"/{name}" if inside else path)
        if found is None and not inside:
            found = self._outside.match(path)
            if found is None:
                return self._place(path)
        return None if found is None else _NAMES[found.lastgroup or ""]

    def _place(self, path: str) -> str | None:
        """Why a path outside of the project is noise by where it is on this machine."""
        if path.startswith(self._prefixes):
            return "package"
        if self._dotfiles is not None and path.startswith(self._dotfiles):
            return "settings"
        return None


_NAMES = {kind.replace(" ", "_"): kind for kind in {**INSIDE, **OUTSIDE}}


def _union(table: Mapping[str, str]) -> re.Pattern[str]:
    parts = (f"(?P<{kind.replace(' ', '_')}>{pattern})" for kind, pattern in table.items())
    return re.compile("|".join(parts))


def _globs(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for some globs: ``**`` is any path, ``*`` stays within a folder."""
    texts = [_translate(pattern) for pattern in patterns]
    return re.compile("|".join(f"(?:{text})" for text in texts)) if texts else None


def _translate(pattern: str) -> str:
    pattern = pattern.removeprefix("./")
    if pattern.endswith("/"):
        pattern += "**"
    out, rest = "", pattern
    if "/" not in pattern:
        out = "(?:.*/)?"  # a bare name is meant anywhere
    while rest:
        token = re.match(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]|.", rest, re.DOTALL)
        if token is None:  # pragma: no cover - the last alternative takes anything
            break
        rest = rest[token.end() :]
        out += _TOKENS.get(token[0]) or (
            token[0].replace("[!", "[^") if len(token[0]) > 1 else re.escape(token[0])
        )
    return out + r"\Z"


_TOKENS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _matches(globs: re.Pattern[str] | None, name: str) -> bool:
    return globs is not None and globs.match(name) is not None
