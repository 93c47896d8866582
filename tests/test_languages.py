"""The table of languages and the lists that users type."""

import pytest

from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES, language, parse_languages


def test_codes_and_iso3_are_unique() -> None:
    assert len({row.iso3 for row in LANGUAGES.values()}) == len(LANGUAGES)
    assert len({row.name for row in LANGUAGES.values()}) == len(LANGUAGES)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_rows_are_filled(code: str) -> None:
    row = LANGUAGES[code]
    assert len(row.iso3) == 3
    assert len(row.code) == 2 or row.code == row.iso3
    assert row.resource in ("high", "medium", "low")
    assert row.name[0].isupper()
    assert row.script[0].isupper()


def test_unknown_code_lists_the_known() -> None:
    with pytest.raises(InputError, match="unknown language 'xx'"):
        language("xx")


def test_all_and_lists() -> None:
    assert parse_languages("all", ("de", "sw")) == ("de", "sw")
    assert parse_languages(" sw, de ", ("de", "sw", "ru")) == ("sw", "de")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("de,de", "listed twice"),
        ("yo", "no data in language 'yo'; languages: de, sw"),
        ("qq", "unknown language"),
        ("", "no language"),
        (",", "no language"),
    ],
)
def test_wrong_lists_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_languages(text, ("de", "sw"))
