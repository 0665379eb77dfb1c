"""What a heading asks: plainly for consent, for the opposite, or something that only a person can tell.

A heading is understood only if every word of it is known and one of them asks for agreement. So an unknown word
("Withhold", "Ban", "Remove") leaves it open, and no list of negations has to be complete.
"""

from __future__ import annotations

import re

from anonymiser.consent.header import normalised

_ASKING_WORDS = """
consent consents consented consenting permission permissions permit permitted agree agreed agrees agreement
allow allowed allows authorise authorised authorisation authorize authorized happy may approve approved approval
can
"""
ASKING = frozenset({*_ASKING_WORDS.split()})
"""Words that ask for agreement, or give it."""
_PLAIN_WORDS = """
a all am an and any app apps appear appearing are as at be being blog by camera channel child child's children
children's childs class classroom classrooms council date dates display displayed displays do does each
electronic email events external facebook film filmed filming films flickr for form from give given giving
google grant granted group groups hall have her him his homepage i if image images in individual inside insta
instagram internal internet into it it's its journal leaflet leaflets letter linkedin local magazine materials
may me media meta mother father mum dad carer carers guardian my name named national newsletter newsletters
newspaper newspapers of official on online open or our ours page pages paper papers parent parents parent's
photo photograph photographed photographing photographs photography photos picture pictures platform platforms
podcast post posted posters press print printed production productions profile promotional prospectus public
publication publications publicity publish published publishing pupil pupil's pupils purpose purposes record
recorded recording recordings regional s school school's schools schools' seen share shared sharing show shown
site sites social son daughter sports still student student's students taken take taking that the their them
these they this those threads tiktok to tv twitter us use used uses using video videoed videos videoing view
wall walls we web webcam website websites weekly will with within would x year yearbook you your youtube &
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_NEGATIVE = re.compile(
    r"\b(not?|non|none|nor|neither|never|without|except|exclud\w*|den(y|ied|ies|ial)|object\w*|refus\w*|declin\w*"
    r"|withdr[ae]w\w*|withh\w*|revok\w*|remov\w*|ban(ned|s)?|opt\w*|hide|hidden|block\w*|forbid\w*|prohibit\w*|veto\w*"
    r"|restrict\w*|prevent\w*|stop\w*|avoid\w*|omit\w*|disagree\w*|dis(allow|sent)\w*|unwilling|unhappy|against|cancel\w*)\b"
    r"|n't\b|n\u2019t\b"
)
_QUESTION = re.compile(
    r"consent|permission|photo|image|picture|video|film|website|web site|social|press|newsletter|display|facebook"
    r"|twitter|instagram|tiktok|youtube|whatsapp|linkedin|internet|online|prospectus|publicity|publication|media|camera"
    r"|magazine|newspaper|yearbook"
)
_ABOUT_PICTURES = re.compile(r"photo|image|picture|video|film|appear|camera|webcam")
_OTHER_WORDS = """
internet online use using view app apps platform platforms letter homepage podcast share shared sharing give giving
"""
_OTHER_THINGS = frozenset(_OTHER_WORDS.split())
"""Without a word for pictures, such a question may be about something else: "Internet permission"."""
_NEVER_PLAIN = frozenset({"name", "named", "email", "electronic"})
"""A name beside a picture is more than the picture; what is sent to the family is not published."""
_BY_THE_CHILD = re.compile(
    r"\b(child|children|pupils?|students?|son|daughter)(?: to)?"
    r" (take|taking|use|using|view|share|sharing|post|publish|record|film|photograph|video)\b(?! consent| permission)"
)
"""The child takes photos or uses a service, and is not shown."""
_PURPOSES = (
    ("website", ("website", "web site", "online", "internet")),
    ("social-media", ("social", "facebook", "twitter", "instagram", "tiktok", "youtube", "whatsapp", "linkedin")),
    ("newsletter", ("newsletter", "prospectus", "print", "publication", "magazine", "yearbook")),
    ("press", ("press", "newspaper", "media")),
    ("display", ("display", "internal", "in school", "classroom")),
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?'?|&|\d+")


def asks_for_consent(heading: str) -> bool:
    """Whether the heading may be about pictures or consent, in either sense."""
    return bool(_QUESTION.search(normalised(heading)))


def is_plainly_positive(heading: str) -> bool:
    """Whether "yes" under the heading can only mean that the family agrees."""
    words = _WORD.findall(normalised(heading))
    return (
        not _NEGATIVE.search(normalised(heading))
        and any(word in ASKING for word in words)
        and all(word in ASKING or word in _PLAIN or word.rstrip("'") in _PLAIN for word in words)
        and not _asks_who_or_when(words)
        and not _asks_something_else(normalised(heading), set(words))
    )


def purposes_named(key: str) -> list[str]:
    """Every purpose of which a normalised text has a word."""
    return [purpose for purpose, words in _PURPOSES if any(word in key for word in words)]


def is_negative(text: str) -> bool:
    """Whether a word in the text reverses the meaning of yes."""
    return bool(_NEGATIVE.search(normalised(text)))


def _asks_who_or_when(words: list[str]) -> bool:
    """Whether the column says who gave consent or on which day, rather than whether."""
    return bool({"date", "dates", "by", "form"} & set(words)) or ("from" in words and "given" in words)


def _asks_something_else(heading: str, words: set[str]) -> bool:
    """Whether the question may not be about pictures of the child."""
    about_pictures = bool(_ABOUT_PICTURES.search(heading))
    return (
        bool(_NEVER_PLAIN & words)
        or bool(_BY_THE_CHILD.search(heading))
        or (not about_pictures and bool(_OTHER_THINGS & words))
    )
