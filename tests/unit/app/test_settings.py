"""Settings: the last that speaks wins; each says from where; changing one keeps the rest."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from provkit.app.project import Project
from provkit.app.settings import KNOWN, change_setting, current_user, read_settings, user_file
from provkit.errors import ConfigError


def write(project: Project, text: str) -> Path:
    path = Path(project.path("config.toml"))
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_that_speaks_wins(project: Project) -> None:
    """default, user, project, environment."""
    seen: list[tuple[Any, str]] = []

    def look(environ: dict[str, str] | None = None) -> None:
        found = {
            each.name: each for each in read_settings(project, environ=environ or {**home}).origins
        }
        seen.append((found["record.recorder"].value, found["record.recorder"].origin))

    home = {"XDG_CONFIG_HOME": str(Path(project.root).parent / "home")}
    look()
    own = Path(user_file(home))
    own.parent.mkdir(parents=True)
    own.write_text('[record]\nrecorder = "strace"\n')
    look()
    write(project, '[record]\nrecorder = "python"\n')
    look()
    look({**home, "PROVKIT_RECORD_RECORDER": "none"})

    assert seen == [
        ("auto", "default"),
        ("strace", "user"),
        ("python", "project"),
        ("none", "environment"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("archive.max_size", "500 MB", 500_000_000),
        ("archive.max_size", "1.5GiB", 1_610_612_736),
        ("archive.max_size", "0", 0),
        ("archive.enabled", "no", False),
        ("record.exclude", "*.tmp, cache/*", ("*.tmp", "cache/*")),
        ("record.exclude", "", ()),
        ("user.orcid", "https://orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
    ],
)  # fmt: skip
def test_what_people_write_is_understood(
    project: Project, name: str, text: str, value: object
) -> None:
    """From the command line, and back from the file."""
    path = project.path("config.toml")
    change_setting(path, name, text)

    assert read_settings(project, environ={"XDG_CONFIG_HOME": "/nowhere"})[name] == value


@pytest.mark.parametrize(
    "text",
    [
        '[record]\nrecorder = "magic"\n',
        "[record]\nrecorder = 5\n",
        '[archive]\nmax_size = "many"\n',
        "[archive]\nmax_size = -1\n",
        '[archive]\nenabled = "perhaps"\n',
        '[user]\norcid = "Ann"\n',
        "[record]\nexclude = [1]\n",
        "[record]\nrecoder = 1\n",
        "not toml at all",
        '[record]\nrecorder = "unclosed',
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(project: Project, text: str) -> None:
    """A typing error must not be silently the default."""
    path = write(project, text)

    with pytest.raises(ConfigError) as refused:
        read_settings(project, environ={})
    assert str(path) in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code == 2


def test_changing_one_keeps_every_other_line(project: Project) -> None:
    """Comments and other rooms' tables are the user's."""
    before = """\
# my settings

[package]
title = "Means"
[[package.creators]]
surname = "Example"

[record]
# what to watch with
recorder = "auto"  # for now
exclude = ["a"]
"""
    path = write(project, before)

    change_setting(str(path), "record.recorder", "strace")
    changed = path.read_text()
    assert changed == before.replace('recorder = "auto"  # for now', 'recorder = "strace"')
    change_setting(str(path), "archive.max_size", "1 kB")
    change_setting(str(path), "record.include", "b")
    tables = tomllib.loads(path.read_text())
    assert tables["package"]["creators"] == [{"surname": "Example"}]
    assert tables["archive"] == {"max_size": 1000}
    assert tables["record"] == {"recorder": "strace", "exclude": ["a"], "include": ["b"]}
    change_setting(str(path), "record.recorder", None)
    assert "recorder" not in tomllib.loads(path.read_text())["record"]


@pytest.mark.parametrize("value", ["magic", "", "a\x00b"])
def test_a_bad_change_changes_nothing(project: Project, value: str) -> None:
    """Checked before it is written."""
    path = write(project, "# as it was\n")

    with pytest.raises(ConfigError):
        change_setting(str(path), "record.recorder", value)
    assert path.read_text() == "# as it was\n"


@pytest.mark.parametrize("name", ["recorder", "record.", "x]\n[y.z", "record.recoder", "a b.c", ""])
def test_a_bad_name_changes_nothing(project: Project, name: str) -> None:
    """No way to write into another table."""
    with pytest.raises(ConfigError):
        change_setting(project.path("config.toml"), name, "1")
    assert not Path(project.path("config.toml")).exists()


def test_a_settings_file_is_private(project: Project) -> None:
    """It may name people and places."""
    change_setting(project.path("config.toml"), "package.title", 'é ü \U0001f600 "quoted"')
    path = Path(project.path("config.toml"))

    assert path.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(path.read_text(encoding="utf-8"))["package"]["title"] == (
        'é ü \U0001f600 "quoted"'
    )


def test_who_speaks_is_the_orcid_or_the_login(project: Project) -> None:
    """architecture: user is the login name, or the ORCID when configured."""
    orcid = {"PROVKIT_USER_ORCID": "0000-0002-1825-0097"}
    assert current_user(read_settings(project, environ=orcid)) == "0000-0002-1825-0097"
    assert current_user(read_settings(project, environ={})) != ""


def test_every_setting_explains_itself() -> None:
    """``provkit config`` prints these lines; defaults obey their own rules."""
    for name, known in KNOWN.items():
        assert known.meaning.endswith("."), name
        assert not known.choices or known.default in known.choices


def test_pyproject_may_speak_for_the_project(project: Project) -> None:
    """A team shares what counts as noise in a file that is under version control."""
    shared = Path(project.root, "pyproject.toml")
    shared.write_text('[tool.provkit.record]\nexclude = ["scratch/**"]\n', encoding="utf-8")
    assert read_settings(project, environ={})["record.exclude"] == ("scratch/**",)

    write(project, '[record]\nexclude = ["mine/**"]\n')
    assert read_settings(project, environ={})["record.exclude"] == ("mine/**",)


def test_a_pyproject_of_others_is_not_our_business(project: Project) -> None:
    """Even one that cannot be parsed must not stop a recording."""
    Path(project.root, "pyproject.toml").write_text("[tool.black\n", encoding="utf-8")

    assert read_settings(project, environ={})["record.exclude"] == ()
