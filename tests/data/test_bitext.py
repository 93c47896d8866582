"""Pairs of sentence files: order of the English side, both readings of an index file."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.data.bitext import agreement, read_aligned, read_ordered
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource
from tests.data.writing import write

SOURCE = FileSource("x", "aligned")
# English sorted; foreign in the order of the original file. Lengths go together, as they do in translations.
ENGLISH = ["Bread is sold by the old baker near the river.", "Come!", "He sleeps at home.", "Where is my umbrella now?"]
FOREIGN = [
    "Wo ist jetzt mein Regenschirm?",
    "Der alte Baecker verkauft Brot am Fluss, wie immer.",
    "Komm!",
    "Er schlaeft.",
]
FOREIGN_OF_ENGLISH = [1, 2, 3, 0]
ENGLISH_OF_FOREIGN = [3, 0, 1, 2]


def ordered(folder: Path, order: list[int]) -> list[tuple[str, str, int]]:
    foreign = write(folder, "".join(f"{line}\n" for line in FOREIGN), "de-en.de")
    english = write(folder, "".join(f"{line}\n" for line in ENGLISH), "de-en.en")
    places = write(folder, "".join(f"{place}\n" for place in order), "order")
    rows = read_ordered(foreign, FileSource("x", "ordered", options={"order": places}), english)
    return [(row["source"], row["target"], row["source_order"]) for row in rows]


def test_originals_come_in_the_order_of_the_english_side(tmp_path: Path) -> None:
    foreign, english = write(tmp_path, "zwei\neins\nZWEI\n", "a.de"), write(tmp_path, "two \none\n two\n", "a.en")
    assert read_aligned(foreign, SOURCE, english) == [
        {"id": "0", "source": "eins", "target": "one", "source_order": 1},
        {"id": "1", "source": "zwei", "target": "two", "source_order": 0},
        {"id": "2", "source": "ZWEI", "target": "two", "source_order": 2},
    ]


def test_sides_of_unequal_length_are_refused(tmp_path: Path) -> None:
    foreign = write(tmp_path, "zwei\neins\n", "a.de")
    with pytest.raises(InputError, match=r"b\.en: 1 lines for the 2 of .*a\.de"):
        read_aligned(foreign, SOURCE, write(tmp_path, "two\n", "b.en"))
    with pytest.raises(InputError, match="the English side is missing"):
        read_aligned(foreign, SOURCE, None)


def test_indices_name_the_foreign_line_of_each_english_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert ordered(tmp_path, FOREIGN_OF_ENGLISH) == [
        (FOREIGN[line], english, line) for english, line in zip(ENGLISH, FOREIGN_OF_ENGLISH, strict=True)
    ]
    assert not caplog.records


def test_indices_the_other_way_round_are_told_by_the_lengths(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert ordered(tmp_path, ENGLISH_OF_FOREIGN) == ordered(tmp_path, FOREIGN_OF_ENGLISH)
    assert "read as the English line of each foreign one" in caplog.text


@pytest.mark.parametrize("order", [[0, 1, 2], [0, 1, 2, 2], [1, 2, 3, 4], [-1, 0, 1, 2]])
def test_indices_that_are_no_permutation_are_refused(tmp_path: Path, order: list[int]) -> None:
    with pytest.raises(InputError, match=r"order: expected each of 0 to 3 once"):
        ordered(tmp_path, order)


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_agreement_is_a_correlation_or_nothing(lines: list[str]) -> None:
    value = agreement(lines, lines, range(len(lines)))
    assert value == pytest.approx(1.0 if len(set(map(len, lines))) > 1 else 0.0)
