"""From bytes to text, and the traces of a text that was once read in a wrong encoding.

A garbled name is worse than a missing file: the register would keep it, and never find the name in a picture.
"""

from __future__ import annotations

import codecs
import re

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
_CAPITAL_IN_A_WORD = re.compile(
    r"(?<=[a-z\u00df-\u00f6\u00f8-\u00ff])[\u00c0-\u00d6\u00d8-\u00de\u0152\u0160\u0178\u017d]"
)
_NEVER = re.compile("[\ufffd\u0080-\u009f\ue000-\uf8ff\u2500-\u25ff\u221a\u0000-\u0008\u000e-\u001f]")
_QUOTED = re.compile("\u201c([^\u201c\u201d\n]*)\u201d")


def decode(data: bytes, name: str) -> str:
    """Text of a file in UTF-8 or UTF-16 with or without its mark, else in one of the older encodings.

    Raises ImportRefused if none fits, if more than one may fit, or if rows differ in encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data[:4096]:
        candidates = ("utf-16-le" if data[1:2] == b"\0" else "utf-16-be",)
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
    return any(pattern.search(plain) for pattern in (_NEVER, _TWICE, _SIGN_IN_A_WORD))


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
        return windows
    if len(fitting) == 1:
        return fitting[0]
    if windows is not None and not fitting:
        return windows  # what looks odd may not be a name: the names are checked one by one
    raise _no_text(name)


def _row_in_another_encoding(data: bytes) -> int:
    """The first line that is not UTF-8 although others with special letters are; 0 if there is none."""
    lines = re.split(rb"\r\n|\n|\r", data)
    special = [(number, _decoded(line, "utf-8")) for number, line in enumerate(lines, start=1) if not line.isascii()]
    wrong = [number for number, text in special if text is None]
    return wrong[0] if wrong and len(wrong) < len(special) else 0


def _undone(text: str) -> str:
    """The text as it was before a program took its UTF-8 for Windows-1252, if that can be undone with certainty."""
    for _ in range(3):
        if not _TWICE.search(text):
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
    return garbled(text.replace("?", "").replace("\u2026", "")) or bool(_CAPITAL_IN_A_WORD.search(text))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _no_text(name: str) -> ImportRefused:
    return ImportRefused(f"{name} is not text in any encoding that Excel or a school system writes", remedy=SAVE_AS_CSV)
