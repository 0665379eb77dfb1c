"""An ordinary export is read as it was written: nobody's no becomes a yes, and nobody's yes is lost without need."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.people import Names
from anonymiser.consent.proposal import propose
from anonymiser.consent.spelling import is_alike
from anonymiser.consent.tabular import read_sheet
from anonymiser.values.consent import STANDARD_PURPOSES

FORENAMES = """
Ella Tom Mia Ali Oliver Amelia Jack Lily-Mae Mohammed Muhammad Aisha Aysha Zoë Chloë Siân Niamh Seán Ffion
Llŷr Łukasz Zofia Małgorzata Oluwaseun Chidi Adaeze Temitope Xiu Wei Jing Yu-Xuan Fatima Zainab Hamza Umar
Noor Mary-Jane D'Andre O'Shea T'Challa Renée José Grant Will May June April Rose Hope Faith Mark Bill Art Ann
Jo Bo Ava Eva Eve Theo Noah Isla Ivy Lola Max Ted Rory Caoimhe Tadhg Saoirse Ingrid Søren Björn Gökçe Yusuf
Ece Nil Reed Page Summer Destiny Precious Blessing Goodluck Sunday Monday Prince Princess Sa'ad Isma'il
Lexi-Leigh Kayden Jayden Aidan Aiden Tia Mya Maya Max Rex
""".split()  # noqa: SIM905 - a page of names is easier to read
SURNAMES = """
No Hold Grant Day Child White English May June Best Love Sample Test Smith Jones Brown Black Green Gray Young
King Bishop Pope Church Hill Wood Field Rivers Lake Ford Street Rhodes Banks Cook Baker Butler Farmer Fisher
Taylor Carpenter Mason Page Read Reader Book Penn Key Locke Bell Rose Lily-White Winter Frost Snow Summers
March Noon Christmas Friday Monday O'Brien O'Neill D'Souza MacDonald McKay ap+Rhys Llewellyn Wójcik Kowalska
Nowak Szczęsna Khan Ahmed Hussain Begum Bibi Patel Singh Kaur Okafor Adebayo-Williams Eze Li Ng Wu Xu Zhang
Ó+Súilleabháin Ní+Bhriain van+der+Berg de+la+Cruz St.+John Smith-Jones Wells-Cole-Hart Müller Núñez
García+López Yılmaz Doğan Castle Hall Court Foster Ward Parent Guardian Care Sharp Strong Savage Moody Gay
Payne Outlaw Rule Law Judge Story Word Tongue Power Price Money Penny Pound Bird Lamb Bull Fox Wolfe Hare
Drinkwater Goodchild Fairchild Bigg Little Long Short Small Rich Poor Noble True Abbott Zimmermann Photay
Picton
""".split()  # noqa: SIM905, RUF001 - a page of names is easier to read
QUESTIONS = {
    "website": "Do you give permission for photos of your child to be used on the school website?",
    "social-media": "May we use images of your child on social media?",
    "newsletter": "Do you consent to your child's photograph appearing in the newsletter?",
    "press": "Do you agree to photos of your child in the local press?",
    "display": "I consent to photographs of my child being displayed in school",
}


@dataclass(frozen=True)
class Pupil:
    """One row of the truth."""

    number: int
    forename: str
    surname: str
    year: int
    letter: str
    born: dt.date
    yes: dict[str, bool | None]
    """None: nobody answered."""
    said_on: dt.date

    @property
    def upn(self) -> str:
        return f"A{860000000000 + self.number * 7}"[:13]

    @property
    def adno(self) -> str:
        return f"{self.number:06d}"


def pupils(rng: random.Random, count: int, today: dt.date) -> list[Pupil]:
    """A school: siblings and twins, no two of one name."""
    found: list[Pupil] = []
    taken: set[tuple[str, str]] = set()
    while len(found) < count:
        surname = rng.choice(SURNAMES).replace("+", " ")
        family = rng.choice([1, 1, 1, 1, 2, 3])
        year = rng.randint(1, 6)
        answers = {p: rng.choice([True, True, True, True, False, None]) for p in STANDARD_PURPOSES}
        for _ in range(family):
            forename = rng.choice(FORENAMES)
            if (forename, surname) in taken or (surname, forename) in taken or len(found) == count:
                continue
            if any(is_alike(Names(forename, surname), Names(*other)) for other in taken):
                continue  # without ids, a list cannot tell them apart
            taken.add((forename, surname))
            year = year if rng.random() < 0.3 else rng.randint(1, 6)
            born = dt.date(today.year - 5 - year, rng.randint(1, 12), rng.randint(1, 28))
            if rng.random() < 0.2:
                answers = {p: rng.choice([True, False]) for p in STANDARD_PURPOSES}
            said = today - dt.timedelta(rng.randint(5, 60))
            found.append(Pupil(1000 + len(found), forename, surname, year, rng.choice("AB"), born, answers, said))
    return sorted(found, key=lambda pupil: (pupil.surname, pupil.forename)) if rng.random() < 0.7 else found


Row = list[object]


@dataclass(frozen=True)
class Style:
    """How a system writes its lists."""

    name: str
    headings: Callable[[Sequence[str]], Row]
    row: Callable[[Pupil, Sequence[str], random.Random], Row]
    above: Callable[[dt.date, Row], list[Row]] = lambda today, headings: []
    below: Callable[[dt.date, list[Row]], list[Row]] = lambda today, rows: []
    between: Callable[[Pupil | None, Pupil], list[Row]] = lambda before, pupil: []
    by_class: bool = False


def word(yes: str, no: str, blank: str = "") -> Callable[[bool | None], str]:
    return lambda answer: blank if answer is None else yes if answer else no


def parent_of(pupil: Pupil, rng: random.Random) -> str:
    return f"{rng.choice(['Mrs', 'Mr', 'Ms', 'Dr'])} {rng.choice('ABCDEFG')} {pupil.surname}"


NOTES = ["", "", "", "", "Nut allergy", "Asthma - inhaler in office", "EpiPen", "Wears glasses", "None", "N/A", "No",
         "No known allergies", "Coeliac, no gluten", "Lactose intolerant", "Hay fever"]  # fmt: skip
DINNERS = ["School dinner", "Packed lunch", "FSM", "No pork", "Vegetarian", "Halal", ""]
STREETS = ["Church Lane", "Mill Road", "The Green", "No Man's Heath", "High Street", "Court Drive", "Station Road"]
YN = word("Yes", "No")


def days(date: dt.date) -> str:
    return f"{date:%d/%m/%Y}"


STYLES = [
    Style(
        "parentmail",
        lambda asked: ["studentid", "studentforename", "studentsurname", "reg", *(QUESTIONS[p] for p in asked),
                       "Submitted by", "Date submitted"],
        lambda p, asked, rng: [p.adno, p.forename, p.surname, f"{p.year}{p.letter}", *(YN(p.yes[a]) for a in asked),
                               parent_of(p, rng), days(p.said_on)],
    ),
    Style(
        "parentmail, one name",
        lambda asked: ["Child Name", "Class", "Parent Name",
                       *(f"Do you give permission for your child's photo on: {a}" for a in asked), "Date submitted"],
        lambda p, asked, rng: [f"{p.surname}, {p.forename}", f"{p.year}{p.letter}", parent_of(p, rng),
                               *(word("Yes", "No", "n/a")(p.yes[a]) for a in asked), f"{days(p.said_on)} 14:31"],
    ),
    Style(
        "arbor",
        lambda asked: ["Student", "Arbor Student ID", "UPN", "Registration Form", "Year Group", "Date of Birth",
                       *(f"Photo Consent: {a.title()}" for a in asked)],
        lambda p, asked, rng: [f"{p.forename} {p.surname}", str(p.number), p.upn, f"{p.year}{p.letter}",
                               f"Year {p.year}", p.born.strftime("%d %b %Y"),
                               *(word("Consented", "Not consented", "Pending")(p.yes[a]) for a in asked)],
        above=lambda today, headings: [["Parental consents"], [f"Generated on {days(today)} by the school office"], []],
    ),
    Style(
        "bromcom",
        lambda asked: ["Adm No", "Legal Forename", "Legal Surname", "Preferred Forename", "Tutor Group", "Gender",
                       "SEN Status", "FSM", *(f"Consent - Photographs - {a.replace('-', ' ').title()}" for a in asked)],
        lambda p, asked, rng: [p.adno, p.forename, p.surname, p.forename[:3] if rng.random() < 0.1 else p.forename,
                               f"{p.year}{p.letter}", rng.choice("MF"), rng.choice(["N", "K", "E", "No SEN"]),
                               rng.choice(["T", "F"]), *(word("TRUE", "FALSE")(p.yes[a]) for a in asked)],
        below=lambda today, rows: [[f"Printed on {days(today)} 09:14", "", "", "", "", "", "", ""], ["Page 1 of 4"]],
    ),
    Style(
        "sims",
        lambda asked: ["Surname", "Forename", "Reg", "Year", "DOB", "Adno",
                       *(f"{a.replace('-', ' ').title()} photo permission" for a in asked), "Dietary Needs"],
        lambda p, asked, rng: [p.surname.upper(), p.forename, f"{p.year}{p.letter}", f"Year  {p.year}", days(p.born),
                               p.adno, *(word("Y", "N")(p.yes[a]) for a in asked), rng.choice(NOTES)],
        above=lambda today, headings: [["Elm Primary School"], ["Photograph permissions", "", "", days(today)], []],
        below=lambda today, rows: [[], ["Total", len(rows)]],
    ),
    Style(
        "scholarpack",
        lambda asked: ["Pupil", "Class", "UPN", "Address", "Parent/Carer", "Mobile",
                       *(f"{a.replace('-', ' ').title()} photo consent" for a in asked), "Trips consent",
                       "Medical notes"],
        lambda p, asked, rng: [f"{p.forename} {p.surname}", rng.choice(["Oak", "Ash"]), p.upn,
                               f"{rng.randint(1, 99)} {rng.choice(STREETS)}, Elmtown", parent_of(p, rng),
                               f"07700 900{rng.randint(100, 999)}", *(YN(p.yes[a]) for a in asked),
                               rng.choice(["Yes", "No"]), rng.choice(NOTES)],
    ),
    Style(
        "google form",
        lambda asked: ["Timestamp", "Email Address", "Child's first name", "Child's surname", "Class",
                       *(QUESTIONS[a] for a in asked), "I confirm I have read the privacy notice",
                       "Any other comments?"],
        lambda p, asked, rng: [f"{days(p.said_on)} {rng.randint(7, 22):02d}:{rng.randint(0, 59):02d}:07",
                               f"{rng.choice('abc')}.{p.number}@mail.example", f" {p.forename}", f"{p.surname} ",
                               f"{p.year}{p.letter}",
                               *(word("Yes, I give permission", "No, I do not give permission")(
                                   bool(p.yes[a])) for a in asked),
                               rng.choice(["Yes", "I confirm"]),
                               rng.choice(["", "", "Thank you", "None", "n/a", "Thanks for all you do!"])],
    ),
    Style(
        "microsoft form",
        lambda asked: ["ID", "Start time", "Completion time", "Email", "Name", "Pupil first name", "Pupil last name",
                       "Year group", *(QUESTIONS[a] for a in asked), "Does your child have any allergies?"],
        lambda p, asked, rng: [str(p.number - 999), f"{days(p.said_on)} 08:01:00", f"{days(p.said_on)} 08:04:10",
                               "anonymous", "", p.forename, p.surname, f"Year {p.year}",
                               *(word("I agree", "I do not agree")(bool(p.yes[a])) for a in asked),
                               rng.choice(NOTES[4:])],
    ),
    Style(
        "by hand",
        lambda asked: ["First name", "Surname", "Class", *(f"{a.replace('-', ' ')} photos allowed" for a in asked),
                       "Dinner money", "Notes"],
        lambda p, asked, rng: [p.forename, p.surname, f"{p.year}{p.letter}", *(YN(p.yes[a]) for a in asked),
                               rng.choice(["£2.50", "paid", ""]), rng.choice(NOTES[:8])],
        above=lambda today, headings: [["Elm Primary School - photo consents"], []],
        below=lambda today, rows: [[], ["Totals", "", "", *(str(sum(r[i] == "Yes" for r in rows))
                                   for i in range(3, len(rows[0]) - 2))]],
    ),
    Style(
        "by hand, by class",
        lambda asked: ["Name", *(f"{a.replace('-', ' ')} photo consent" for a in asked), "Class"],
        lambda p, asked, rng: [f"{p.forename} {p.surname}",
                               *(word("\u2713", "x")(p.yes[a]) for a in asked), f"Class {p.year}{p.letter}"],
        between=lambda before, p: [[f"Class {p.year}{p.letter}"]] if before is None or (before.year, before.letter) != (
            p.year, p.letter) else [],
        by_class=True,
    ),
    Style(
        "juniper",
        lambda asked: ["Pupil ID", "Chosen Forename", "Chosen Surname", "Class Name",
                       *(f"Use of photos: {a.replace('-', ' ')} (consent)" for a in asked), "Consent given by",
                       "Date of response", "Ethnicity", "Home Language", "House"],
        lambda p, asked, rng: [f"P{p.number}", p.forename, p.surname, f"{p.year} Willow",
                               *(word("Granted", "Refused", "Not recorded")(p.yes[a]) for a in asked),
                               rng.choice(["Mother", "Father", "Carer"]), p.said_on.isoformat(),
                               rng.choice(["White British", "Refused", "Not obtained", "Indian"]),
                               rng.choice(["English", "Polish", "Urdu"]), rng.choice(["Red", "Blue"])],
    ),
]  # fmt: skip
VARIANTS = [(style, count, seed) for style in STYLES for seed, count in enumerate((30, 60, 95, 210, 420, 31, 45))]
KINDS = ["csv utf-8", "csv utf-8-sig", "csv cp1252", "xlsx", "csv utf-16", "xlsx", "csv utf-8 ;"]


def written(style: Style, count: int, seed: int, folder: Path) -> tuple[Path, list[Pupil], dict[str, str]]:
    """The file, the truth, and the purpose of each heading."""
    rng = random.Random(f"{style.name} {count} {seed}")  # noqa: S311 - a repeatable school
    today = dt.datetime.now().astimezone().date()
    asked = list(STANDARD_PURPOSES)[: rng.randint(2, 5)]
    kind = "xlsx" if style.by_class and "1252" in KINDS[seed] else KINDS[seed]
    school = pupils(rng, count, today)
    if "1252" in kind:
        school = [
            replace(pupil, **{part: getattr(pupil, part).encode("cp1252", "ignore").decode("cp1252")
                              for part in ("forename", "surname")}) for pupil in school
        ]  # fmt: skip
    if style.by_class:
        school.sort(key=lambda pupil: (pupil.year, pupil.letter, pupil.surname))
    headings = style.headings(asked)
    purposes = dict(zip(asked, [str(h) for h in headings if any(_asks(str(h), a) for a in asked)], strict=False))
    rows = [style.row(pupil, asked, rng) for pupil in school]
    body: list[Row] = []
    for index, (pupil, row) in enumerate(zip(school, rows, strict=True)):
        body += style.between(school[index - 1] if index else None, pupil)
        body.append(row)
    table = [*style.above(today, headings), headings, *body, *style.below(today, rows)]
    path = folder / ("list.xlsx" if kind == "xlsx" else "list.csv")
    if kind == "xlsx":
        _workbook(table, len(style.above(today, headings)), len(headings), rng).save(path)
    else:
        out = io.StringIO(newline="")
        width = len(headings) if rng.random() < 0.5 else 0
        delimiter = ";" if kind.endswith(";") else ","
        csv.writer(out, delimiter=delimiter).writerows([*row, *[""] * (width - len(row))] for row in table)
        path.write_bytes(out.getvalue().encode(kind.split()[1]))
    return path, school, purposes


def _asks(heading: str, purpose: str) -> bool:
    key, bare = normalised(heading), purpose.replace("-", " ")
    return (purpose in key or bare in key) and any(word in key for word in ("photo", "image"))


def _workbook(table: list[Row], title: int, width: int, rng: random.Random) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = rng.choice(["Sheet1", "Photo consents", "Export", "Responses"])
    for row in table:
        sheet.append(row or [None])
    for cell in sheet[title + 1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFDDDDDD")
    for number in range(1, title + 1):
        if len([c for c in sheet[number] if c.value]) == 1:
            sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=width)
    book.create_sheet("Sheet2")
    sheet.freeze_panes = f"A{title + 2}"
    return book


def confirmed(path: Path, purposes: dict[str, str]) -> Path:
    """What a sensible person makes of the proposal: yes means yes, other questions are left out."""
    proposal = propose(read_sheet(path))
    by_heading = {normalised(heading): purpose for purpose, heading in purposes.items()}
    questions, left_out = [], []
    for question in proposal.questions:
        purpose = by_heading.get(normalised(question.heading))
        if purpose is None:
            left_out.append(question.heading)
            continue
        granted = question.granted or [v for v in question.values if normalised(v) in AGREED]
        assert not {normalised(value) for value in granted} - AGREED - NEVER_AGREED
        questions.append(replace(question.meaning_yes(granted), purpose=purpose, media=("image",)))
    assert len(questions) == len(purposes)
    mapping = path.with_suffix(".mapping.toml")
    text = replace(proposal, questions=tuple(questions), left_out=tuple(left_out)).render(confirmed=True)
    mapping.write_text(text, encoding="utf-8")
    return mapping


AGREED = {"yes", "y", "true", "\u2713", "granted", "consented", "i agree", "yes, i give permission"}


def read(path: Path, purposes: dict[str, str]) -> ParsedFile:
    parsed = parse_file(path, confirmed(path, purposes), STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    return parsed


def key(forename: str, surname: str) -> str:
    return " ".join(sorted(f"{forename} {surname}".upper().casefold().split()))


@pytest.mark.parametrize(("style", "count", "seed"), VARIANTS, ids=lambda value: getattr(value, "name", str(value)))
def test_an_ordinary_export_is_read_as_it_was_written(style: Style, count: int, seed: int, tmp_path: Path) -> None:
    """Every no is a no, and every yes of a pupil whom nobody else can be is a yes."""
    path, school, purposes = written(style, count, seed, tmp_path)
    parsed = read(path, purposes)
    found = {key(p.names.forename, p.names.surname): p for p in parsed.people}
    lost: list[str] = []
    for pupil in school:
        listed = found.get(key(pupil.forename, pupil.surname))
        for purpose in purposes:
            granted = (
                listed is not None
                and listed.answers[purpose, "image"].why is None
                and not listed.names.keys & parsed.doubtful
            )
            if not pupil.yes[purpose]:
                assert not granted, (pupil.forename, pupil.surname, purpose)
            elif not granted:
                why = listed.answers[purpose, "image"].why if listed else "nobody"
                lost.append(f"{pupil.forename} {pupil.surname}: {why}")
    assert not lost, (len(lost), sorted(set(lost)), [(p.kind, p.text, p.rows[:4]) for p in parsed.problems])
