"""From bytes to text, and the traces of a text that was once read in a wrong encoding.

A garbled name is worse than a missing file: the register would keep it, and never find the name in a picture.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from anonymiser.consent.misread import is_misread, may_be_turkish
from anonymiser.errors import ImportRefused

SAVE_AS_CSV = 'Open it in Excel, choose "Save as", then "CSV UTF-8", and import that file.'
_OTHER_ENCODINGS = ("cp1252", "cp850", "mac_roman")
"""Of Windows, of DOS (still the "CSV (MS-DOS)" of Excel) and of old Macs; the first that fits is used."""


def _continuations(encoding: str) -> str:
    """A character class of what the later bytes of a UTF-8 letter turn into in `encoding`."""
    signs = {bytes([byte]).decode(encoding, "replace") for byte in range(0x80, 0xC0)} - {"\ufffd"}
    return f"[{re.escape(''.join(sorted(signs)))}\u0080-\u00bf]"


_WESTERN, _CENTRAL = _continuations("cp1252"), _continuations("cp1250")
_TWICE = re.compile(
    f"[\u00c2-\u00df]{_WESTERN}|[\u00e0-\u00ef]{_WESTERN}{{2}}|[\u0102\u0139\u00c4]{_CENTRAL}|\u00e2{_CENTRAL}{{2}}"
)
"""UTF-8 that was read as if it were in the encoding of western or central European Windows."""
_LETTER = r"[^\W\d_]"
_SIGN_IN_A_WORD = re.compile(
    rf"(?<={_LETTER})[\u00a1-\u00a9\u00ab-\u00b3\u00b5\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7\u0192\u02c6\u02d8-\u02dd"
    r"\u2020-\u2022\u2026\u2030\u2039\u203a\u2044\u20ac\u2122\u2202-\u22ff\u201a\u201c-\u201e?]"
)
_NOT_TWICE = re.compile(
    "[\u00c5\u00c6-\u00cd\u00d2-\u00dd][\u0160\u017d\u0152\u0178]|\u00c4\u0160|[\u0102\u0139][\u0141\u0104\u015e\u017b\u013d]"
)
"""Pairs that names in capitals have, such as P\u00c4\u0160; what they would undo to is rare there."""
_CAPITAL_IN_A_WORD = re.compile(r"([^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff]?[a-z\u00df-\u00f6\u00f8-\u00ff]+)([^\W\d_])")
_TWO_CAPITALS = re.compile(rf"(?<!{_LETTER})([A-Z])([^\W\d_a-z])(?=[a-z])")
_BEFORE_A_CAPITAL = frozenset(
    {
        "Mc", "Mac", "Mic", "Mhic", "Nic", "O", "D", "L", "De", "Del", "Della", "Di", "Da", "Do", "Dos", "Du", "La",
        "Le", "Van", "Von", "Fitz", "Al", "El", "Ben", "Bin", "San", "Saint", "St", "Ste", "Jo", "Ti", "Ty", "mc",
        "mac", "o", "d", "l", "de", "di", "da", "du", "la", "le", "al", "el", "h", "n", "t", "bhf", "mb", "gc", "nd",
        "ng", "bp", "dt", "ts",
    }
)  # fmt: skip
"""What stands before a capital inside a name: Mac\u00c9anna, De\u00c1ngelo, \u00d3 h\u00c9anaigh."""
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK"})
"""Scripts that no word mixes, and that one byte may stand for all of."""
_SIGN_AT_THE_END = re.compile(rf"(?<={_LETTER})\u2018(?!\w)|(?<=[a-z])[\u2013\u2014](?=[a-z])")
"""A letter of an old Mac, read as if it were of Windows: Zo\u2018, Nu\u2013ez."""
_SPACE_IN_A_NAME = re.compile(r"(?:^|[,;\t|\"])[A-Z][a-z]*\u00a0[a-z]+(?=$|[,;\t|\"\r])", re.MULTILINE)
"""An \u00e1 of DOS is the space without a break of Windows."""
_APOSTROPHE_INSIDE = re.compile("(?<=[a-z])\u2019(?=[a-z])(?!s\\b)")
_APOSTROPHE_OF_WINDOWS = re.compile("\u2019(?=[A-Z])|(?<=[a-z])\u2019s\\b|n\u2019t\\b")
"""O\u2019Brien, child\u2019s, don\u2019t: no \u00ed stands there."""
_WORD_LENGTH = 30
_NEVER = re.compile("[\ufffd\u0080-\u009f\ue000-\uf8ff\u2500-\u25ff\u221a\u0000-\u0008\u000e-\u001f]")
_QUOTED = re.compile("\u201c([^\u201c\u201d\n]*)\u201d")


def decode(data: bytes, name: str) -> str:
    """Text of a file in UTF-8 or UTF-16 with or without its mark, else in one of the older encodings.

    Raises ImportRefused if none fits, if more than one may fit, or if rows differ in encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data[:4096]:
        # most signs of a list are ASCII, whatever its names are
        candidates = ("utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be",)
    else:
        candidates = ("utf-8-sig",)
    for encoding in candidates:
        text = _decoded(data, encoding)
        if text is not None and "\0" not in text:
            return _undone(text)
    if candidates == ("utf-8-sig",) and b"\0" not in data:
        return _decode_older(data, name)
    raise _no_text(name)


def garbled(text: str) -> bool:
    """Whether `text` shows that it was read in a wrong encoding, or that a letter was lost."""
    plain = _QUOTED.sub(r'"\1"', text)
    return _encoded_twice(plain) or any(pattern.search(plain) for pattern in (_NEVER, _SIGN_IN_A_WORD))


def may_be_damaged(name: str) -> bool:
    """Whether a name looks as if a letter of it had been replaced: Zo\u00ce, Ren\u0439e, Zo\u2018, "Se n"."""
    bare = " ".join(name.split())
    return (
        _has_odd_capital(bare)
        or bool(_SIGN_AT_THE_END.search(bare))
        or is_misread(bare)
        or any(len(set(map(_script, word)) & _ALIKE) > 1 for word in bare.split())
        or any(_is_scrap(word) for word in bare.split()[1:])
    )


def _has_odd_capital(text: str) -> bool:
    """Whether a capital with an accent stands inside a word, in no known shape of a name."""
    composed = unicodedata.normalize("NFC", text)
    return any(
        not match[2].isascii() and match[2].isupper() and match[1] not in _BEFORE_A_CAPITAL
        for pattern in (_CAPITAL_IN_A_WORD, _TWO_CAPITALS)
        for match in pattern.finditer(composed)
    )


def _script(sign: str) -> str:
    """The first word of its name in Unicode: of a letter LATIN, CYRILLIC, GREEK and so on."""
    return unicodedata.name(sign, "").partition(" ")[0] if sign.isalpha() else ""


def _is_scrap(word: str) -> bool:
    """Whether a word is what is left after a letter became a space: small, without any vowel."""
    small = word.isascii() and word.isalpha() and word.islower()
    return small and not set(word) & set("aeiouy") and word not in {"ng", "st", "mc", "jr", "sr", "jnr", "snr"}


def _encoded_twice(text: str) -> bool:
    """Whether a letter of UTF-8 was read as two or three letters of another encoding."""
    for match in _TWICE.finditer(text):
        before, after = (
            text[max(0, match.start() - _WORD_LENGTH) : match.start()],
            text[match.start() : match.end() + _WORD_LENGTH],
        )
        word = re.split(r"[\W\d_]", before)[-1] + re.split(r"[\W\d_]", after)[0]
        if not (word.isupper() and _NOT_TWICE.fullmatch(match[0])):
            return True
    return False


def _decode_older(data: bytes, name: str) -> str:
    mixed = _row_in_another_encoding(data)
    if mixed:
        raise ImportRefused(
            f"row {mixed} of {name} is written in another encoding than the rest",
            remedy="Type the names of that row again, save the file as CSV UTF-8, and import it.",
        )
    readings = [text for encoding in _OTHER_ENCODINGS if (text := _decoded(data, encoding)) is not None]
    fitting = list(dict.fromkeys(text for text in readings if not _strange(text)))
    windows = _decoded(data, "cp1252")
    if windows is not None and windows in fitting:
        if is_misread(windows) or may_be_turkish(windows) or _may_be_of_an_old_mac(windows, data):
            raise ImportRefused(
                f"{name} may be in the encoding of another language or of an old Mac, and names in it be read wrongly",
                remedy="Export it again as an Excel workbook or as CSV UTF-8.",
            )
        if _SPACE_IN_A_NAME.search(windows):
            raise _no_text(name)
        return windows
    if len(fitting) == 1:
        return fitting[0]
    if windows is not None and not fitting:
        return windows  # what looks odd may not be a name: the names are checked one by one
    raise _no_text(name)


def _may_be_of_an_old_mac(windows: str, data: bytes) -> bool:
    """Whether an apostrophe inside a word may be an \u00ed (Mar\u2019a), and nothing else shows that it is none."""
    mac = _decoded(data, "mac_roman")
    inside = _APOSTROPHE_INSIDE.search(windows) is not None
    return inside and mac is not None and not _strange(mac) and not _APOSTROPHE_OF_WINDOWS.search(windows)


def _row_in_another_encoding(data: bytes) -> int:
    """The first line that is not UTF-8 although others with special letters are; 0 if there is none."""
    lines = re.split(rb"\r\n|\n|\r", data)
    special = [(number, _decoded(line, "utf-8")) for number, line in enumerate(lines, start=1) if not line.isascii()]
    wrong = [number for number, text in special if text is None]
    return wrong[0] if wrong and len(wrong) < len(special) else 0


def _undone(text: str) -> str:
    """The text as it was before a program took its UTF-8 for Windows-1252, if that can be undone with certainty."""
    for _ in range(3):
        if not _encoded_twice(text):
            break
        raw = b"".join(_windows_byte(character) for character in text)
        once = _decoded(raw, "utf-8") if raw else None
        if once is None:
            break
        text = once
    return text


def _windows_byte(character: str) -> bytes:
    for encoding in ("cp1252", "latin-1"):
        try:
            return character.encode(encoding)
        except UnicodeEncodeError:
            continue
    return b"\xff"  # makes the whole of it undecodable, and so not undone


def _strange(text: str) -> bool:
    """Whether this cannot be the reading that was meant; punctuation of ordinary sentences does not count."""
    return (
        garbled(text.replace("?", "").replace("\u2026", ""))
        or _has_odd_capital(text)
        or bool(_SIGN_AT_THE_END.search(text))
    )


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _no_text(name: str) -> ImportRefused:
    return ImportRefused(f"{name} is not text in any encoding that Excel or a school system writes", remedy=SAVE_AS_CSV)
