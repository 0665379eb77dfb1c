"""Random registers through import, withdrawal, written consent, hold and re-import, against the policy."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse
from anonymiser.consent.importing import Coverage
from anonymiser.consent.interface import STANDARD_PURPOSES, Event, Hold, Medium, Purpose
from anonymiser.consent.mapping import canonical
from anonymiser.consent.register import Register
from anonymiser.consent.tabular import read_sheet
from anonymiser.consent.vault import KeyFile
from anonymiser.recognise.interface import PersonId

TODAY = dt.date(2026, 5, 3)
PEOPLE = ("a1", "b2")
PURPOSES = ("website", "press")
DAYS = st.none() | st.dates(TODAY - dt.timedelta(2), TODAY + dt.timedelta(2))
ROW = st.tuples(
    st.fixed_dictionaries({p: st.sampled_from(["granted", "refused", "", "maybe"]) for p in PURPOSES}),
    DAYS,
    DAYS,
    st.sampled_from(["", "never-publish"]),
)
PERSON = st.sampled_from(PEOPLE)
ACTS = st.lists(
    st.tuples(st.just("import"), st.dictionaries(PERSON, ROW, min_size=1), st.booleans())
    | st.tuples(st.just("withdraw"), PERSON, st.sampled_from([None, *PURPOSES]))
    | st.tuples(st.just("grant"), PERSON, st.sampled_from(PURPOSES), DAYS, DAYS)
    | st.tuples(st.sampled_from(["hold", "lift"]), PERSON)
    | st.tuples(st.just("forget"), PERSON),
    min_size=2,
    max_size=6,
)


def expected(acts: list[tuple], person: str, purpose: str) -> bool:
    """May this face be shown? The policy, act by act."""
    said, withdrawn, held, known, seen = None, False, False, False, set()
    for act in acts:
        match act:
            case ("import", rows, _) if person in rows and repr(act) not in seen:
                answers, first, last, hold = rows[person]
                said, held, known = (answers[purpose], first, last), held or bool(hold), True
            case ("import", rows, False) if person not in rows and repr(act) not in seen:
                said = ("refused", None, None) if known else said
            case ("withdraw", someone, what) if known and someone == person:
                withdrawn = withdrawn or what in {None, purpose}
            case ("grant", someone, what, first, last) if known and (someone, what) == (person, purpose):
                said, withdrawn = ("granted", first, last), False
            case ("hold" | "lift", someone) if known and someone == person:
                held = act[0] == "hold"
            case ("forget", someone) if known and someone == person:
                said, withdrawn, known = None, True, False
        seen |= {repr(act)} if act[0] == "import" else set()
    if not known or said is None or said[0] != "granted" or withdrawn or held:
        return False
    return (said[1] or TODAY) <= TODAY <= (said[2] or TODAY)


def csv_of(rows: dict[str, tuple]) -> str:
    lines = ["person_id,forename,surname,website,press,valid_from,valid_to,hold"]
    for person, (answers, first, last, hold) in sorted(rows.items()):
        dates = [day.strftime("%d/%m/%Y") if day else "" for day in (first, last)]
        lines.append(",".join([person, "N" + person, "S" + person, *(answers[p] for p in PURPOSES), *dates, hold]))
    return "\n".join(lines) + "\n"


def perform(register: Register, folder: Path, act: tuple) -> None:
    known = {person.id for person in register.people()}
    match act:
        case ("import", rows, partial):
            path = folder / "import.csv"
            path.write_text(csv_of(rows), encoding="utf-8")
            sheet = read_sheet(path)
            mapping = canonical(sheet, STANDARD_PURPOSES)
            assert mapping is not None
            register.import_consents(parse(sheet, mapping), Coverage.PARTIAL if partial else Coverage.COMPLETE)
        case (_, person, *_) if person not in known:
            pass
        case ("withdraw", person, purpose):
            register.withdraw(PersonId(person), "letter", purpose and Purpose(purpose))
        case ("grant", person, purpose, first, last):
            register.grant(PersonId(person), Purpose(purpose), "form", valid_from=first, valid_to=last)
        case ("hold", person):
            register.set_hold(PersonId(person), Hold.NEVER_PUBLISH)
        case ("lift", person):
            register.lift_hold(PersonId(person), Hold.NEVER_PUBLISH)
        case ("forget", person):
            register.forget(PersonId(person))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS)
def test_a_register_shows_whom_the_policy_allows(acts: list[tuple]) -> None:
    """No order of imports, withdrawals, consents, holds and forgetting shows a face that the policy does not."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with Register.open_url(f"sqlite:///{place}/register.sqlite3", KeyFile(place / "key")) as register:
            for act in acts:
                perform(register, place, act)
            shown = {
                (person, purpose)
                for purpose in PURPOSES
                for person in register.snapshot(Event("Fair", Purpose(purpose), Medium.IMAGE), TODAY).granted
            }
    assert shown == {(person, purpose) for person in PEOPLE for purpose in PURPOSES if expected(acts, person, purpose)}
