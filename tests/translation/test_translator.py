"""Real models of each family, tiny and with weights that copy: what they are told, and what they are given."""

from pathlib import Path

import pytest
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as M2M100_CODES
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB_CODES

from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.translation.codes import marian_words, nllb_code
from stilts_mlflow.translation.translator import Translator
from tests import copier, tiny

MAKERS = {"marian": copier.make_marian, "m2m100": copier.make_m2m100, "nllb": copier.make_nllb}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in MAKERS.items()}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("beams", [1, 2])
def test_sentences_come_out_in_the_order_they_went_in(models: dict[str, Path], name: str, beams: int) -> None:
    translator = Translator(models[name], beams=beams, batch_size=3, max_length=100).to("de")
    assert translator.translate(copier.LINES) == list(copier.LINES)
    assert translator.translate([]) == []
    assert translator.fits(copier.LINES[0])
    assert not translator.fits(" ".join(copier.LINES * 3))


def test_batches_do_not_change_a_translation(models: dict[str, Path]) -> None:
    texts = [line[: 5 + 7 * i] for i, line in enumerate(copier.LINES)]
    found = {tuple(Translator(models["nllb"], beams=1, batch_size=n).to("sw").translate(texts)) for n in (1, 4, 16)}
    assert len(found) == 1


def test_nllb_and_m2m100_are_told_both_languages(models: dict[str, Path]) -> None:
    for name, english, german in (("nllb", "eng_Latn", "deu_Latn"), ("m2m100", "__en__", "__de__")):
        translator = Translator(models[name]).to("sw").to("de")
        tokens = translator.tokenizer.convert_ids_to_tokens(translator.tokenizer("Ann")["input_ids"])
        assert tokens[0] == english
        assert translator.tokenizer.convert_ids_to_tokens(translator.direction.first_token) == german


def test_marian_with_several_languages_gets_a_word_in_front(tmp_path: Path) -> None:
    translator = Translator(copier.make_marian(tmp_path, words=(">>swh<<", ">>de<<")), beams=1)
    # The copier repeats what it was given.
    assert translator.to("de").translate(["Who paints?"]) == [">>de<< Who paints?"]
    assert translator.to("sw").translate(["Who paints?"]) == [">>swh<< Who paints?"]
    with pytest.raises(InputError, match=r"no language 'fi'; it has >>de<< >>swh<<"):
        translator.to("fi")


def test_marian_of_one_pair_refuses_another_language(tmp_path: Path) -> None:
    translator = Translator(copier.make_marian(tmp_path, target="de"))
    with pytest.raises(InputError, match="translates into 'de', not into 'fi'"):
        translator.to("fi")
    assert translator.to("de").direction.prefix == ""


def test_a_language_that_a_model_has_not(models: dict[str, Path]) -> None:
    with pytest.raises(InputError, match=r"no language 'te' \(it would be called 'te'\)"):
        Translator(models["m2m100"]).to("te")


def test_codes_are_those_of_the_models() -> None:
    unknown = {code for code in LANGUAGES if nllb_code(code) not in NLLB_CODES}
    assert unknown == {"bzd", "cni", "hch", "nah", "oto", "pcm", "shp", "tar"}
    assert {"de", "sw", "zh", "ar", "jv", "tl"} <= set(M2M100_CODES["m2m100"]) & set(LANGUAGES)
    assert marian_words("zh")[:3] == [">>cmn<<", ">>zh<<", ">>cmn_Hans<<"]


def test_a_model_that_does_not_translate(tmp_path: Path) -> None:
    tiny.model().encoder.save_pretrained(str(tmp_path / "bert"))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"is no encoder-decoder \(bert\): give a Marian"):
        Translator(tmp_path / "bert")
    with pytest.raises(InputError, match="model="):
        Translator(tmp_path / "nothing")


def test_it_can_be_stopped_between_batches(models: dict[str, Path]) -> None:
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise Preempted("SIGTERM")

    with pytest.raises(Preempted):
        Translator(models["nllb"], beams=1, batch_size=2, check=check).to("de").translate(copier.LINES)
