"""The best recorder that works is taken; what was passed over is said, never hushed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.capture import recorder as module
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Verdict, Watch, recorders_for
from provkit.errors import CaptureError, PluginError


class Works:
    """A recorder that would watch."""

    name = "works"
    blind = ("much",)

    def preflight(self, watch: Watch) -> Verdict:
        return Verdict(works=True)

    def run(self, watch: Watch, observer: Observer) -> Ending:
        raise CaptureError("not in this test")


class Broken(Works):
    """One that does not work here."""

    name = "broken"

    def preflight(self, watch: Watch) -> Verdict:
        return Verdict(works=False, why_not="the kernel says no")


class Elsewhere(Works):
    """One that works, for other commands."""

    name = "elsewhere"

    def preflight(self, watch: Watch) -> Verdict:
        return Verdict(works=True, suits=False, why_not="the command is not Python")


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(
        command=("true",),
        executable="/bin/true",
        directory=str(tmp_path),
        environment={},
        project=str(tmp_path),
        staging=str(tmp_path),
    )


def offer(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(module, "AUTO", names)
    table = {name: f"{__name__}:{name.capitalize()}" for name in ("works", "broken", "elsewhere")}
    monkeypatch.setattr(module, "RECORDERS", table)
    kinds = {"works": Works, "broken": Broken, "elsewhere": Elsewhere}
    monkeypatch.setattr(module, "load_plugin", lambda kind, name, table: kinds[name])


def test_auto_takes_the_first_that_works_and_suits(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says why a better one was not taken."""
    offer(monkeypatch, "broken", "elsewhere", "works")

    choice = next(recorders_for("auto", watch))
    assert choice.recorder.name == "works"
    assert choice.passed_over == ("broken does not work here: the kernel says no",)


def test_one_that_passes_but_does_not_start_is_passed_over(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next is tried, and the record tells."""
    offer(monkeypatch, "works", "works")

    choices = recorders_for("auto", watch)
    next(choices)
    assert next(choices).passed_over == ("works passed its test here but did not start",)


def test_a_named_recorder_is_never_replaced(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for one wants that one; the reason is in the message."""
    offer(monkeypatch, "works")

    assert next(recorders_for("elsewhere", watch)).recorder.name == "elsewhere"
    with pytest.raises(CaptureError, match="the kernel says no"):
        next(recorders_for("broken", watch))


def test_an_unknown_recorder_is_a_usage_error(watch: Watch) -> None:
    """With the names that there are."""
    with pytest.raises(PluginError, match="nonsense"):
        next(recorders_for("nonsense", watch))
