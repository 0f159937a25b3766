"""Turn things into members of a package, with a name, a path and a way to their bytes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase
from io import BytesIO

from provkit.errors import PackageError
from provkit.files import fingerprint_bytes
from provkit.model.events import StateObserved
from provkit.model.identifiers import within_run
from provkit.model.run import Run
from provkit.package.base import Elsewhere, LeftOut, Member, Opener, pid_of
from provkit.package.drafts import Draft
from provkit.package.formats import HEAD_BYTES, SHELL, format_of
from provkit.package.paths import PathBook, safe_path
from provkit.package.request import Extra, Knowledge, Locate, Policy

RESERVED = ("ro-crate-metadata.json", "ro-crate-preview.html")
"""Names that a format needs for itself."""

_PID = re.compile(r"\S{1,800}\Z")


class Packer:
    """Turns drafts into members and others; gives each its name and path."""

    def __init__(self, policy: Policy, knowledge: Knowledge, locate: Locate) -> None:
        self.policy = policy
        self.knowledge = knowledge
        self.locate = locate
        self.book = PathBook()
        for name in RESERVED:
            self.book.take(name)
        self.members: list[Member] = []
        self.others: list[Elsewhere | LeftOut] = []
        self.names: dict[str, str] = {}
        self.with_pid: set[str] = set()

    def pack(self, drafts: Sequence[Draft]) -> None:
        """Decide each draft; the newest state of a path gets its plain name."""
        for draft in reversed(drafts):
            pid = None if draft.state.moment == "left" else self._pid_elsewhere(draft)
            why = "" if pid else self._refusal(draft)
            opener = None if pid or why else self._opener(draft)
            if opener is not None:
                self._add_member(draft, opener)
            else:
                self._add_other(draft, pid, why or draft.state.why or "not archived")

    def plan(self, run: Run, program: Draft | None) -> str:
        """Name of what a run carried out: its program, else its command line as a file."""
        if program is not None and self.names[program.name] in self.with_pid:
            return self.names[program.name]
        text = shlex.join(run.command) or run.program
        return self.add_extra(
            Extra(
                path=f"commands/run-{run.seq}.sh",
                role="program",
                data=f"{text}\n".encode("utf-8", "surrogateescape"),
                format=SHELL,
                about=f"Command line of run {run.seq}.",
            ),
            name=within_run(run.id, "command"),
        )

    def add_extras(self, extras: Sequence[Extra]) -> None:
        """Add files made for the package, but those that the policy excludes."""
        for extra in extras:
            if not _matches(extra.path, self.policy.exclude):
                self.add_extra(extra)

    def add_extra(self, extra: Extra, *, name: str = "") -> str:
        """Add a file made for the package; gives its PID."""
        found = fingerprint_bytes(extra.data)
        pid = pid_of(name or f"{extra.path}#{found.sha256}")
        self.members.append(
            Member(
                name=pid,
                path=self.book.take(safe_path(extra.path)),
                role=extra.role,
                sha256=found.sha256,
                size_bytes=found.size_bytes,
                format=extra.format,
                open=lambda: BytesIO(extra.data),
                about=extra.about,
            )
        )
        return pid

    def _pid_elsewhere(self, draft: Draft) -> str | None:
        pids = self.knowledge.pids
        pid = pids.get(draft.name) or pids.get(draft.state.sha256 or "")
        if pid is not None and not _PID.match(pid):
            raise PackageError(
                f"not a PID: {pid!r}", hint="1 to 800 characters, none of them blank"
            )
        return pid

    def _refusal(self, draft: Draft) -> str:
        """Why a file is not packed although it could be; empty when it may be."""
        path, policy, size = draft.state.path, self.policy, draft.state.size_bytes
        if _matches(path, policy.exclude):
            return "excluded"
        if policy.include and not _matches(path, policy.include):
            return "not included"
        if draft.is_program and path.startswith("/") and not policy.include:
            return "a program outside the project"
        if policy.never and policy.never.search(path) and path not in policy.include:
            return "a file of that name may hold secrets"
        if policy.max_file_bytes is not None and size is not None and size > policy.max_file_bytes:
            return f"larger than {policy.max_file_bytes} bytes"
        return ""

    def _opener(self, draft: Draft) -> Opener | None:
        if draft.state.sha256 is None or draft.state.size_bytes is None:
            return None
        return self.locate(draft.state.sha256, draft.state.path)

    def _add_member(self, draft: Draft, opener: Opener) -> None:
        state = draft.state
        plain = safe_path(state.path)
        when = "before" if state.moment == "found" else "after"
        with opener() as file:
            head = file.read(HEAD_BYTES)
        pid = self.names[draft.name] = pid_of(draft.name)
        self.with_pid.add(pid)
        self.members.append(
            Member(
                name=pid,
                path=self.book.take(
                    plain, otherwise=f"versions/{when}-run-{draft.run.seq}/{plain}"
                ),
                role=draft.role,
                origin=_origin(state),
                sha256=state.sha256 or "",
                size_bytes=state.size_bytes or 0,
                format=format_of(state.path, head),
                open=opener,
            )
        )

    def _add_other(self, draft: Draft, pid: str | None, why: str) -> None:
        state, origin, path = draft.state, _origin(draft.state), safe_path(draft.state.path)
        hidden = within_run(draft.run.id, "outside", pid_of(draft.name).rpartition(":")[2])
        name = self.names[draft.name] = pid or (hidden if origin is None else draft.name)
        if pid:
            self.with_pid.add(pid)
            self.others.append(
                Elsewhere(
                    name=name,
                    path=path,
                    role=draft.role,
                    origin=origin,
                    sha256=state.sha256,
                    size_bytes=state.size_bytes,
                )
            )
        else:
            self.others.append(
                LeftOut(
                    name=name,
                    path=path,
                    role=draft.role,
                    origin=origin,
                    sha256=state.sha256,
                    size_bytes=state.size_bytes,
                    why=why,
                )
            )


def _origin(state: StateObserved) -> str | None:
    """The recorded path when it is inside the project; other folders stay private."""
    return None if state.path.startswith("/") else state.path


def _matches(path: str, globs: tuple[str, ...]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path, glob) or fnmatchcase(name, glob) for glob in globs)
