"""From a consent export to one answer per person, purpose and medium; without a register.

Everything that is not a clear yes becomes a refusal and is listed: a blank, a value that nobody has explained, parents
who disagree, a date that can be read two ways, two pupils with one name, a row whose cells do not fit the headings, an
answer that is struck out. Biometric consent cannot be expressed here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from anonymiser.consent.answer_reader import AnswerReader
from anonymiser.consent.decoding import may_be_damaged
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import Mapping, canonical, load_mapping
from anonymiser.consent.naming import has_odd_signs, split_name, split_nickname
from anonymiser.consent.other_columns import look_at_other_columns
from anonymiser.consent.parsed import Listed, ParsedFile, Problem, ProblemKind
from anonymiser.consent.people import Names, name_key, source_key
from anonymiser.consent.rules import Why
from anonymiser.consent.table import Mark, Row, Sheet
from anonymiser.consent.tabular import read_sheet
from anonymiser.values.people import Role

_DAMAGED_ID = re.compile(
    r"\d+([.,]\d+)?e[+-]?\d+|#.*|\d{5,}0{5,}|\d+[.,]\d+|true|false"
    r"|\d{1,2}[-/. ][a-z]{3,9}([-/. ]\d{2,4})?|[a-z]{3,9}[-/. ]\d{2,4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|\d{1,2}:\d{2}(:\d{2})?",
    re.IGNORECASE,
)
"""What Excel turns a long number into, an id that looks like a date, and a formula that failed."""
_WORD_IN_DAMAGED_ID = re.compile(r"true|false|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_TOTALS = re.compile(r"(grand )?total\b.*|count\b.*|number of\b.*")
_TOTAL = "a row of totals, not a person"
_AGAINST = "a column that the mapping does not know may take consent back: the row counts as no"
_DAMAGED_NAME = "a name that a wrong encoding may have damaged: the row counts as no"
_MISFIT = "the cells do not fit the headings: everything in the row counts as no"


def parse_file(path: Path, mapping_file: Path | None, purposes: Iterable[str]) -> ParsedFile | Sheet:
    """Read a consent file; returns the bare Sheet if it is not in the program's format and has no mapping yet.

    Raises ImportRefused if the file or the mapping cannot be used.
    """
    sheet = read_sheet(path)
    mapping = canonical(sheet, purposes) if mapping_file is None else load_mapping(mapping_file)
    return sheet if mapping is None else parse(sheet, mapping)


def parse(sheet: Sheet, mapping: Mapping) -> ParsedFile:
    """Resolve every row of `sheet` by `mapping`.

    Raises ImportRefused if a mapped column is missing.
    """
    return _Parser(sheet, mapping).parse()


class _Parser(AnswerReader):
    """One pass over a file; collects problems on the way."""

    def parse(self) -> ParsedFile:
        self._others = look_at_other_columns(self._sheet, self._mapping, self._body)
        for row in self._body.rows:
            self._look_at(row)
        people = tuple(self._person(names, rows) for names, rows in self._rows_by_person())
        return ParsedFile(
            sha256=self._sheet.sha256,
            mapping_sha256=self._mapping.sha256,
            covers=self._mapping.covers,
            people=people,
            problems=tuple(
                Problem(kind, text, tuple(dict.fromkeys(rows))) for (kind, text), rows in self._found.items()
            ),
            doubtful=frozenset(self._doubtful),
            unused=self._others.listed,
        )

    def _look_at(self, row: Row) -> None:
        """Note what a person would see in the row besides its texts, and which of it takes back the answers."""
        if (doubt := self._doubt_of(row)) is not None:
            kind, text, why = doubt
            self._note(kind, text, [row])
            self._doubts[row.number] = why
        if row.number in self._body.misfits:
            for cells in (row.cells, row.cells[::-1]):
                self._doubtful |= {name_key(name) for name in (*cells, *map(" ".join, pairwise(cells)))}
        if any(sign.isdigit() for heading in self._name_headings for sign in self._cell(row, heading)):
            self._note(ProblemKind.NAME, "a name with a digit: look whether it is right", [row])
        marks = frozenset().union(*row.marks.values())
        if Mark.HIDDEN in marks:
            self._note(ProblemKind.HIDDEN, "a row or column that is hidden, or writing that nobody sees", [row])
        if Mark.COLOURED in marks:
            self._note(ProblemKind.COLOURED, "a coloured cell: the program does not know what the colour means", [row])
        if Mark.REMARK in marks and row.number not in self._doubts:
            self._note(ProblemKind.REMARK, "a comment on a cell that the program does not read", [row])
        if Mark.STRUCK in marks and row.number not in self._doubts:
            self._note(ProblemKind.STRUCK, "something in the row is struck out", [row])
        if marks & {Mark.MERGED, Mark.MERGED_ACROSS}:
            self._note(ProblemKind.MERGED, "merged cells: what they show is read for each of their rows", [row])

    @property
    def _name_headings(self) -> Sequence[str]:
        identity = self._mapping.columns.identity
        return identity if self._mapping.columns.person_id is None else identity[1:]

    def _doubt_of(self, row: Row) -> tuple[ProblemKind, str, Why] | None:
        """Why everything in the row counts as no, if it does."""
        identity = self._mapping.columns.identity
        if row.number in self._body.misfits:
            return ProblemKind.MISFIT, _MISFIT, Why.MISFIT
        if any(self._body.marked(row, heading, Mark.STRUCK) for heading in identity):
            return ProblemKind.STRUCK, "struck out: everything in the row counts as no", Why.STRUCK
        if any(self._body.marked(row, heading, Mark.REMARK) for heading in self._mapping.headings):
            return ProblemKind.REMARK, "a comment hangs on the row: it counts as no until it is dealt with", Why.REMARK
        if row.number in self._others.doubtful:
            return ProblemKind.REMARK, _AGAINST, Why.REMARK
        if any(has_odd_signs(self._bare_name(row, heading)) for heading in self._name_headings):
            return ProblemKind.NAME, "a sign that no name has: the row counts as no", Why.NAME
        if any(may_be_damaged(self._cell(row, heading)) for heading in self._name_headings):
            return ProblemKind.NAME, _DAMAGED_NAME, Why.NAME
        return None

    def _bare_name(self, row: Row, heading: str) -> str:
        """The name without the signs around a nickname."""
        return " ".join(re.sub(r"[()\[\]\"\u201c\u201d]", "", self._cell(row, heading)).split())

    def _names(self, row: Row) -> Names:
        """Who the row is about; a name that cannot be told apart from another leaves the forename empty."""
        columns = self._mapping.columns
        source_id = " ".join(self._cell(row, columns.person_id).split())
        preferred = " ".join(self._cell(row, columns.preferred).split())
        if columns.name is None:
            first, last = (" ".join(self._cell(row, part).split()) for part in (columns.forename, columns.surname))
            bare, nickname = split_nickname(first)
            if nickname and not has_odd_signs(bare):
                first, preferred = bare, preferred or nickname
            return Names(first, last, preferred, source_id)
        text = " ".join(self._cell(row, columns.name).split())
        split = split_name(text)
        if split is None:
            return Names("", text, preferred, source_id)
        return Names(split.forename, split.surname, preferred or split.preferred, source_id)

    def _rows_by_person(self) -> list[tuple[Names, list[Row]]]:
        """Rows of each person; rows that may belong to several people are noted and make their name doubtful."""
        groups: dict[str, list[tuple[Names, Row]]] = defaultdict(list)
        by_id = self._mapping.columns.person_id is not None
        for row in self._body.rows:
            names = self._names(row)
            if doubt := self._doubt_about(row, names):
                self._note(ProblemKind.UNMATCHED, doubt, [row])
                if doubt != _TOTAL:
                    self._doubtful |= names.keys
            else:
                key = source_key(names.source_id) if by_id else name_key(names.full[0])
                groups[key].append((names, row))
        for entries in groups.values():
            if len(entries) > 1:
                self._check_repeated(entries)
        return [(entries[0][0], [row for _, row in entries]) for entries in groups.values()]

    def _doubt_about(self, row: Row, names: Names) -> str:
        """Why it is not certain whose row it is; empty if it is certain."""
        columns = self._mapping.columns
        if any(_TOTALS.fullmatch(normalised(cell)) for cell in row.cells[:2]):
            return _TOTAL
        across = any(self._body.marked(row, heading, Mark.MERGED_ACROSS) for heading in columns.identity)
        unreadable = any(part.startswith("#") for part in (names.forename, names.surname))
        if across or unreadable or not name_key(names.forename) or not name_key(names.surname):
            return "the name is incomplete"
        if columns.person_id is not None and not names.source_id:
            return "the id is missing"
        if columns.person_id is not None and _is_damaged(names.source_id):
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
        """Whether rows with one name and no id are in different classes."""
        columns = self._mapping.columns
        classes = {tuple(normalised(self._cell(row, heading)) for heading in columns.groups) for row in rows}
        return columns.person_id is None and len(classes) > 1

    def _person(self, names: Names, rows: list[Row]) -> Listed:
        columns = self._mapping.columns
        roles = {normalised(self._cell(row, columns.role)) for row in rows} & set(Role)
        groups = dict.fromkeys(
            group.strip()
            for row in rows
            for heading in columns.groups
            for group in self._cell(row, heading).split(";")
            if group.strip()
        )
        counting = self._newest_per_parent(rows)
        return Listed(
            names=names,
            groups=tuple(groups) if columns.groups else None,
            role=Role(roles.pop()) if len(roles) == 1 else None,
            answers={key: self._answer(key, rows, counting) for key in self._questions},
            holds=frozenset(hold for row in rows for hold in self._holds(row)),
            row=rows[0].number,
            certain=not any(self._doubts.get(row.number) in {Why.MISFIT, Why.NAME} for row in rows),
        )

    def _newest_per_parent(self, rows: list[Row]) -> list[Row]:
        """Of several rows by one parent, the one answered last, if their dates leave no doubt."""
        columns = self._mapping.columns
        if columns.parent is None or columns.answered_on is None:
            return rows
        by_parent: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_parent[normalised(self._cell(row, columns.parent))].append(row)
        counting: list[Row] = []
        for parent, answers in by_parent.items():
            dates = [self._dates[columns.answered_on][row.number].value for row in answers]
            known = [date for date in dates if date is not None]
            if parent and len(known) == len(answers):
                latest = max(known)
                counting += [row for row, date in zip(answers, dates, strict=True) if date == latest]
            else:
                counting += answers
                if len(answers) > 1:
                    self._note(ProblemKind.DATE, "it is not certain which of a parent's answers is the last", answers)
        return counting


def _is_damaged(source_id: str) -> bool:
    """Whether a spreadsheet program has turned the id into something else."""
    if not _DAMAGED_ID.fullmatch(source_id):
        return False
    word = re.sub("[^A-Za-z]", "", source_id)
    return len(word) < 3 or "#" in source_id or bool(_WORD_IN_DAMAGED_ID.match(word))
