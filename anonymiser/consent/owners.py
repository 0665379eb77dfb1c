"""Whose row is whose, within one file: by id, or by name where there are no ids.

A row about whose person there is a doubt counts as no for everybody whom it may be about, and its holds count.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from anonymiser.consent.answer_reader import AnswerReader
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import Mapping
from anonymiser.consent.naming import has_odd_signs, split_name, split_nickname, without_remark
from anonymiser.consent.parsed import ProblemKind, Suspected
from anonymiser.consent.people import Names, group_key, name_key, source_key
from anonymiser.consent.remarks import is_no_person, several_people
from anonymiser.consent.rules import Why
from anonymiser.consent.spelling import in_different_classes, is_alike
from anonymiser.consent.table import Mark, Row, Sheet

_DAMAGED_ID = re.compile(
    r"\d+([.,]\d+)?e[+-]?\d+|#.*|\d{5,}0{5,}|\d+[.,]\d+|true|false"
    r"|\d{1,2}[-/. ][a-z]{3,9}([-/. ]\d{2,4})?|[a-z]{3,9}[-/. ]\d{2,4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|\d{1,2}:\d{2}(:\d{2})?",
    re.IGNORECASE,
)
"""What Excel turns a long number into, an id that looks like a date, and a formula that failed."""
_WORD_IN_DAMAGED_ID = re.compile(r"true|false|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_RELATIONSHIP_WORDS = """
a and adoptive adult aunt auntie aunty biological birth brother care carer carers caregiver child child's contact
contacts cousin dad daddy emergency family father foster fosterer gran grand grandad granddad grandfather grandma
grandmother grandpa grandparent grandparents granny great guardian guardians he her his home host in joint law legal
main mam mama mom mother mum mummy my nan nana nanny natural nee next of or other papa parent parental parents partner
primary pupil's relation relative respondent responsibility responsible secondary self she sibling sister social the
to uncle user whose with worker first second one two s
"""
_RELATIONSHIPS = frozenset(_RELATIONSHIP_WORDS.split())
"""Words that are no name of a parent."""
_TOTALS = re.compile(r"(grand )?total\b.*|count\b.*|number of\b.*")
_TOTAL = "a row of totals, not a person"
_CONTINUED = "neither a name nor an id: it may belong to the row above, so both count as no"
_ONE_OF_NAMES = "names that differ in their order or by the name in daily use: taken for one person, and refused"
_ONE_OF_SPELLINGS = "names that differ by a letter, and answers that differ: it may be one person, so both are refused"
_ONE_OF_IDS = "one name under ids that differ only in zeros, spaces or signs: taken for one person, and refused"


class RowOwners(AnswerReader):
    """Finds the rows of each person, and notes those that may be about somebody else."""

    def __init__(self, sheet: Sheet, mapping: Mapping) -> None:
        super().__init__(sheet, mapping)
        self._nameless: list[tuple[Names, list[Row]]] = []
        """Rows with an id and without a name, by id."""
        self._suspected: list[Suspected] = []
        self._alike_rows: set[int] = set()
        """Rows under several names or ids that are taken for one person."""

    def _bare(self, row: Row, heading: str | None) -> str:
        """A name without any remark beside it."""
        text = " ".join(self._cell(row, heading).split())
        return without_remark(text, whole=heading == self._mapping.columns.name)

    def _names(self, row: Row) -> Names:
        """Who the row is about; a name that cannot be told apart from another leaves the forename empty."""
        columns = self._mapping.columns
        source_id = " ".join(self._cell(row, columns.person_id).split())
        preferred = self._bare(row, columns.preferred)
        if columns.name is None:
            first, last = (self._bare(row, part) for part in (columns.forename, columns.surname))
            bare, nickname = split_nickname(first)
            if nickname and not has_odd_signs(bare):
                first, preferred = bare, preferred or nickname
            return Names(first, last, preferred, source_id)
        text = self._bare(row, columns.name)
        split = split_name(text)
        if split is None:
            return Names("", text, preferred, source_id)
        return Names(split.forename, split.surname, preferred or split.preferred, source_id)

    def _rows_by_person(self) -> list[tuple[Names, list[Row]]]:
        """Rows of each person; rows that may belong to several people are noted and make their name doubtful."""
        groups: dict[str, list[tuple[Names, Row]]] = defaultdict(list)
        added: dict[str, list[tuple[Names, Row]]] = defaultdict(list)
        above: tuple[Names, Row, str] | None = None
        for row in self._body.rows:
            names = self._names(row)
            if not (doubt := self._doubt_about(row, names)):
                key = self._key(names)
                groups[key].append((names, row))
                above = names, row, key
            elif above is not None and self._continues(row):
                names, before, key = above
                self._note(ProblemKind.UNMATCHED, _CONTINUED, [row])
                self._doubts.setdefault(before.number, Why.AMBIGUOUS)
                self._suspect(row, names, key)
                added[key].append((names, row))
            else:
                self._note(ProblemKind.UNMATCHED, doubt, [row])
                key = self._certain_id(names)
                self._suspect(row, names, key)
                above = names, row, key
                if key:
                    added[key].append((names, row))
        for keys in self._alike(groups):
            self._take_for_one(keys, groups, added)
        self._check_spellings(groups)
        self._deny_halves(groups)
        for entries in groups.values():
            if len(entries) > 1 and not any(row.number in self._alike_rows for _, row in entries):
                self._check_repeated(entries)
        self._nameless = [
            (dataclasses.replace(rows[0][0], forename="", surname="", preferred=""), [row for _, row in rows])
            for key, rows in added.items()
            if key and key not in groups
        ]
        return [(entries[0][0], [row for _, row in (*entries, *added.get(key, ()))]) for key, entries in groups.items()]

    def _alike(self, groups: dict[str, list[tuple[Names, Row]]]) -> list[list[str]]:
        """Keys of rows that may be about one person although their names or ids differ.

        Without ids: forename and surname exchanged, or a name in daily use. With them: the same name under ids that
        differ only as spreadsheet programs and people damage them.
        """
        known = {key: frozenset().union(*(names.keys for names, _ in entries)) for key, entries in groups.items()}
        any_order = {key: known[key].union(*(names.turned for names, _ in entries)) for key, entries in groups.items()}
        buckets: dict[str, list[str]] = defaultdict(list)
        by_id = self._mapping.columns.person_id is not None
        for key in groups:
            for sign in [loose_id(key)] if by_id else known[key]:
                buckets[sign].append(key)
        together: dict[str, list[str]] = {key: [key] for key in groups}
        for key in groups:
            for sign in [loose_id(key)] if by_id else any_order[key]:
                for other in buckets.get(sign, ()):
                    if together[other] is not together[key] and known[other] & any_order[key]:
                        joined = together[key] + together[other]
                        together |= dict.fromkeys(joined, joined)
        return [keys for key, keys in together.items() if len(keys) > 1 and key == keys[0]]

    def _take_for_one(
        self, keys: Sequence[str], groups: dict[str, list[tuple[Names, Row]]], added: dict[str, list[tuple[Names, Row]]]
    ) -> None:
        """Make one person of the rows under `keys`, about whom everything counts as no."""
        first, *others = sorted(keys, key=lambda key: groups[key][0][1].number)
        for key in others:
            groups[first] += groups.pop(key)
            added[first] += added.pop(key, [])
        by_id = self._mapping.columns.person_id is not None
        self._note(ProblemKind.AMBIGUOUS, _ONE_OF_IDS if by_id else _ONE_OF_NAMES, [row for _, row in groups[first]])
        for names, row in groups[first]:
            self._alike_rows.add(row.number)
            for key in keys if by_id else [""]:
                self._suspect(row, names, key)

    def _key(self, names: Names) -> str:
        by_id = self._mapping.columns.person_id is not None
        return source_key(names.source_id) if by_id else name_key(names.full[0])

    def _certain_id(self, names: Names) -> str:
        """The id of a row whose name is in doubt, as a key; empty if the id is missing or in doubt too."""
        known = self._mapping.columns.person_id is not None and not is_damaged_id(names.source_id)
        return source_key(names.source_id) if known else ""

    def _continues(self, row: Row) -> bool:
        """Whether a row without a name and an id says something that a total does not say.

        Programs that merge the cells of a pupil with two parents leave such a row below.
        """
        columns = self._mapping.columns
        if any(self._cell(row, heading) for heading in columns.identity):
            return False
        said = any(
            any(sign.isalpha() for sign in cell) or (cell and cell in question.meanings)
            for question in self._mapping.consent
            for cell in [normalised(self._cell(row, question.column))]
        )
        return not any(_TOTALS.fullmatch(normalised(cell)) for cell in row.cells) and (
            said or any(True for _ in self._holds(row))
        )

    def _suspect(self, row: Row, names: Names, key: str = "") -> None:
        """Everything in the row counts as no, and so does all else about everybody whom it may be about."""
        self._doubts.setdefault(row.number, Why.AMBIGUOUS)
        keys = (names.keys | names.turned).union(
            name_key(" ".join(words[at:] + words[:at]))
            for words in map(str.split, self._several(row))
            for at in (0, 1, -1)
        )
        self._doubtful |= keys
        ids = frozenset({key} if key and self._mapping.columns.person_id is not None else ())
        parts = frozenset[str]() if key else self._half_a_name(row, names)
        classes = frozenset(map(group_key, self._groups(row)))
        self._suspected.append(
            Suspected(ids, keys, frozenset(self._holds(row)), parts, classes if parts else frozenset())
        )

    def _half_a_name(self, row: Row, names: Names) -> frozenset[str]:
        """The forename or the surname of a row that has only one of them and does not agree to everything."""
        known = {name_key(part) for part in (names.forename, names.surname)} - {""}
        agrees = all(self._agrees(row)) and not any(True for _ in self._holds(row))
        halved = not name_key(names.forename) or not name_key(names.surname)
        whole = " " in " ".join(names.surname.split()) and self._mapping.columns.name is not None
        return frozenset(known if len(known) == 1 and halved and not whole and not agrees else ())

    def _deny_halves(self, groups: dict[str, list[tuple[Names, Row]]]) -> None:
        for names, row in (entry for entries in groups.values() for entry in entries):
            if any(suspected.may_mean(names, self._groups(row)) for suspected in self._suspected if suspected.parts):
                self._doubtful |= names.keys

    def _check_spellings(self, groups: dict[str, list[tuple[Names, Row]]]) -> None:
        """Refuse people of one class whose names differ by a letter and whose answers differ, if there are no ids."""
        if self._mapping.columns.person_id is not None:
            return
        by_part: dict[tuple[int, str], list[tuple[Names, Row]]] = defaultdict(list)
        for entries in groups.values():
            names, row = entries[0]
            for place, part in enumerate((names.forename, names.surname)):
                by_part[place, name_key(part)].append((names, row))
        for entries in by_part.values():
            for (one, row), (other, second) in itertools.combinations(entries, 2):
                if (
                    is_alike(one, other)
                    and self._agrees(row) != self._agrees(second)
                    and not in_different_classes(self._groups(row), self._groups(second))
                ):
                    self._note(ProblemKind.AMBIGUOUS, _ONE_OF_SPELLINGS, [row, second])
                    self._doubtful |= one.keys | other.keys

    def _several(self, row: Row) -> list[str]:
        """The full names in a row about several people; empty if it is about one."""
        columns = self._mapping.columns
        whole = columns.name is not None
        lines = self._cell(row, columns.name if whole else columns.forename).splitlines()
        between = "\n" if whole or columns.person_id is None else " "  # with an id, it is one child's second forename
        text = between.join(without_remark(" ".join(line.split()), whole=whole) for line in lines)
        if whole:
            return several_people(text, whole=True, commas=self._surname_first)
        surname = self._bare(row, columns.surname)
        found = several_people(text, whole=False, commas=False)
        return [f"{forename} {surname}" for forename in found]

    @functools.cached_property
    def _surname_first(self) -> bool:
        """Whether most whole names have a comma."""
        texts = [self._cell(row, self._mapping.columns.name) for row in self._body.rows]
        return sum("," in text for text in texts) > len(texts) / 2

    def _doubt_about(self, row: Row, names: Names) -> str:
        """Why it is not certain whose row it is; empty if it is certain."""
        columns = self._mapping.columns
        if any(_TOTALS.fullmatch(normalised(cell)) for cell in row.cells[:2]):
            return _TOTAL
        if self._several(row):
            return "several people in one cell"
        if columns.name is not None and is_no_person(self._cell(row, columns.name)):
            return "a heading, a footer or a total, or a name with a digit"
        across = any(self._body.marked(row, heading, Mark.MERGED_ACROSS) for heading in columns.identity)
        unreadable = any(part.startswith("#") for part in (names.forename, names.surname))
        if across or unreadable or not name_key(names.forename) or not name_key(names.surname):
            return "the name is incomplete"
        if columns.person_id is not None and not names.source_id:
            return "the id is missing"
        if columns.person_id is not None and is_damaged_id(names.source_id):
            return "the id was damaged by a spreadsheet program"
        return ""

    def _check_repeated(self, entries: list[tuple[Names, Row]]) -> None:
        """Note rows under one key; if they may be about several people, their names become doubtful."""
        rows = [row for _, row in entries]
        if len({frozenset(name_key(part) for part in (n.forename, n.surname)) for n, _ in entries}) > 1:
            self._note(ProblemKind.AMBIGUOUS, "one id, several names", rows)
            for names, _ in entries:
                self._doubtful |= names.keys
        elif self._mapping.columns.parent is not None and not self._may_be_two_people(rows):
            return
        elif self._mapping.columns.person_id is None:
            self._note(ProblemKind.AMBIGUOUS, "one name, several rows, and no id to tell them apart", rows)
            self._doubtful |= entries[0][0].keys
        else:
            self._note(ProblemKind.DUPLICATE, "the same person in several rows: all of them must agree", rows)

    def _may_be_two_people(self, rows: Sequence[Row]) -> bool:
        """Whether rows with one name and no id are in different classes, or in none and both by "the mother"."""
        columns = self._mapping.columns
        classes = {tuple(normalised(self._cell(row, heading)) for heading in columns.groups) for row in rows}
        parents = [normalised(self._cell(row, columns.parent)) for row in rows]
        alike = any(is_relationship(parent) and parents.count(parent) > 1 for parent in parents)
        no_class = not any(part for parts in classes for part in parts)
        return columns.person_id is None and (len(classes) > 1 or (alike and no_class))


def is_relationship(parent: str) -> bool:
    """Whether a normalised cell says how somebody is related to a child, and not who it is."""
    words = re.findall(r"[^\W\d_]+", parent)
    return bool(words) and all(word in _RELATIONSHIPS or word.startswith("step") for word in words)


def loose_id(source_id: str) -> str:
    """An id without what spreadsheet programs and people change in it: zeros in front, spaces, signs, wide digits."""
    plain = unicodedata.normalize("NFKC", source_id).casefold()
    return "".join(sign for sign in plain if sign.isalnum()).lstrip("0")


def is_damaged_id(source_id: str) -> bool:
    """Whether a spreadsheet program has turned the id into something else."""
    if not _DAMAGED_ID.fullmatch(source_id):
        return False
    word = re.sub("[^A-Za-z]", "", source_id)
    return len(word) < 3 or "#" in source_id or bool(_WORD_IN_DAMAGED_ID.match(word))
