"""Letters of a name that stand where no language puts them, because one encoding was read as another.

"Kamiñski" was written in the encoding of central European Windows, "Yýlmaz" in the Turkish one, "Jesœs" on an old Mac.
Each pattern is a letter of western Windows beside letters that it does not stand beside in the languages that have it.
"""

from __future__ import annotations

import re
import unicodedata

_CONSONANT = "[b-df-hj-np-tv-z]"
_CENTRAL = (
    rf"ñ(?!ch){_CONSONANT}|ñ\b"  # Polish ń; Spanish ñ stands before a vowel, Breton in Fañch
    r"|ê[bcdfgkpz]|ê[lnrw][bcdfgkpz]"  # Polish ę
    r"|\w\wæ\b|\bæ[cpwz]"  # Polish ć
    r"|[aouáéíóúý]è\B|èka?\b"  # Czech č
    r"|[aiíoá]ø[aáiíeé]|\b[pt]ø[ie]"  # Czech ř
    r"|\w\w\wõ\b|õ[ksz]"  # Hungarian ő; Portuguese has õe, Vietnamese short words
    r"|û[bcdfgkmpz]"  # Hungarian ű
    r"|ã(?!n?\b|[oeis])"  # Romanian ă; Portuguese has ão, ãe and a last ã
    r"|\w[ºª]\w|\w\w[ºª]\b"  # Romanian ş
)
_TURKISH = (
    r"[ao]ðl|oðan|oðu|iðit|\buður|tuðb|aðd|[eöü]ð\w"  # ğ
    r"|\Bþ(?![óoru])|\bþ(?:ah|ü|en[oe]|im|eb|ey|uk|ul)"  # ş; Icelandic has þ before ó, o, u and r
    r"|ýl[dmckýa]|[mnrstþ]ý[mnrstþ]?ý|[dt]ýn\b|cý\b|\bý[bsz]|òð"  # the i without a dot, and the capital with one
)
_OLD_MAC = (
    r"\Bœ(?!u)"  # ú; French has œu
    rf"|[bcdfghjkmnpqstvwxz]š{_CONSONANT}"  # ö
    r"|[rcf]\u2019a\b|t\u2019n\b|r\u2019g|\bd\u2019az"  # í
)
_OTHER_ALPHABET = r"\b[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{4,}\b"
_MISREAD = re.compile(f"{_CENTRAL}|{_TURKISH}|{_OLD_MAC}|{_OTHER_ALPHABET}", re.IGNORECASE)
_EITHER_WAY = re.compile("[\u00f0\u00fe\u00fd\u00d0\u00de\u00dd]")
"""Letters of Iceland, whose bytes in older encodings are also those of the Turkish ğ, ş and i without a dot."""


def is_misread(text: str) -> bool:
    """Whether a letter shows that the text was read in a wrong encoding."""
    return bool(_MISREAD.search(unicodedata.normalize("NFC", text)))


def may_be_turkish(text: str) -> bool:
    """Whether a text in an older encoding may be Turkish as well as western."""
    return bool(_EITHER_WAY.search(text))
