"""What a run said when it failed: the one line of its standard error that tells why."""

from __future__ import annotations

import re

from provkit.app.folder import ProjectFolder
from provkit.archive.store import Archive
from provkit.errors import ArchiveError
from provkit.model.run import Run

_TAIL_BYTES = 16 * 1024
_LONGEST = 300
_TELLS = re.compile(r"\b(?:\w*error|\w*exception|fatal|not found|no such file)\b", re.IGNORECASE)


def error_of(folder: ProjectFolder, run: Run) -> str:
    """Why a run did not end well, in one line; empty when it did.

    The last line on standard error that speaks of an error, else its last
    line, else the signal or the exit code.
    """
    if run.status in ("ok", "running"):
        return ""
    lines = [line.strip() for line in log_tail(folder, run).splitlines() if line.strip()]
    telling = [line for line in lines if _TELLS.search(line)]
    if telling or lines:
        return (telling or lines)[-1][:_LONGEST]
    if run.signal:
        return f"ended by {run.signal}"
    return f"exit code {run.exit_code}" if run.exit_code is not None else ""


def log_tail(folder: ProjectFolder, run: Run, *, size_bytes: int = _TAIL_BYTES) -> str:
    """The end of what a run said on standard error; empty when it is not kept."""
    archive = Archive(folder.path("objects"))
    for log in run.logs:
        if log.stream == "stderr":
            try:
                with archive.open(log.sha256) as file:
                    file.seek(max(0, log.size_bytes - size_bytes))
                    return file.read(size_bytes).decode("utf-8", "replace")
            except (ArchiveError, OSError):
                return ""
    return ""
