"""From a consent export to one answer per person, purpose and medium; without a register.

Everything that is not a clear yes becomes a refusal and is listed: a blank, a value that nobody has explained, parents
who disagree, a date that can be read two ways, two pupils with one name, a row whose cells do not fit the headings, an
answer that is struck out. Biometric consent cannot be expressed here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from anonymiser.consent.annotations import read_annotations
from anonymiser.consent.decoding import may_be_damaged
from anonymiser.consent.header import normalised
from anonymiser.consent.long_format import refuse_other_kind, refuse_row_per_kind
from anonymiser.consent.mapping import Mapping, canonical, load_mapping
from anonymiser.consent.naming import has_odd_signs, has_remark
from anonymiser.consent.other_columns import look_at_other_columns
from anonymiser.consent.owners import RowOwners, is_relationship
from anonymiser.consent.parsed import Listed, ParsedFile, Problem, ProblemKind, Suspected
from anonymiser.consent.people import Names, name_key
from anonymiser.consent.rules import Why
from anonymiser.consent.table import Mark, Row, Sheet
from anonymiser.consent.tabular import read_sheet
from anonymiser.values.people import Role

_AGAINST = "a column that the mapping does not know may take consent back: the row counts as no"
_DAMAGED_NAME = "a name that a wrong encoding may have damaged: the row counts as no"
_BELOW = 'below a line such as "Leavers": the row counts as no'
_COMMENT = "a comment hangs on the row: it counts as no until it is dealt with"
_COLOUR = "a colour that takes the row back, as the list itself explains: it counts as no"
_HIDDEN = "a hidden row, or writing that nobody sees: the row counts as no"
_OLD = "the list says that it is over 100 days old: look whether there is a newer one"
_MISFIT = "the cells do not fit the headings: everything in the row counts as no"


def parse_file(
    path: Path, mapping_file: Path | None, purposes: Iterable[str], today: dt.date | None = None
) -> ParsedFile | Sheet:
    """Read a consent file; returns the bare Sheet if it is not in the program's format and has no mapping yet.

    `today` is by default the day on the school's wall calendar.

    Raises ImportRefused if the file or the mapping cannot be used.
    """
    sheet = read_sheet(path)
    mapping = canonical(sheet, purposes) if mapping_file is None else load_mapping(mapping_file)
    return sheet if mapping is None else parse(sheet, mapping, today)


def parse(sheet: Sheet, mapping: Mapping, today: dt.date | None = None) -> ParsedFile:
    """Resolve every row of `sheet` by `mapping`.

    Raises ImportRefused if a mapped column is missing, or if the file says of itself that it must not be used.
    """
    return _Parser(sheet, mapping).parse(today or dt.datetime.now().astimezone().date())


class _Parser(RowOwners):
    """One pass over a file; collects problems on the way."""

    def parse(self, today: dt.date) -> ParsedFile:
        self._refuse_other_layouts()
        self._around = read_annotations(self._sheet, self._mapping, self._body, today)
        if self._around.old:
            self._found[ProblemKind.REMARK, _OLD].extend(self._around.old)
        self._others = look_at_other_columns(self._sheet, self._mapping, self._body)
        for row in self._body.rows:
            self._look_at(row)
        people = tuple(self._person(names, rows) for names, rows in self._rows_by_person())
        nameless = tuple(self._person(names, rows) for names, rows in self._nameless)
        return ParsedFile(
            sha256=self._sheet.sha256,
            mapping_sha256=self._mapping.sha256,
            covers=self._mapping.covers,
            people=people,
            nameless=nameless,
            suspected=tuple(self._suspected),
            problems=tuple(
                Problem(kind, text, tuple(dict.fromkeys(rows))) for (kind, text), rows in self._found.items()
            ),
            doubtful=frozenset(self._doubtful),
            unused=self._others.listed,
        )

    def _refuse_other_layouts(self) -> None:
        body, columns = self._body, self._mapping.columns
        who = (columns.person_id, columns.forename, columns.surname, columns.name)
        refuse_row_per_kind(body.header, body.rows, (body.header.find(heading) for heading in who if heading))
        refuse_other_kind(body.header, body.rows, {purpose for purpose, _ in self._mapping.covers})

    def _look_at(self, row: Row) -> None:
        """Note what a person would see in the row besides its texts, and which of it takes back the answers."""
        if (doubt := self._doubt_of(row)) is not None:
            kind, text, why = doubt
            self._note(kind, text, [row])
            self._doubts[row.number] = why
        if row.number in self._body.misfits:
            for cells in (row.cells, row.cells[::-1]):
                names = frozenset(name_key(name) for name in (*cells, *map(" ".join, pairwise(cells)))) - {""}
                self._doubtful |= names
                self._suspected.append(Suspected(frozenset(), names, frozenset(self._holds(row))))
        if any(sign.isdigit() for heading in self._name_headings for sign in self._cell(row, heading)):
            self._note(ProblemKind.NAME, "a name with a digit: look whether it is right", [row])
        marks = frozenset().union(*row.marks.values())
        if Mark.HIDDEN in marks and not self._is_hidden(row):
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
        if (doubt := self._doubt_around(row)) is not None:
            return doubt
        if row.number in self._others.doubtful:
            return ProblemKind.REMARK, _AGAINST, Why.REMARK
        if any(has_remark(self._cell(row, h), whole=h == self._mapping.columns.name) for h in self._name_headings):
            return ProblemKind.NAME, "a remark in or beside the name: the row counts as no", Why.NAME
        if any(has_odd_signs(self._bare_name(row, heading)) for heading in self._name_headings):
            return ProblemKind.NAME, "a sign that no name has: the row counts as no", Why.NAME
        if any(may_be_damaged(self._cell(row, heading)) for heading in self._name_headings):
            return ProblemKind.NAME, _DAMAGED_NAME, Why.NAME
        return None

    def _doubt_around(self, row: Row) -> tuple[ProblemKind, str, Why] | None:
        """What is written or marked beside the texts of the row, and takes them back."""
        if any(self._body.marked(row, heading, Mark.REMARK) for heading in self._mapping.headings) or (
            row.number in self._around.remarked
        ):
            return ProblemKind.REMARK, _COMMENT, Why.REMARK
        if row.number in self._around.below:
            return ProblemKind.REMARK, _BELOW, Why.REMARK
        marks = frozenset().union(*row.marks.values())
        if self._around.coloured_out and marks & {Mark.COLOURED, Mark.STRUCK}:
            return ProblemKind.COLOURED, _COLOUR, Why.REMARK
        if Mark.HIDDEN in marks and self._is_hidden(row):
            return ProblemKind.HIDDEN, _HIDDEN, Why.REMARK
        return None

    def _is_hidden(self, row: Row) -> bool:
        """Whether nobody sees the name or an answer, although its column can be seen."""
        seen = (*self._name_headings, *(question.column for question in self._mapping.consent))
        at = {self._body.header.find(heading) for heading in seen}
        return any(row.has(i, Mark.HIDDEN) and not self._body.header.row.has(i, Mark.HIDDEN) for i in at)

    def _bare_name(self, row: Row, heading: str) -> str:
        """The name without the signs around a nickname."""
        return " ".join(re.sub(r"[()\[\]\"\u201c\u201d]", "", self._cell(row, heading)).split())

    def _said(self, row: Row) -> tuple[str, ...]:
        return tuple(normalised(self._cell(row, question.column)) for question in self._mapping.consent)

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
            certain=not any(self._doubts.get(row.number) in {Why.MISFIT, Why.NAME, Why.AMBIGUOUS} for row in rows),
        )

    def _newest_per_parent(self, rows: list[Row]) -> list[Row]:
        """Of several rows by one parent, the one answered last, if their dates leave no doubt.

        A relationship ("Mother") does not say that it was one parent.
        """
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
            if is_relationship(parent):
                counting += answers
            elif parent and len(known) == len(answers):
                latest = max(known)
                last = [row for row, date in zip(answers, dates, strict=True) if date == latest]
                counting += last
                if len({self._said(row) for row in answers}) > 1 and len(last) < len(answers):
                    self._note(ProblemKind.DUPLICATE, "a parent's later answer replaces an earlier one", answers)
            else:
                counting += answers
                if len(answers) > 1:
                    self._note(ProblemKind.DATE, "it is not certain which of a parent's answers is the last", answers)
        return counting
