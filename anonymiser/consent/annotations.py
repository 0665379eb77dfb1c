"""What is written around a table: titles, footers, lines between rows, comments, names of sheets, text boxes.

A person reads "OLD LIST - DO NOT USE" or "Leavers" and knows what the rows are worth. A title that takes the list back
refuses it; a line that takes back what stands below it makes those rows a no.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anonymiser.consent.body import Body
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import NEVER_AGREED, Mapping
from anonymiser.consent.table import Mark, Row, Sheet
from anonymiser.consent.title_dates import latest_day
from anonymiser.consent.wording import ASKING
from anonymiser.errors import ImportRefused

MOST_DAYS = 400
"""A school year and the summer after it: by then the families have been asked again."""
_THE_LIST = (
    r"(?:list|version|copy|data|answers?|responses?|consents?|permissions?|form|file|register|records?|export)s?"
)
_TAKEN_BACK = re.compile(
    rf"\b(?:superseded|obsolete|out[- ]?of[- ]?date|outdated|drafts?|work in progress|provisional|not for use"
    rf"|never use|no longer (?:valid|used?|current|in use|correct)|don't use|(?:is|are|to be) ignored"
    rf"|(?:please )?ignore (?:this|all)"
    rf"|do not use(?!,? (?:\w+'?s? )?(?:photo|image|picture|video|film|name|full|surname|social|facebook)\w*)"
    rf"|not in use"
    rf"|not (?:yet )?(?:final|finished|checked|approved|current|up[- ]to[- ]date)|unchecked|replaced by|last year's"
    rf"|(?:old|previous|former|wrong|incorrect|archived?|expired|cancelled|deleted|dummy|spare|backup) {_THE_LIST}"
    rf"|{_THE_LIST}:? (?:is |are )?(?:old|wrong|incorrect|not (?:right|correct|complete|to be used)|incomplete"
    rf"|expired)"
    rf"|(?:test|sample|example|dummy) (?:data|list|export|file|only)|for (?:testing|training|deletion))\b"
)
_ALONE = re.compile(
    r"\W*(?:(?:very )?old|test|archived?|back ?up|previous|wrong|delete[d]?|spare|ignore|former|unused|expired"
    r"|incorrect"
    r"|cancelled|leavers?|left|withdrawn|withdrawals|(?:old|previous|last)[ _-]?year|leavers? (?:list|\d{2,4})"
    r"|(?:pupils|children|students) who have left|copy \(?old\)?|do[ _-]?not[ _-]?use|old[ _-]?\d{0,4}"
    r"|\d*[ _-]?old)\W*"
)
"""Nothing but such a word, as the name of a sheet or a title."""
_AGAINST_BELOW = re.compile(
    r"\b(?:leavers?|left|moved|gone|no longer|former|ex-pupils?|withdr[ae]w\w*|revoked|refus\w*|declin\w*|objected"
    r"|objections?|opt(?:ed|ing)?[- ]outs?|no (?:photo\w*|images?|pictures?|filming|consents?|permissions?"
    r"|publicity)"
    r"|(?:do|does|did|must|may|can|should|are|is|have|has) ?(?:not|never|n't)|don't|doesn't|cannot|can't|never"
    r"|without"
    r"|not (?:consented|agreed|given|to be|allowed|permitted|returned|on roll)|superseded"
    r"|archived?|removed"
    r"|deleted|duplicates?|excluded|suspended|on hold|pending|awaiting|tbc|not sure|unsure|safeguarding|court order"
    r"|ignore"
    r"|unconfirmed|crossed out|wrong)\b"
)
_ABOUT_THE_PAPER = re.compile(
    r"\b(?:please )?(?:do|must|may|should)(?: not|n't)(?: be)? (?:\w+ )?(?:copy|copied|share|shared"
    r"|distribut\w+|leave"
    r"|left|print|printed|photocop\w+|forward|reply|disclos\w+|circulat\w+|take|taken)\b|\b(?:never"
    r"|without) (?:shar\w+|leav\w+)"
)
"""About the sheet of paper, and not about the children."""
_COLOUR = r"(?:red|green|yellow|amber|orange|blue|pink|gr[ae]y|purple)"
_COLOURS = re.compile(
    rf"\b(?:in|marked|coloured|shown|shaded|=) ?{_COLOUR}\b(?! (?:class|house|group|team))|\bhighlight(?:ed)?\b"
    rf"|\bshaded\b"
    rf"|\b{_COLOUR} ?(?:=|means?\b|names?\b|rows?\b|cells?\b|text\b|indicates?\b|shows?\b)"
    r"|\bcoloured (?:names?|rows?|cells?)\b"
)
_UNSEEN_STYLES = re.compile(
    r"\b(?:in|are|is|=) ?(?:bold|italics?|underlined)\b|\b(?:bold|italics?) ?(?:=|means?|names?)\b"
)
_SOME = re.compile(
    r"(?:(?:the )?list of |all |the |our )?(?:children|pupils|students|names|families|those|people)"
    r" (?P<clause>(?:who|that|whose|we)\b)?"
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|without|cannot|refus\w*|declin\w*|withdr[ae]w\w*|withh\w*|object\w*|opt(?:ed|ing)?[- ]out"
    r"|excluded|banned)\b|n't\b"
)
_EXPLAINS = re.compile(
    r"^ (?:(?:a |an |their |any |the )?(?:returned |given )?(?:forms?|answers?|repl(?:y|ies))\b|listed\b)"
    r"|\b(?:must|may|should|can|cannot|will|are|is|has|do|does|marked|blank|shaded)\b"
)
"""After its negation, such a title goes on to say what becomes of those children, or speaks of forms alone."""
_EXCLUSIONS = re.compile(
    r"(?:list of |our )?(?:(?:photo\w*|media|image|picture|publicity|website) )?(?:consents? |permissions? )?"
    r"(?:opt[- ]?outs?|refus(?:als?|ed)|objections?|withdrawals?|withheld|bans?|exclusions?|exceptions?"
    r"|do not photograph|not (?:allowed|permitted|consented|agreed)|withheld (?:consents?|permissions?)"
    r"|no (?:photo\w*|images?|pictures?|consents?|permissions?|publicity))(?: list)?[\W\d]*"
)
_AGREEING = ASKING | {"granted", "given", "give"}
_COUNTS = re.compile(
    r"^\W*(?:(?:grand |sub-?)?total|printed|page\b|generated|exported)"
    r"|\b\d+ (?:pupils?|children|students|answers?)\b.*\d"
)
"""Totals of a class, and what is printed on every page."""
_ABOUT_MANY = re.compile(
    r"\b(?:pupils|children|students|parents|families|class|year|those|who|consents?|photos?|names)\b"
)
"""Such a line is a heading, and no name with a remark."""
_NEWEST = "Import the newest list. If this is the newest, delete what says otherwise."


@dataclass(frozen=True, slots=True)
class Annotations:
    """What was found around the rows."""

    below: frozenset[int]
    """Numbers of rows below a line that takes them back."""
    remarked: frozenset[int]
    """Numbers of rows with a comment that takes them back, wherever in the row it hangs."""
    coloured_out: bool
    """Whether colours mean something, according to the list itself."""
    old: tuple[int, ...]
    """Row with the date of the list, if the list may be old; nothing if not."""


def read_annotations(sheet: Sheet, mapping: Mapping, body: Body, today: dt.date) -> Annotations:
    """Look at everything around the rows.

    Raises ImportRefused if something says that the list must not be used, or that it is over `MOST_DAYS` old.
    """
    _refuse_unseen_questions(mapping, body)
    _refuse_comments_on_headings(sheet, mapping, body)
    lines = [row for row in body.rows if _is_a_line(row, mapping, body)]
    around = [*_texts(sheet, body), *((_text_of(row), row.number) for row in lines)]
    for text, where in around:
        key = normalised(text)
        if _TAKEN_BACK.search(key) or (where <= body.header.row.number and _ALONE.fullmatch(key)):
            raise ImportRefused(f"{_place(where)} says that the list must not be used", remedy=_NEWEST)
    titles = {_text_of(row) for row in sheet.rows if row.number < body.header.row.number}  # repeated on every page
    _refuse_lists_of_the_excluded(mapping, [text for text, where in around if where < body.header.row.number])
    below = [row.number for row in lines if _text_of(row) not in titles and _takes_back(_text_of(row))]
    first = min(below, default=None)
    return Annotations(
        below=frozenset(row.number for row in body.rows if first is not None and row.number > first),
        remarked=frozenset(
            note.row for note in sheet.notes if note.row > body.header.row.number and _says_no(note.text)
        ),
        coloured_out=_colours_mean_something(sheet, [text for text, _ in around]),
        old=_date_of_list(around, _newest_answer(mapping, body), today),
    )


def _texts(sheet: Sheet, body: Body) -> Iterator[tuple[str, int]]:
    """Every title and every note, with its row; 0 for what belongs to none."""
    for row in sheet.rows:
        if row.number < body.header.row.number:
            yield from ((cell, row.number) for cell in dict.fromkeys(row.cells) if cell)
    numbers = {row.number for row in body.rows}
    yield from ((note.text, note.row) for note in sheet.notes if note.row not in numbers)


def _refuse_unseen_questions(mapping: Mapping, body: Body) -> None:
    for question in mapping.consent:
        if body.header.row.has(body.header.find(question.column), Mark.HIDDEN):
            raise ImportRefused(
                f"column {question.column!r} is hidden",
                remedy="Show it if it counts. If it does not, delete it and take it out of the mapping.",
            )


def _refuse_comments_on_headings(sheet: Sheet, mapping: Mapping, body: Body) -> None:
    """A comment there may be about every row; only one on a column that is not read may say something harmless."""
    read = {body.header.find(heading) for heading in mapping.headings}
    for note in sheet.notes:
        if note.row == body.header.row.number and (note.index in read or _says_no(note.text)):
            raise ImportRefused(
                f"a comment hangs on a heading, and may be about every row (row {note.row})",
                remedy="Deal with it, delete it, and import the file again.",
            )


def _refuse_lists_of_the_excluded(mapping: Mapping, titles: Sequence[str]) -> None:
    """An answer that says itself that it agrees is believed under any title; a yes, a cross or a tick is not."""
    words = (word for question in mapping.consent for word in question.granted)
    explicit = all(_AGREEING & set(normalised(word).split()) for word in words)
    if not explicit and any(map(_is_of_the_excluded, titles)):
        raise ImportRefused(
            "the title says that the children in the list must not be shown, and the mapping reads an answer as a yes",
            remedy="Import a list of all children. If a yes does mean that a child may be shown, delete the title.",
        )


def _is_of_the_excluded(title: str) -> bool:
    """Whether a title names a list of children who must not be shown: a yes there means no."""
    key = normalised(title).strip(" .:;!*-")
    some = _SOME.match(key)
    negation = _NEGATION.search(key, some.end()) if some else None
    if (
        some
        and negation
        and (some["clause"] or negation.start() == some.end() or key[some.end() :].startswith("with "))
    ):
        return not _EXPLAINS.search(key[negation.end() :])
    return bool(_EXCLUSIONS.fullmatch(key))


def _is_a_line(row: Row, mapping: Mapping, body: Body) -> bool:
    """Whether the row is a line of text across the table, and nobody's row."""
    filled = {cell for cell in row.cells if cell}
    answers = {
        normalised(body.cell(row, question.column)) in {*question.meanings} - NEVER_AGREED
        for question in mapping.consent
    }
    columns = mapping.columns
    parts = [body.cell(row, heading) for heading in (columns.forename, columns.surname) if heading is not None]
    held = columns.hold is not None and bool(body.cell(row, columns.hold))
    one = len(filled) == 1 or any(row.has(index, Mark.MERGED_ACROSS) for index in row.marks)
    named = len(filled) > 1 and all(parts) and bool(parts) and len(set(parts)) > 1
    return bool(filled) and len(filled) <= 3 and True not in answers and not held and (one or not named) and not (
        columns.name is not None and len(filled) > 1 and body.cell(row, columns.name) and not one
    )  # fmt: skip


def _takes_back(text: str) -> bool:
    """Whether a line says something against whoever stands below it; a name before a remark is one person's."""
    key = _ABOUT_THE_PAPER.sub(" ", normalised(text))
    found = _AGAINST_BELOW.search(key)
    if found is None or _COUNTS.search(key):
        return False
    before = re.findall(r"[^\W\d_]+", text[: found.start()]) if len(key) == len(text) else []
    return not (len(before) == 2 and all(word.istitle() for word in before) and not _ABOUT_MANY.search(key))


def _says_no(text: str) -> bool:
    return bool(_AGAINST_BELOW.search(normalised(text)) or _TAKEN_BACK.search(normalised(text)))


def _colours_mean_something(sheet: Sheet, texts: Sequence[str]) -> bool:
    for text in map(normalised, texts):
        coloured = bool(_COLOURS.search(text))
        if _UNSEEN_STYLES.search(text) or (coloured and sheet.delimiter):
            raise ImportRefused(
                "the list explains colours or styles that the program does not see",
                remedy="Write a no for each child who is meant, and delete the line that explains them.",
            )
        if coloured:
            return True
    return False


def _date_of_list(around: Sequence[tuple[str, int]], answered: dt.date | None, today: dt.date) -> tuple[int, ...]:
    dated = [(day, where) for text, where in around if (day := latest_day(text)) is not None]
    day, where = max(dated, default=(today, 0))
    newest = max(day, answered or day)
    if newest < today - dt.timedelta(days=MOST_DAYS):
        raise ImportRefused(
            f"{_place(where)} says that the list is of {day:%d/%m/%Y} or earlier",
            remedy="Export a new list. If this is a new one, delete the date.",
        )
    return (where,) if newest < today - dt.timedelta(days=100) else ()


def _newest_answer(mapping: Mapping, body: Body) -> dt.date | None:
    heading = mapping.columns.answered_on
    days = [date.value for date in body.dates(heading).values() if date.value] if heading is not None else []
    return max(days, default=None)


def _text_of(row: Row) -> str:
    return " ".join(dict.fromkeys(cell for cell in row.cells if cell))


def _place(row: int) -> str:
    return f"row {row}" if row else "the name of the sheet, a text box or a page header"
