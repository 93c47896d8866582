"""Every language once: code, name, family, script, resource class.

Codes are XTREME's (ISO 639-1 where there is one, else 639-3). Resource classes follow the coarse grouping of Joshi et
al. 2020 (their class 5: high; 3 and 4: medium; 0 to 2: low). Families follow the XTREME README; `iso3` is
the code in the Tatoeba file names, where a macro-language is named by its largest member (Swahili: swh).
"""

from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.errors import InputError, unknown

Resource = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Language:
    """`name` is the English name, as in the folder names of Universal Dependencies."""

    code: str
    iso3: str
    name: str
    family: str
    script: str
    resource: Resource


_ROWS = """
af afr Afrikaans   IE:Germanic     Latin      medium
am amh Amharic     Afro-Asiatic    Ethiopic   low
ar ara Arabic      Afro-Asiatic    Arabic     high
ay aym Aymara      Aymaran         Latin      low
az aze Azerbaijani Turkic          Latin      low
bg bul Bulgarian   IE:Slavic       Cyrillic   medium
bm bam Bambara     Niger-Congo     Latin      low
bn ben Bengali     IE:Indo-Aryan   Bengali    medium
bzd bzd Bribri     Chibchan        Latin      low
cni cni Ashaninka  Arawakan        Latin      low
de deu German      IE:Germanic     Latin      high
ee ewe Ewe         Niger-Congo     Latin      low
el ell Greek       IE:Greek        Greek      medium
en eng English     IE:Germanic     Latin      high
es spa Spanish     IE:Romance      Latin      high
et est Estonian    Uralic          Latin      medium
eu eus Basque      Basque          Latin      medium
fa pes Persian     IE:Iranian      Arabic     medium
fi fin Finnish     Uralic          Latin      medium
fr fra French      IE:Romance      Latin      high
gn grn Guarani     Tupian          Latin      low
gu guj Gujarati    IE:Indo-Aryan   Gujarati   low
ha hau Hausa       Afro-Asiatic    Latin      low
hch hch Wixarika   Uto-Aztecan     Latin      low
he heb Hebrew      Afro-Asiatic    Hebrew     medium
hi hin Hindi       IE:Indo-Aryan   Devanagari medium
hr hrv Croatian    IE:Slavic       Latin      medium
ht hat Haitian     Creole          Latin      low
hu hun Hungarian   Uralic          Latin      medium
id ind Indonesian  Austronesian    Latin      medium
ig ibo Igbo        Niger-Congo     Latin      low
it ita Italian     IE:Romance      Latin      medium
ja jpn Japanese    Japonic         Japanese   high
jv jav Javanese    Austronesian    Latin      low
ka kat Georgian    Kartvelian      Georgian   medium
kk kaz Kazakh      Turkic          Cyrillic   medium
ko kor Korean      Koreanic        Hangul     medium
lt lit Lithuanian  IE:Baltic       Latin      medium
ml mal Malayalam   Dravidian       Malayalam  low
mr mar Marathi     IE:Indo-Aryan   Devanagari low
ms zsm Malay       Austronesian    Latin      medium
my mya Burmese     Sino-Tibetan    Burmese    low
nah nah Nahuatl    Uto-Aztecan     Latin      low
nl nld Dutch       IE:Germanic     Latin      medium
oto oto Otomi      Oto-Manguean    Latin      low
pa pan Punjabi     IE:Indo-Aryan   Gurmukhi   low
pcm pcm Naija      Creole          Latin      low
pl pol Polish      IE:Slavic       Latin      medium
pt por Portuguese  IE:Romance      Latin      medium
qu que Quechua     Quechuan        Latin      low
ro ron Romanian    IE:Romance      Latin      medium
ru rus Russian     IE:Slavic       Cyrillic   medium
rw kin Kinyarwanda Niger-Congo     Latin      low
shp shp Shipibo    Panoan          Latin      low
sw swh Swahili     Niger-Congo     Latin      low
ta tam Tamil       Dravidian       Tamil      medium
tar tar Raramuri   Uto-Aztecan     Latin      low
te tel Telugu      Dravidian       Telugu     low
th tha Thai        Kra-Dai         Thai       medium
tl tgl Tagalog     Austronesian    Latin      medium
tr tur Turkish     Turkic          Latin      medium
tw twi Twi         Niger-Congo     Latin      low
uk ukr Ukrainian   IE:Slavic       Cyrillic   medium
ur urd Urdu        IE:Indo-Aryan   Arabic     medium
vi vie Vietnamese  Austro-Asiatic  Latin      medium
wo wol Wolof       Niger-Congo     Latin      low
yo yor Yoruba      Niger-Congo     Latin      low
zh cmn Chinese     Sino-Tibetan    Han        high
zu zul Zulu        Niger-Congo     Latin      low
"""

LANGUAGES: dict[str, Language] = {}
for _row in _ROWS.split("\n"):
    if _row:
        _code, _iso3, _name, _family, _script, _resource = _row.split()
        if _code in LANGUAGES:
            raise ValueError(f"language {_code!r} is declared twice")
        LANGUAGES[_code] = Language(_code, _iso3, _name, _family, _script, _resource)  # type: ignore[arg-type]


def language(code: str) -> Language:
    """Row of a code; InputError with a guess for an unknown one."""
    if code not in LANGUAGES:
        raise InputError(unknown("language", code, LANGUAGES))
    return LANGUAGES[code]


def parse_languages(text: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of a comma list, in its order, or all of `allowed` for `all`.

    InputError for an unknown code, one outside `allowed`, a repeated one, or none.
    """
    if text.strip() == "all":
        return allowed
    codes = tuple(code.strip() for code in text.split(",") if code.strip())
    if not codes:
        raise InputError(f"no language in {text!r}; give codes such as de,sw or the word all")
    for code in codes:
        language(code)
        if code not in allowed:
            raise InputError(f"no data in language {code!r}; languages: {', '.join(allowed)}")
        if codes.count(code) > 1:
            raise InputError(f"language {code!r} is listed twice in {text!r}")
    return codes
