"""Every built-in form keeps the contract that plugins have to keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.errors import PackageInvalidError, PluginError
from provkit.package import forms
from provkit.package.forms import BAGIT, DATAONE, ROCRATE, PackageForm, write_package
from provkit.testing.forms import PackageFormContract, sample_package


class TestDataone(PackageFormContract):
    form = DATAONE


class TestRocrate(PackageFormContract):
    form = ROCRATE


class TestBagit(PackageFormContract):
    form = BAGIT


def test_an_unknown_form_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        write_package(sample_package(), "tarball", str(tmp_path / "out"))
    assert "dataone" in caught.value.hint


def test_a_package_that_breaks_a_rule_never_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing ends with verifying; an error of ours must not reach a repository."""

    def write(package: object, target: object) -> None:
        BAGIT.write(package, target)  # type: ignore[arg-type]
        with target.open("data/unlisted") as file:  # type: ignore[attr-defined]
            file.write(b"x")

    monkeypatch.setattr(forms, "BAGIT", PackageForm(write, BAGIT.folder))
    with pytest.raises(PackageInvalidError) as caught:
        write_package(sample_package(), "bagit", str(tmp_path / "out"))
    assert any("unlisted" in violation for violation in caught.value.violations)
    assert list(tmp_path.iterdir()) == []
