"""What kind of clue a line of text is: where a child is, without naming anybody.

Patterns are those of the United Kingdom. Letters and digits that readers confuse are taken for what the pattern asks
for, but each pattern must also hold enough that was read as it is: else a price or a slogan would be a postcode.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from anonymiser.values.labels import ClueKind

_LETTERS = str.maketrans("0158264", "OISBZGA")
_DIGITS = str.maketrans("OoQDIl|iSsBZzGA", "000011115582264")
"""What a reader may have taken for the other kind."""
_TOKEN = re.compile(r"[A-Za-z0-9|]+")

# --- postcodes: Royal Mail, Programmers' Guide to the Postcode Address File -------------------------------------

_AREAS_TEXT = """
AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G
GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW
OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD
WF WN WR WS WV YO ZE
"""
_AREAS = frozenset(_AREAS_TEXT.split())
_DISTRICT = re.compile(r"\d[A-Z]|\d{1,2}")
_INWARD = re.compile(r"\d[ABD-HJLNP-UW-Z]{2}")
_ORDINAL = re.compile(r"1ST|2ND|3RD|\dTH")

# --- vehicles: DVLA, INF104, and the marks of Northern Ireland --------------------------------------------------

_CURRENT = re.compile(r"[A-HK-PRSV-Y][A-HJ-PR-Z](0[2-9]|[1-3]\d|5[1-9]|[6-8]\d)[A-HJ-PR-Z]{3}")
_PREFIX = re.compile(r"[A-HJ-NPR-TV-Y](2[1-9]|[3-9]\d|[1-9]\d\d)[A-HJ-PR-Z]{3}")
"""With the numbers that were given out in turn: 21 to 999."""
_NORTHERN_IRISH = re.compile(r"[A-Z](?:[A-HJ-Z]Z|I[ABJLW]|[JOUX]I)[1-9]\d{3}")
_WORDS = frozenset({"BIB", "RIB", "NIB", "FIB", "JIB", "OIL", "NIL", "MIL", "TIL", "AIL", "BIZ"})
"""Not marks, but what stands before the number of a runner, for instance."""

# --- telephone: Ofcom, National Telephone Numbering Plan ---------------------------------------------------------

_NUMBER = re.compile(r"(?<![A-Za-z])(?:\+|00)?[\dOolI|SB(][\dOolI|SB()\s.\-–]{8,}[\dOolI|SB]")  # noqa: RUF001 - a dash that is printed
_NATIONAL = re.compile(r"0(?:1\d{8,9}|2[03489]\d{8}|3\d{9}|7\d{9}|800\d{6,7}|8[047]\d{8}|9\d{9})")
_MOST_NUMBERS = 3
"""In one run of digits."""
_READ_AS_DIGITS = 0.7
"""Least share of a number's digits that were read as digits."""

# --- web ---------------------------------------------------------------------------------------------------------

_WEB = re.compile(
    r"""
    https?\s*[:;]\s*/\s*/
    | \b(?:www|vvww|wvvw)\s*[.,]\s*\w
    | \w[\w.+-]*@\w[\w-]*[.,]\w{2,}
    | (?<![\w@])@[a-z_]\w{3,}
    | \w[\w-]*\.\s?(?:sch|co|org|ac|gov|nhs|ltd|me)\s?[.,]\s?uk\b
    | \w[\w-]*\.(?:com|org|net|uk|info|school|academy|wales|scot|eu|tv)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)

# --- streets and schools -----------------------------------------------------------------------------------------

_ENDS = (
    "Road", "Rd", "Street", "Lane", "Avenue", "Ave", "Close", "Drive", "Crescent", "Cres", "Gardens", "Grove",
    "Terrace", "Mews", "Court", "Place", "Way", "Row", "Rise",
)  # fmt: skip
_STREET = re.compile(
    r"(?<![\w.:/£$-])\d{1,3}[A-Za-z]?\s*,?\s+(?:[A-Z][\w'’]+\.?\s+){1,3}?"  # noqa: RUF001 - a printed apostrophe
    rf"(?:{'|'.join(_ENDS)}|{'|'.join(map(str.upper, _ENDS))})\b"
)
_NO_STREET = re.compile(
    r"\b\d+\s*(?:mile|metre|meter|km|lap|player|piece|week|day|year|minute)s?\b|\bway\s+street\b|"
    r"\b(?:tennis|basketball|netball|food|toy|charity)\s+(?:court|drive)\b",
    re.IGNORECASE,
)

_A_SCHOOL = re.compile(
    r"\b(?:primary|infants?'?|junior|nursery|secondary|grammar|community|catholic|middle|prep(?:aratory)?|c\s?of\s?e|"
    r"church\s+of\s+england|special)\s+(?:school|academy)\b",
    re.IGNORECASE,
)

# --- classes -----------------------------------------------------------------------------------------------------

_A_CLASS = re.compile(
    r"\b(?:(?:year|yr)\s?(?:1[0-3]|[1-9])(?:\s?[A-Z]{1,2})?|class\s?(?:1[0-3]|[1-9])(?:\s?[A-Z]{1,2})?|"
    r"(?:reception|nursery)\s+class)(?![\w:/-]|\s+(?:ago|old)s?\b)",
    re.IGNORECASE,
)


def kinds(text: str) -> frozenset[ClueKind]:
    """Every kind of clue that one line of text is by itself; a school's own words are found in words.py."""
    tests = {
        ClueKind.ADDRESS: _has_postcode(text) or _has_street(text),
        ClueKind.PLATE: _has_plate(text),
        ClueKind.PHONE: _has_number(text),
        ClueKind.WEB: _WEB.search(text) is not None,
        ClueKind.SCHOOL: _A_SCHOOL.search(text) is not None,
        ClueKind.CLASS: _A_CLASS.search(text) is not None,
    }
    return frozenset(kind for kind, found in tests.items() if found)


def _has_postcode(text: str) -> bool:
    tokens = _TOKEN.findall(text)
    together = [(token[:-3], token[-3:]) for token in tokens if 5 <= len(token) <= 7]
    apart = [(one, other) for one, other in itertools.pairwise(tokens) if 2 <= len(one) <= 4 and len(other) == 3]
    return any(_is_postcode(outward, inward) for outward, inward in (*together, *apart))


def _is_postcode(outward: str, inward: str) -> bool:
    if f"{outward}{inward}" != f"{outward}{inward}".upper():
        return False
    if not any(map(str.isdigit, outward)) and (len(outward) < 3 or _ORDINAL.fullmatch(inward)):
        return False
    inwards = inward[0].translate(_DIGITS) + inward[1:].translate(_LETTERS)
    return _INWARD.fullmatch(inwards) is not None and any(
        _unlike(inward, inwards) + _unlike(outward, read) <= 1
        for area, read in _outwards(outward)
        if area in _AREAS and _DISTRICT.fullmatch(read[len(area) :])
    )


def _outwards(outward: str) -> Iterator[tuple[str, str]]:
    """Area, and area with district, as which the first half may be read."""
    for letters in (1, 2):
        area, district = outward[:letters].translate(_LETTERS), outward[letters:]
        # A district in the middle of London ends with a letter.
        yield area, area + district[:1].translate(_DIGITS) + district[1:]
        yield area, area + district.translate(_DIGITS)


def _unlike(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _has_plate(text: str) -> bool:
    tokens = _TOKEN.findall(text)
    upper = [token if token == token.upper() else "" for token in tokens]
    runs = ("".join(upper[start:stop]) for start in range(len(upper)) for stop in range(start + 1, start + 4))
    if any(len(run) == 7 and _is_mark(_CURRENT, run, "AADDAAA", 1) for run in runs):
        return True
    # Older marks are short, so the line must hold nothing else.
    whole = re.sub(r"\s", "", text)
    if not 6 <= len(whole) <= 7 or whole != "".join(upper) or tokens[0] in _WORDS:
        return False
    is_prefix = _is_mark(_PREFIX, whole, "A" + "D" * (len(whole) - 4) + "AAA", 0)
    return is_prefix or (len(whole) == 7 and _is_mark(_NORTHERN_IRISH, whole, "AAADDDD", 0))


def _is_mark(pattern: re.Pattern[str], run: str, shape: str, most_wrong: int) -> bool:
    """Whether `run` fits, with at most so many letters read as digits, and digits as letters."""
    read = "".join(one.translate(_LETTERS if kind == "A" else _DIGITS) for one, kind in zip(run, shape, strict=True))
    return _unlike(run, read) <= most_wrong and pattern.fullmatch(read) is not None


def _has_number(text: str) -> bool:
    return any(_is_numbers(found.group()) for found in _NUMBER.finditer(text))


def _is_numbers(run: str) -> bool:
    run = re.sub(r"(?<!\w)[A-Za-z|]+(?!\w)", " ", run)
    if sum(map(str.isdigit, run)) < _READ_AS_DIGITS * len(re.sub(r"[\W_]", "", run)):
        return False
    national = re.sub(r"(?:\+|^\W*00)\s?44[\s.\-)]*(?:\(0\)\s?)?", " 0", run.translate(_DIGITS))
    return _divides(re.findall(r"\d+", national), _MOST_NUMBERS)


def _divides(groups: list[str], most: int) -> bool:
    """Whether groups of digits are one or more whole numbers and nothing else."""
    if not groups or not most:
        return False
    for stop in range(1, len(groups) + 1):
        if _is_number(groups[:stop]) and (stop == len(groups) or _divides(groups[stop:], most - 1)):
            return True
    return False


def _is_number(groups: list[str]) -> bool:
    digits = "".join(groups)
    # A line of numbers on a classroom's wall has short groups that grow.
    spaced = len(groups[0]) >= 3 and all(len(group) >= 2 for group in groups)
    return spaced and len(set(digits)) > 2 and digits not in "01234567891011" and bool(_NATIONAL.fullmatch(digits))


def _has_street(text: str) -> bool:
    return _STREET.search(text) is not None and _NO_STREET.search(text) is None
