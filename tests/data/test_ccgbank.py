"""CCGbank's format, with a derivation of our own."""

from pathlib import Path

import pytest

from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import TaggingExample
from stilts_mlflow.tasks.tables import TASKS

DERIVATION = (
    "ID=wsj_{section}01.1 PARSER=GOLD NUMPARSE=1\n"
    r"(<T S[dcl] 0 2> (<T NP 0 1> (<L N NNP NNP Mary N>) ) (<T S[dcl]\NP 0 2> "
    r"(<L (S[dcl]\NP)/NP VBZ VBZ sells (S[dcl]\NP_1)/NP_2>) (<T NP 0 2> (<L NP[nb]/N DT DT the NP[nb]_1/N_1>) "
    "(<L N NN NN bread N>) ) ) (<L . . . . .>) )\n"
)
TAGS = ("N", r"(S[dcl]\NP)/NP", "NP[nb]/N", "N", ".")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for section in ("00", "01", "02", "21", "22", "23"):
        place = tmp_path / "ccg" / "ccgbank_1_1" / "data" / "AUTO" / section
        place.mkdir(parents=True)
        (place / f"wsj_{section}01.auto").write_text(DERIVATION.format(section=section), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("split", "count"), [("train", 2), ("dev", 1), ("test", 1)])
def test_sections_are_the_usual_ones(folder: Path, split: str, count: int) -> None:
    examples = load_examples(TASKS["ccg"], split, "en", DataSource("files", str(folder)))
    assert len(examples) == count
    assert isinstance(examples[0], TaggingExample)
    assert examples[0].words == ("Mary", "sells", "the", "bread", ".")
    assert examples[0].tags == TAGS


def test_a_line_that_is_no_derivation(folder: Path) -> None:
    file = folder / "ccg" / "ccgbank_1_1" / "data" / "AUTO" / "00" / "wsj_0001.auto"
    file.write_text("ID=1\n(<T S 0 1> (<L N NN bread>) )\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"wsj_0001.auto:2: not a derivation"):
        load_examples(TASKS["ccg"], "dev", "en", DataSource("files", str(folder)))


def test_without_ccgbank_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ccg/en/train: no file found .*LDC2005T13.*Parallel Meaning Bank"):
        load_examples(TASKS["ccg"], "train", "en", DataSource("files", str(tmp_path)))
