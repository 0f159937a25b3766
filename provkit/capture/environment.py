"""Where a run happened: system, interpreter, packages, variables, version control.

Everything is read from files, none of it by starting a program: a list of
installed Python packages is the names of their ``dist-info`` folders, the
version of R stands in the DESCRIPTION of its base package.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from provkit.capture.git import look_at_git
from provkit.capture.redact import Redactor
from provkit.capture.tree import Tree
from provkit.model.events import EnvironmentObserved, ProcessStarted

VARIABLES = re.compile(
    r"(?:PATH|LANG|LANGUAGE|LC_\w+|TZ|SHELL|TMPDIR|SOURCE_DATE_EPOCH|LD_LIBRARY_PATH|MODULEPATH"
    r"|LOADEDMODULES|PYTHON(?:PATH|HOME|HASHSEED|OPTIMIZE|WARNINGS|UTF8)|VIRTUAL_ENV"
    r"|CONDA_(?:DEFAULT_ENV|PREFIX)|R_(?:HOME|LIBS|LIBS_USER|LIBS_SITE|PROFILE|ENVIRON)"
    r"|OCTAVE_PATH|JULIA_(?:PROJECT|LOAD_PATH|DEPOT_PATH|NUM_THREADS)|MPLBACKEND"
    r"|(?:OMP|MKL|OPENBLAS|NUMEXPR|BLIS|VECLIB_MAXIMUM|NUMBA)_NUM_THREADS"
    r"|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|GDAL_DATA|PROJ_LIB|PROJ_DATA"
    r"|SLURM_(?:JOB_ID|ARRAY_JOB_ID|ARRAY_TASK_ID|JOB_NAME|NTASKS|CPUS_PER_TASK|NODELIST"
    r"|CLUSTER_NAME)|PBS_(?:JOBID|JOBNAME|ARRAYID)|LSB_JOBID|JOB_ID|SGE_TASK_ID)\Z"
)
"""Variables that change what a program computes and say nothing about its user."""

MOST_PACKAGES = 5000
_DIST = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py\d[\d.]*)?\.(?:dist|egg)-info\Z")
_PYTHON = re.compile(r"(?:python|pypy)(?P<version>[\d.]*)\Z")
_LIBRARY = re.compile(r"python(?P<version>3\.\d+)t?\Z")
_R_LIBRARIES = ("/usr/lib/R/library", "/usr/lib/R/site-library", "/usr/local/lib/R/site-library")


def observe_environment(
    environ: Mapping[str, str],
    programs: Iterable[ProcessStarted],
    before: Tree,
    redactor: Redactor,
    *,
    also: Iterable[str] = (),
) -> EnvironmentObserved:
    """The surroundings of a run.

    Args:
        environ: Environment that the command was given.
        programs: Its processes; their interpreters are asked for their packages.
        before: The project as it was, to tell which files differ from the commit.
        redactor: Takes secrets out.
        also: Names of further variables to keep.
    """
    facts = {**_system(), **look_at_git(before)}
    packages: dict[str, str] = {}
    seen: set[str] = set()
    for process in programs:
        for executable in (process.executable, process.command[0] if process.command else ""):
            name = os.path.basename(executable)
            if executable in seen or not executable:
                continue
            seen.add(executable)
            if _PYTHON.match(name) and executable.startswith("/"):
                _add_python(executable, environ, facts, packages)
            elif name in ("R", "Rscript") or executable.endswith("/lib/R/bin/exec/R"):
                _add_r(environ, facts, packages)
            elif name.startswith("octave"):
                _add_octave(facts)
    kept = {*also}
    variables = {
        name: redactor.value(name, value)
        for name, value in environ.items()
        if VARIABLES.match(name) or name in kept
    }
    return EnvironmentObserved(
        facts={name: redactor.text(value) for name, value in sorted(facts.items())},
        variables=dict(sorted(variables.items())),
        packages=dict(sorted(packages.items())[:MOST_PACKAGES]),
    )


def _system() -> dict[str, str]:
    host = os.uname()
    facts = {
        "os": host.sysname,
        "kernel": host.release,
        "machine": host.machine,
        "cpus": str(os.cpu_count() or 1),
    }
    release = dict(line.split("=", 1) for line in _lines("/etc/os-release", 50) if "=" in line)
    if "PRETTY_NAME" in release:
        facts["distribution"] = release["PRETTY_NAME"].strip("\"'")
    for line in _lines("/proc/meminfo", 5):
        if line.startswith("MemTotal:"):
            facts["memory.bytes"] = str(int(line.split()[1]) * 1024)
    return facts


def _add_python(
    executable: str, environ: Mapping[str, str], facts: dict[str, str], packages: dict[str, str]
) -> None:
    """Version and installed packages of a Python, by what lies below its prefix."""
    prefix = os.path.dirname(os.path.dirname(executable))
    settings = {
        key.strip(): value.strip()
        for key, equals, value in (
            line.partition("=") for line in _lines(f"{prefix}/pyvenv.cfg", 30)
        )
        if equals
    }
    if not settings:
        executable = os.path.realpath(executable)
        prefix = os.path.dirname(os.path.dirname(executable))
    facts["python.executable"] = executable
    version = settings.get("version") or settings.get("version_info")
    found = [
        (match["version"], f"{prefix}/lib/{name}")
        for name in _names(f"{prefix}/lib")
        if (match := _LIBRARY.match(name))
    ]
    wanted = _PYTHON.match(os.path.basename(os.path.realpath(executable)))
    if wanted is not None and wanted["version"].count(".") == 1:
        found = [each for each in found if each[0] == wanted["version"]] or found
    for minor, library in found:
        facts["python.version"] = version or minor
        folders = [f"{library}/site-packages", f"{library}/dist-packages"]
        if prefix == "/usr":
            folders += [
                "/usr/lib/python3/dist-packages",
                f"/usr/local/lib/python{minor}/dist-packages",
            ]
        if not settings and environ.get("HOME"):
            folders.append(f"{environ['HOME']}/.local/lib/python{minor}/site-packages")
        for folder in folders:
            packages.update(_python_packages(folder))


def _python_packages(folder: str) -> Iterator[tuple[str, str]]:
    for name in _names(folder):
        match = _DIST.match(name)
        if match is not None:
            yield match["name"].replace("_", "-").lower(), match["version"]


def _add_r(environ: Mapping[str, str], facts: dict[str, str], packages: dict[str, str]) -> None:
    libraries = [
        *(part for name in ("R_LIBS", "R_LIBS_USER") for part in environ.get(name, "").split(":")),
        *(f"{environ['R_HOME']}/library" for _ in (1,) if "R_HOME" in environ),
        *_R_LIBRARIES,
        "/opt/R/library",
    ]
    for library in filter(None, libraries):
        for name in _names(library):
            version = _description(f"{library}/{name}/DESCRIPTION")
            if version and name == "base":
                facts.setdefault("r.version", version)
            elif version:
                packages.setdefault(name, version)


def _description(path: str) -> str | None:
    for line in _lines(path, 40):
        if line.startswith("Version:"):
            return line[8:].strip()
    return None


def _add_octave(facts: dict[str, str]) -> None:
    versions = [name for name in _names("/usr/share/octave") if name[:1].isdigit()]
    if versions:
        facts["octave.version"] = max(versions)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _lines(path: str, most: int) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for _, line in zip(range(most), file, strict=False)]
    except OSError:
        return []
