"""What translation models call a language.

M2M-100 has XTREME's two-letter codes, NLLB ISO 639-3 with the script (`deu_Latn`), Marian models with several target
languages a word in front of the text (`>>deu<<`, older ones `>>de<<`).
"""

from stilts_mlflow.languages import Language, language

SCRIPTS = {
    "Arabic": "Arab",
    "Bengali": "Beng",
    "Burmese": "Mymr",
    "Cyrillic": "Cyrl",
    "Devanagari": "Deva",
    "Ethiopic": "Ethi",
    "Georgian": "Geor",
    "Greek": "Grek",
    "Gujarati": "Gujr",
    "Gurmukhi": "Guru",
    "Han": "Hans",
    "Hangul": "Hang",
    "Hebrew": "Hebr",
    "Japanese": "Jpan",
    "Latin": "Latn",
    "Malayalam": "Mlym",
    "Tamil": "Taml",
    "Telugu": "Telu",
    "Thai": "Thai",
}
"""ISO 15924 codes; Chinese is the simplified one of XNLI and XQuAD."""
NLLB_NAMES = {"ar": "arb", "ay": "ayr", "az": "azj", "qu": "quy", "zh": "zho"}
"""Where NLLB names another member of a macro-language than the Tatoeba files do."""
UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th", "my"})


def nllb_code(code: str) -> str:
    """`de` -> `deu_Latn`."""
    row = language(code)
    return f"{NLLB_NAMES.get(code, row.iso3)}_{SCRIPTS[row.script]}"


def marian_words(code: str) -> list[str]:
    """Words in front of a text that may ask for a language, the likeliest first."""
    row = language(code)
    names = [row.iso3, code, f"{row.iso3}_{SCRIPTS[row.script]}", NLLB_NAMES.get(code, row.iso3), nllb_code(code)]
    return [f">>{name}<<" for name in dict.fromkeys(names)]


def is_named(name: str, row: Language) -> bool:
    """Whether a model's name of its one target language means this one."""
    return name.lower() in {row.code, row.iso3, nllb_code(row.code).lower(), NLLB_NAMES.get(row.code, row.iso3)}


def is_spaced(code: str) -> bool:
    """Whether sentences are set off by spaces."""
    return code not in UNSPACED_LANGUAGES
