"""What distributions call our languages, where it is none of the codes in the table of languages."""


def _pairs(text: str) -> dict[str, str]:
    """Alternating: our code, theirs."""
    listed = text.split()
    return dict(zip(listed[::2], listed[1::2], strict=True))


AFRICAN = _pairs("bm bam ee ewe ha hau ig ibo pcm pcm rw kin sw swa tw twi wo wol yo yor zu zul")
"""Masakhane's: ISO 639-3, for Swahili that of the macro-language."""

AMERICAN = _pairs("ay aym qu quy")
"""AmericasNLI's name of Quechua is that of the member (Ayacucho), not of the macro-language."""

FLORES = _pairs("""
af afr_Latn am amh_Ethi ar arb_Arab az azj_Latn bg bul_Cyrl bm bam_Latn bn ben_Beng de deu_Latn el ell_Grek en eng_Latn
es spa_Latn et est_Latn eu eus_Latn fa pes_Arab fi fin_Latn fr fra_Latn gn grn_Latn gu guj_Gujr ha hau_Latn he heb_Hebr
hi hin_Deva hr hrv_Latn ht hat_Latn hu hun_Latn id ind_Latn ig ibo_Latn it ita_Latn ja jpn_Jpan jv jav_Latn ka kat_Geor
kk kaz_Cyrl ko kor_Hang lt lit_Latn ml mal_Mlym mr mar_Deva ms zsm_Latn my mya_Mymr nl nld_Latn pa pan_Guru pl pol_Latn
pt por_Latn ro ron_Latn ru rus_Cyrl rw kin_Latn sw swh_Latn ta tam_Taml te tel_Telu th tha_Thai tl tgl_Latn tr tur_Latn
uk ukr_Cyrl ur urd_Arab vi vie_Latn wo wol_Latn yo yor_Latn zh zho_Hans zu zul_Latn
""")
"""Belebele's: those of its 122 variants whose language is in the table of languages, in its usual script."""
