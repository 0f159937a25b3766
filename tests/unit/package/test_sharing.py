"""What is shown to strangers says nothing about the machine beyond what the run needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provkit.model.events import EnvironmentObserved
from provkit.package.sharing import shared_run, without_home


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("/home/ann/project/x.py", "~/project/x.py"),
        ("/Users/ann/x", "~/x"),
        ("--in=/home/ann/x", "--in=~/x"),
        ("/root/x", "~/x"),
        ("/rootless/x", "/rootless/x"),
        ("data/home/ann", "data/home/ann"),
        ("/usr/bin/python", "/usr/bin/python"),
        ("cat /home/ann/a /home/bob/b", "cat ~/a ~/b"),
    ],
)
def test_home_folders_are_not_told(lab: Any, word: str, told: str) -> None:
    run = lab.run("p", [], {"o": b""}, command=("p", word), parameters={"k": word})
    assert without_home(run).command == ("p", told)
    assert without_home(run).parameters == {"k": told}
    assert lab.package().runs[0].run.command == ("p", told)


def test_two_files_of_one_name_outside_stay_two(lab: Any) -> None:
    lab.files |= {"/a/in.csv": b"1", "/b/in.csv": b"2"}
    run = shared_run(lab.run("/x/p", ["/a/in.csv", "/b/in.csv"], {"out": b"3"}))

    assert sorted(state.path for state in run.inputs) == ["outside/in-2.csv", "outside/in.csv"]
    assert {source for _, source in run.derivations} == {"outside/in-2.csv", "outside/in.csv"}


def test_surroundings_keep_versions_and_lose_places(lab: Any) -> None:
    run = replace(
        lab.run("p", [], {"o": b""}),
        environment=EnvironmentObserved(
            facts={"os": "Linux", "git.root": "/home/ann", "node": "name bench"},
            variables={"LANG": "C"},
            packages={"numpy": "2.1"},
        ),
    )
    told = shared_run(run).environment

    assert told == EnvironmentObserved(facts={"os": "Linux"}, packages={"numpy": "2.1"})
    assert shared_run(run).processes == ()
    assert shared_run(run).directory == ""
