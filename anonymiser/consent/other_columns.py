"""Columns that the mapping does not know: a later export may have one that takes consent back.

"Withdrawn", "Opted out", "Dad agrees?" and "Comments" appear in an export after somebody has written its mapping. What
such a column says against a child counts as a no until a person has looked at it, or has named the column in the
mapping's `left_out`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from anonymiser.consent.body import Body
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import NEVER_AGREED, Mapping
from anonymiser.consent.proposal import heading_of, is_question, purpose_of
from anonymiser.consent.table import Sheet
from anonymiser.consent.wording import asks_for_consent, is_negative

_ABOUT_PICTURES = re.compile(
    r"photo|image|picture|video|film|websit|web site|facebook|twitter|instagram|tiktok|youtube|publi(sh|c)|newsletter"
    r"|press\b|prospectus|yearbook|camera"
)
_ABOUT_SOMETHING_ELSE = re.compile(
    r"\b(diet\w*|food|meals?|dinners?|lunch\w*|milk|fruit|snacks?|allerg\w*|medic\w*|health|plasters?|paracetamol|calpol"
    r"|first aid|inhalers?|asthma|epipens?|sun ?cream|doctor|gp|nhs|fsm|pupil premium|pp|sen|send|ehcp?|eal|ethnic\w*"
    r"|religio\w*|language|nationality|gender|sex|transport|bus|walk\w*|trips?|visits?|outings?|swim\w*|clubs?|music"
    r"|library|attendance|absen\w*|uniform|service child\w*|siblings?|twins?"
    r"|payment|cashless|nursery|wraparound|looked after|in care|young carer"
    r"|boarders?|part[- ]time|funding|gifted|talented|traveller|refugee|asylum|glasses|hearing|breakfast|after school"
    r"|armed forces|phonics)\b"
)
"""Such a question, and "no nuts" below it, has nothing to do with pictures."""
_PLAIN_DETAIL = re.compile(
    r"\b(address|street|road|town|city|county|post ?code|e-?mail|phone|telephone|mobile|tel|contact|name|names|forename"
    r"|surname|parent|carer|guardian|mother|father|mum|dad|relation\w*|title|salutation|dob|birth|birthday|year|yr|age"
    r"|house|tutor|teacher|upn|number|date|time)\b"
)
"""Words in such a cell are names and places, unless the column is answered with yes and no."""
_FREE_TEXT = re.compile(r"\b(comments?|notes?|remarks?|info|information|details|messages?|reasons?|other|additional)\b")
_A_NUMBER = re.compile(
    r"\b(adm\w*|admission|house|flat|tel\w*|phone|mobile|fax|roll|reg\w*|ref\w*|pupil|student|serial|form|upn|class|exam"
    r"|id|unique pupil|candidate|contact) no\b\.?|^no\.?$|\bno\.? of\b|\bno\.? ?\d+"
)
_TAKES_BACK = re.compile(r"\b(leavers?|left|hold|court|injunction|safeguard\w*|no longer|lapsed|expired|suspend\w*)\b")
_SHORT_NO = frozenset(
    {"no", "n", "false", "f", "0", "nil", "nothing", "none known", "not applicable", "no restrictions"}
)
_A_NO = frozenset(
    {"no", "false", "refused", "declined", "denied", "disagree", "disagreed", "\u2717", "\u2718", "\u2715", "\u274c"}
)


@dataclass(frozen=True, slots=True)
class OtherColumns:
    """What stands in the columns that the mapping does not mention."""

    listed: tuple[str, ...]
    """Headings that a person should look at."""
    doubtful: frozenset[int]
    """Numbers of the rows in which one of them says something against the child."""


def look_at_other_columns(sheet: Sheet, mapping: Mapping, body: Body) -> OtherColumns:
    """Search every column that has a heading, and no line in the mapping."""
    left_out = set(map(normalised, mapping.left_out))
    listed: list[str] = []
    doubtful: set[int] = set()
    for index in body.unmapped():
        key = body.header.keys[index]
        if key in left_out:
            continue
        column = _Column(key, is_question(sheet, body.header, index), mapping)
        rows = {
            row.number for row in body.rows if index < len(row.cells) and column.objects(normalised(row.cells[index]))
        }
        doubtful |= rows
        if rows or column.listed:
            listed.append(heading_of(body.header, index))
    return OtherColumns(tuple(listed), frozenset(doubtful))


class _Column:
    """One of them: what its heading is about, and which of its cells say no."""

    def __init__(self, heading: str, question: bool, mapping: Mapping) -> None:
        pictures = bool(_ABOUT_PICTURES.search(heading))
        self._asks = asks_for_consent(heading)
        self._elsewhere = bool(_ABOUT_SOMETHING_ELSE.search(heading)) and not pictures
        self._negative = _says_no(heading) and not self._elsewhere
        self._question = (question or self._asks) and not self._elsewhere
        self._detail = bool(_PLAIN_DETAIL.search(heading)) and not _FREE_TEXT.search(heading)
        purpose = purpose_of(heading)
        self._not_covered = bool(purpose) and purpose not in {purpose for purpose, _ in mapping.covers}

    @property
    def listed(self) -> bool:
        """Whether it may be about consent, whatever stands in it."""
        return self._asks or self._negative or self._question

    def objects(self, cell: str) -> bool:
        """Whether the normalised `cell` says something against the child's pictures being used."""
        if cell in NEVER_AGREED:
            return False
        if self._negative:
            return cell not in _SHORT_NO
        if _says_no(cell) and cell not in _SHORT_NO and (self._question or _ABOUT_PICTURES.search(cell)):
            return True
        if self._elsewhere:
            return False
        if cell in _A_NO or (self._question and cell in _SHORT_NO):
            # a no to another purpose than those of the mapping says nothing about these
            return not self._not_covered and (self._question or not self._detail)
        return _says_no(cell) and cell not in _SHORT_NO and not self._detail


def _says_no(text: str) -> bool:
    bare = _A_NUMBER.sub(" ", text)
    return is_negative(bare) or bool(_TAKES_BACK.search(bare))
