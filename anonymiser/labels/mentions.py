"""Whether a text that somebody typed, such as a folder's name, tells who is in a photo.

Stricter than the search in pictures (names.py), because such a text becomes part of published file names, and another
is easily chosen: a surname is enough, and so is a forename with an initial. A forename alone is not: Summer, Rose and
Grace are words.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from anonymiser.labels.names import find_names
from anonymiser.labels.spelling import comparable, pieces, words
from anonymiser.values.labels import NameIndex, TextLine

_ORDINARY_TEXT = """
a after afternoon all an and april art arts assembly at august autumn awards ball band bank barn bay beach bell best
big bird birthday bike blue boat book books breakfast bridge brook brown building by cake camp carnival castle
celebration charity children choir christmas church city class classes club coast coding concert cook cookery council
cross dance
day days december design diwali drama dress early earth easter eid end enrichment evening event events everybody
exhibition fair family farm farmer february fete field fields film first fish fisher fishing football for forest free
friday
friends from fun games garden gardener gate general golden governors grace graduation green ground group hall harvest
hill hockey holiday home house hunt in infants inter international january july june junior juniors key king kings lake
lamb land lane last leavers library life lights little lunch march market maths may meadow meeting mill money moon
morning museum music my nativity nature new news night north november nursery oak october of old on online open orchard
our outdoor outing page panto park parents parade party performance phase photo photos picnic pictures play
playground poetry pond pool press prize procession project pupils queen race reading reception red residential rest
river road room rose rounders royal rugby safety sale samba saturday school science sea september service shepherd shop
show singing snow south sport sports spring st staff stage star stars stem stone storytelling street student summer
sun sunday swim swimming table talent tea teacher teachers team tennis term test thanksgiving the theatre theme
thursday time to town tree trees trip trips tuesday tutor under valley victorian village visit visits visitors walk
walking water wedding wednesday week weekend welcome west white will winter with wood woods world workshop worship year
young zoo
"""
_ORDINARY = frozenset(comparable(word) for word in _ORDINARY_TEXT.split())
"""Words that the names of school events are made of. As surnames (Day, Park, Brown) they count with a forename, an
initial or "family" only: else one pupil called Day would forbid every sports day.
"""
_RELATIVES_TEXT = "family families fam household children kids twins triplets brothers sisters siblings boys girls"
_RELATIVES = frozenset(map(comparable, _RELATIVES_TEXT.split()))
_HOUSEHOLD = _RELATIVES | frozenset(comparable(word) for word in ("birthday", "party", "wedding"))
_FILLERS = frozenset(map(comparable, ("the", "and", "of", "our", "my")))
_WORD_INITIALS = frozenset(map(comparable, ("a", "i")))
_MOST_JOINED = 4
"""Words that a surname may be written as: "van der Berg", "O Brien"."""
_LEAST_HIDDEN = 7
"""Letters of a full name that is looked for inside other letters ("jacksmithparty"); shorter ones occur by chance."""
_LEAST_ACCOUNT = 5
"""Letters of an account's name; shorter ones are words too often."""
_SHORT_WORDS_TEXT = "am as be do go he hi if is it me no or so up us we vs"
_SHORT_WORDS = _ORDINARY | frozenset(map(comparable, _SHORT_WORDS_TEXT.split()))
"""As initials of a surname (Al-Tamimi) they count in capitals only."""
_PARTS = re.compile(r"[\s'\u2018\u2019\u02bc\u00b4`_-]+")
_MAC = re.compile(r"\bma?c(?=\s?[^\W\d_])", re.IGNORECASE)
_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa", "Ø": "Oe"}
)
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.[ -]?)+[^\W\d_]\.?(?![\w.])")
_ABBREVIATIONS_TEXT = "PE RE IT DT ICT UK US USA EU UN TV PC AI DJ MD MP FC VE VJ PTA PSA BBC NHS RAF SEN HQ CD DVD"
_ABBREVIATIONS = frozenset(map(comparable, _ABBREVIATIONS_TEXT.split()))
_NUMBERED = re.compile(r"\d+(?:[A-Za-z]\b)?")


@dataclass(frozen=True, slots=True)
class _Register:
    surnames: frozenset[str]
    initials: frozenset[tuple[str, str]]
    """Forename, and first letter of a surname."""
    cut_down: frozenset[tuple[str, str]]
    """Forename, and what is left of a surname of several parts: their first letters, or all but the last part."""
    monograms: frozenset[str]
    """First letters of forename and surname."""
    whole: frozenset[str]
    """Forename and surname run together, in both orders."""
    accounts: frozenset[str]
    """A forename's first letter and the surname run together, in both orders, as schools name accounts: jsmith."""


@functools.lru_cache(maxsize=2)
def _register(index: NameIndex) -> _Register:
    surnames: set[str] = set()
    initials: set[tuple[str, str]] = set()
    whole: set[str] = set()
    cut_down: set[tuple[str, str]] = set()
    monograms: set[str] = set()
    accounts: set[str] = set()
    for name in {spelling for listed, _ in index.names for spelling in _spellings(listed)}:
        spelled = words(name)
        joined = ["".join(word) for word in spelled]
        for cut in range(1, len(joined)):
            tail = "".join(joined[cut:])
            tails = {tail, *(part for part in spelled[-1] if len(part) > 2)}
            surnames |= tails
            several = set(_initials_of_parts(name, cut))
            for head in {"".join(joined[:cut]), joined[0], *spelled[0]}:
                initials |= {(head, tail[0]) for tail in tails}
                cut_down |= {(head, letters) for letters in several}
                monograms |= {head[0] + letters for letters in (*several, *(tail[0] for tail in tails))}
                whole |= {joined_up for tail in tails for joined_up in (head + tail, tail + head)}
                accounts |= {joined_up for tail in tails for joined_up in (head[0] + tail, tail + head[0])}
    accounts = {account for account in accounts if len(account) >= _LEAST_ACCOUNT} - _ORDINARY
    return _Register(
        surnames=frozenset(surnames),
        initials=frozenset(initials),
        cut_down=frozenset(cut_down),
        monograms=frozenset(monograms),
        whole=frozenset(whole),
        accounts=frozenset(accounts),
    )


def _spellings(name: str) -> set[str]:
    """The name as it is, with "Mc" for "Mac" and the other way, and with its accented letters written as two."""
    plain = unicodedata.normalize("NFC", name)
    forename, _, surname = plain.partition(" ")
    macs = {f"{forename} {_MAC.sub(mac, surname)}" for mac in ("Mc", "Mac")} if _MAC.search(surname) else set()
    return {spelling for one in {plain, *macs} for spelling in (one, one.translate(_SPELLED_OUT))}


def _initials_of_parts(name: str, cut: int) -> Iterator[str]:
    """How a surname of several parts, behind the first `cut` words of `name`, is cut down: LJ, vdB, McD, ap G."""
    surname = " ".join([word for word in name.split() if words(word)][cut:])
    parts = [comparable(part) for part in _PARTS.split(_MAC.sub(r"\g<0> ", surname)) if words(part)]
    if len(parts) > 1:
        yield "".join(part[0] for part in parts)
        yield "".join(parts[:-1]) + parts[-1][0]


def mentions_somebody(text: str, index: NameIndex) -> bool | None:
    """Whether `text` holds a forename with a surname or an initial, or a surname, of somebody in `index`.

    A surname that is a word of many events (Day, Park) counts beside a forename, an initial, or "family"; None if such
    surnames are all that the text holds ("The Browns"), or if a word of it may be an account's name ("jsmith").
    Separators, apostrophes, accents and case make no difference.
    """
    if not index:
        return False
    if find_names([TextLine(np.zeros((4, 2), np.float32), re.sub(r"[\W_]+", " ", _plain_quotes(text)), 1.0)], index):
        return True
    known = _register(index)
    found = {
        _mentions(spelling, known) for spelling in (text, unicodedata.normalize("NFC", text).translate(_SPELLED_OUT))
    }
    return True if True in found else None if None in found else False


def _mentions(text: str, known: _Register) -> bool | None:
    doubtful = _monogram_in(text, known)
    for run in _NUMBERED.split(_plain_quotes(text).replace("_", " ")):
        keys = [piece.key for piece in pieces(run)]
        capitals = frozenset(map(comparable, re.findall(r"[A-Z]{2,}", run)))
        if _surname_in(keys, known) or _initial_in(keys, known, capitals):
            return True
        hidden = "".join(keys)
        if any(len(name) >= _LEAST_HIDDEN and name in hidden for name in known.whole):
            return True
        uncut = [piece.key for piece in pieces(run.casefold())]  # "JONeill" would be "JO" and "Neill"
        doubtful = doubtful or _only_surnames(keys, known) or not known.accounts.isdisjoint(keys + uncut)
    return None if doubtful else False


def is_general(text: str) -> bool:
    """Whether every word of `text` is one that names of events are made of; numbers and classes (3B) do not matter."""
    runs = _NUMBERED.split(_plain_quotes(text).replace("_", " "))
    keys = [piece.key for run in runs for piece in pieces(run)]
    letters = re.sub(r"[\W\d_]", "", _NUMBERED.sub("", text))
    return bool(keys) and letters.isascii() and all(key in _ORDINARY for key in keys)


def _plain_quotes(text: str) -> str:
    """`text` with apostrophes joined to their words, so that "Smith's" is Smith and "O'Brien" is one word."""
    straight = re.sub(r"[\u2018\u2019\u02bc\u00b4`']", "'", text)
    return re.sub(r"'s(?![^\W\d_])", "", straight, flags=re.IGNORECASE).replace("'", "")


def _surname_in(keys: list[str], known: _Register) -> bool:
    for start in range(len(keys)):
        for stop in range(start + 1, min(len(keys), start + _MOST_JOINED) + 1):
            key = "".join(keys[start:stop])
            after = keys[stop] if stop < len(keys) else ""
            for surname in {key, key.removesuffix("s"), key.removesuffix("es")} & known.surnames:
                ordinary = surname in _ORDINARY or key in _ORDINARY
                if not ordinary or after in _RELATIVES:
                    return True
            if key not in _ORDINARY and _household_of(key) & known.surnames:
                return True
    return False


def _household_of(key: str) -> set[str]:
    """Whose "smithfamily" or "smithsfamily" it is, if it is one."""
    stems = {key.removesuffix(word) for word in _HOUSEHOLD if key.endswith(word)}
    stems |= {stem.removeprefix("the") for stem in stems}
    return stems | {stem.removesuffix("s") for stem in stems}


def _only_surnames(keys: list[str], known: _Register) -> bool:
    """Whether nothing but surnames is left beside "the" and "and"."""
    left = [key for key in keys if key not in _FILLERS]
    return bool(left) and all({key, key.removesuffix("s")} & known.surnames for key in left)


def _monogram_in(text: str, known: _Register) -> bool:
    """Whether there are initials with dots, "J.S.", and neither a school's nor a country's."""
    found = {comparable(re.sub(r"[\W_]", "", match)) for match in _DOTTED.findall(text) if match.isupper()}
    return bool((found - _ABBREVIATIONS) & known.monograms)


def _initial_in(keys: list[str], known: _Register, capitals: frozenset[str]) -> bool:
    """A forename, of which an apostrophe may have made several words, with an initial behind or before it.

    So are the initials of a surname of several parts; `capitals` are the words of capitals.
    """
    for start in range(len(keys)):
        for stop in range(start + 1, min(len(keys), start + _MOST_JOINED) + 1):
            forename = "".join(keys[start:stop])
            near = [keys[stop : stop + many] for many in range(1, _MOST_JOINED + 1)]
            near += [keys[max(0, start - many) : start] for many in range(1, _MOST_JOINED + 1)]
            letters = {key for key in map("".join, near) if key not in _SHORT_WORDS or key in capitals}
            if any((forename, key) in known.cut_down for key in letters):
                return True
            if stop < len(keys) and (forename, keys[stop]) in known.initials:
                return True
            before = keys[start - 1] if start else ""
            if before not in _WORD_INITIALS and (forename, before) in known.initials:
                return True
    return False
