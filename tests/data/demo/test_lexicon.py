"""The tables say the same in every language, and the forms they hold agree in real sentences."""

import unicodedata
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.data.demo.facts import CORE, Fact, draw
from stilts_mlflow.data.demo.lexicon import concepts, entry, names, templates
from stilts_mlflow.data.demo.sentences import offsets, realise, say, text
from stilts_mlflow.data.demo.world import DEMO_LANGUAGES
from stilts_mlflow.tasks.xtreme import UPOS

RED_BOOK = Fact("ACT", ()).having(s="maria+novak", v="buy", o="car", a="red", c="london", d="wednesday")
BLACK_CAT = Fact("ACT", ()).having(s="ivan", v="find", o="cat", a="black", c="cairo")
LENT = Fact("GIVE", ()).having(s="omar", v="lend", o="knife", a="new", q="eva")
THREE = Fact("ACTN", ()).having(s="anna", v="sell", o="chair", n="five")
DENIED = Fact("ACT", ()).having(s="maria", v="steal", o="table")

GOLDEN = {
    "en": (
        "Maria Novak bought a red car in London on Wednesday.",
        "Ivan found a black cat in Cairo.",
        "Omar lent a new knife to Eva.",
        "Anna sold five chairs.",
        "Maria did not steal a table.",
    ),
    "de": (
        "Maria Novak kaufte am Mittwoch in London ein rotes Auto.",
        "Ivan fand in Kairo eine schwarze Katze.",
        "Omar lieh Eva ein neues Messer.",
        "Anna verkaufte fünf Stühle.",
        "Maria stahl keinen Tisch.",
    ),
    "es": (
        "María Novak compró un coche rojo en Londres el miércoles.",
        "Iván encontró un gato negro en El Cairo.",
        "Omar le prestó un cuchillo nuevo a Eva.",
        "Anna vendió cinco sillas.",
        "María no robó una mesa.",
    ),
    "ru": (
        "Мария Новак купила красную машину в Лондоне в среду.",
        "Иван нашёл чёрного кота в Каире.",
        "Омар одолжил Еве новый нож.",
        "Анна продала пять стульев.",
        "Мария не украла стол.",
    ),
    "ar": (
        "اشترت ماريا نوفاك سيارة حمراء في لندن يوم الأربعاء.",
        "وجد إيفان قطة سوداء في القاهرة.",
        "أعار عمر سكينا جديدا إلى إيفا.",
        "باعت آنا خمسة كراسي.",
        "ما سرقت ماريا طاولة.",
    ),
    "hi": (
        "मारिया नोवाक ने बुधवार को लंदन में एक लाल गाड़ी ख़रीदी।",
        "इवान ने काहिरा में एक काली बिल्ली पाई।",
        "उमर ने ईवा को एक नया चाकू उधार दिया।",
        "अन्ना ने पाँच कुर्सियाँ बेचीं।",
        "मारिया ने मेज़ नहीं चुराई।",
    ),
    "tr": (
        "Maria Novak çarşamba günü Londra'da kırmızı bir araba satın aldı.",
        "Ivan Kahire'de siyah bir kedi buldu.",
        "Omar Eva'ya yeni bir bıçak ödünç verdi.",
        "Anna beş sandalye sattı.",
        "Maria masa çalmadı.",
    ),
    "sw": (
        "Maria Novak alinunua gari jekundu mjini London siku ya Jumatano.",
        "Ivan alimpata paka mweusi mjini Kairo.",
        "Omar alimwazima Eva kisu kipya.",
        "Anna aliuza viti vitano.",
        "Maria hakuiba meza.",
    ),
    "zh": (
        "玛丽亚·诺瓦克星期三在伦敦买了一辆红色的汽车。",
        "伊万在开罗找到了一只黑色的猫。",
        "奥马尔借给伊娃一把新刀。",
        "安娜卖掉了五把椅子。",
        "玛丽亚没有偷桌子。",
    ),
    "fi": (
        "Maria Novak osti punaisen auton Lontoossa keskiviikkona.",
        "Ivan löysi mustan kissan Kairossa.",
        "Omar lainasi Evalle uuden veitsen.",
        "Anna myi viisi tuolia.",
        "Maria ei varastanut pöytää.",
    ),
    "eu": (
        "Maria Novakek auto gorri bat erosi zuen Londresen asteazkenean.",
        "Ivanek katu beltz bat aurkitu zuen Kairon.",
        "Omarrek Evari labana berri bat utzi zion.",
        "Annak bost aulki saldu zituen.",
        "Mariak ez zuen mahairik lapurtu.",
    ),
    "yo": (
        "Maria Novak ra ọkọ̀ ayọ́kẹ́lẹ́ pupa kan ní London ní Ọjọ́rú.",
        "Ivan ṣàwárí ológbò dúdú kan ní Cairo.",
        "Omar fi ọ̀bẹ tuntun kan yá Eva.",
        "Anna ta àga márùn-ún.",
        "Maria kò jí tábìlì.",
    ),
}


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_sentences_agree(language: str) -> None:
    facts = ((RED_BOOK, "0"), (BLACK_CAT, "0"), (LENT, "0"), (THREE, "0"), (DENIED, "not"))
    told = [unicodedata.normalize("NFC", say(fact, language, variant)) for fact, variant in facts]
    assert told == [unicodedata.normalize("NFC", sentence) for sentence in GOLDEN[language]]


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_every_concept_and_template_is_there(language: str) -> None:
    for name in concepts():
        forms = entry(language, name)
        assert all(unicodedata.is_normalized("NFC", form) for form in forms.values()), name
    wordings = {key for key in templates("en") if not key.endswith("+")}
    assert {key for key in templates(language) if not key.endswith("+")} == wordings


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_different_concepts_have_different_words(language: str) -> None:
    for kind in {each.kind for each in concepts().values()}:
        forms = Counter(tuple(entry(language, name).items()) for name in names(kind))
        assert not [words for words, times in forms.items() if times > 1], kind


def test_hypernyms_are_nouns() -> None:
    groups = {each.group for each in concepts().values() if each.kind == "noun" and each.group}
    assert groups <= set(names("noun"))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(CORE)), st.sampled_from(DEMO_LANGUAGES))
def test_tokens_stand_where_offsets_say(seed: int, frame: str, language: str) -> None:
    fact = draw(Random(seed), frame, "train")
    slots = {key.split(".")[1] for key in templates(language) if key.startswith(f"{frame}.")}
    for variant in sorted(slots):
        if len(variant) == 1 and variant.isalpha() and not fact[variant]:
            continue
        tokens = realise(fact, variant, language)
        sentence = text(tokens, language)
        found = [sentence[at : at + len(t.text)] for at, t in zip(offsets(tokens, language), tokens, strict=True)]
        assert found == [token.text for token in tokens]
        assert {token.pos for token in tokens} <= set(UPOS) - {"X"}
        assert "  " not in sentence
        assert tokens[-1].pos == "PUNCT"
