"""A setting that cannot be used is refused by name, before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from provkit.errors import ConfigError
from provkit.package.settings import Person, read_orcid, read_settings


def test_settings_are_read_from_a_table() -> None:
    settings = read_settings(
        {
            "title": "T",
            "keywords": ["a", "b"],
            "public": False,
            "checksum": "MD5",
            "creators": [{"surname": "Example", "orcid": "https://orcid.org/0000-0002-1825-0097"}],
        }
    )
    assert settings.title == "T"
    assert settings.keywords == ("a", "b")
    assert not settings.public
    assert settings.creators == (Person(surname="Example", orcid="0000-0002-1825-0097"),)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"titel": "T"}, "package.titel"),
        ({"title": 3}, "package.title"),
        ({"public": "yes"}, "package.public"),
        ({"keywords": "a"}, "package.keywords"),
        ({"creators": [{"given": "Ann"}]}, r"creators\[1\] has no name"),
        ({"creators": [{"surname": "A", "orchid": "x"}]}, r"creators\[1\].orchid"),
        ({"creators": {"surname": "A"}}, "package.creators"),
        ({"checksum": "CRC32"}, "package.checksum"),
        ({"resolve": "https://cn.dataone.org/cn/v2/resolve"}, "package.resolve"),
        ({"resolve": "javascript:x/"}, "package.resolve"),
        ({"node": "KNB"}, "package.node"),
    ],
)
def test_a_bad_setting_is_refused_by_name(table: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        read_settings(table)


@pytest.mark.parametrize(
    "orcid", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"]
)
def test_an_orcid_is_read(orcid: str) -> None:
    """The examples of ORCID's page on the structure of its identifiers."""
    assert read_orcid(f"https://orcid.org/{orcid}") == orcid


@pytest.mark.parametrize("text", ["0000-0002-1825-0098", "0000-0002-1825-009", "Ann", ""])
def test_a_mistyped_orcid_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_orcid(text)
