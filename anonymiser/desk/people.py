"""People: who agreed to what, a page for each, and what families say afterwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.responses import Response

from anonymiser.consent.people import Person, group_key
from anonymiser.consent.roll import Roll
from anonymiser.desk.forms import Wrong, date_field
from anonymiser.desk.pages import Pages, count, see_other
from anonymiser.desk.routes import Call
from anonymiser.errors import UsageError
from anonymiser.school import School
from anonymiser.school.worksheet import steps, worksheet_csv
from anonymiser.values.consent import Hold, Medium, Purpose
from anonymiser.values.people import PersonId

if TYPE_CHECKING:
    from anonymiser.desk.office import Office

HOLDS = {
    Hold.NEVER_PUBLISH: "A photo that may show them waits, and nobody can approve it.",
    Hold.NEVER_SHOWN: "They are covered in every photo, and so is everybody who could be them; it need not wait.",
    Hold.NEVER_PHOTOGRAPH: "Like never-publish, for somebody who should not be in the picture at all.",
}
LIFT = "lift"
"""What a person types to lift a hold: nobody does that with one key."""


def people(call: Call) -> Response:
    """Everybody, with what may be shown of them."""
    school = call.school
    if not school.has_register:
        return call.page("no-people.html")
    roll, everybody = _everybody(school, call.office.pages)
    return call.page("people.html", everybody=everybody, counts=roll.counts)


def get_ready(office: Office) -> None:
    """Once everything that was asked so far is answered, make the list: the first time takes longest."""

    def make(school: School) -> None:
        if school.has_register:
            _everybody(school, office.pages)

    office.thread.tell(make)


def _everybody(school: School, pages: Pages) -> tuple[Roll, Markup]:
    """The list, and the same as a part of a page."""
    purposes = _purposes(school)
    roll = school.register.roll(purposes)

    def values() -> dict[str, object]:
        lines = sorted(roll.lines, key=lambda line: _by_class_and_name(line.person))
        groups = (list(group) for _, group in groupby(lines, key=lambda line: _class_key(line.person)))
        return {"purposes": purposes, "classes": [(_class_of(group[0].person), group) for group in groups]}

    return roll, pages.part("people-list.html", roll, values)


def person(call: Call, problem: Wrong | None = None) -> Response:
    """One person's page."""
    who = who_of(call)
    dossier = call.school.register.dossier(who, _purposes(call.school))
    worksheet = call.school.find(who)
    return call.page(
        "person.html",
        status=422 if problem else 200,
        problem=problem,
        form=call.form,
        dossier=dossier,
        entries=tuple(reversed(dossier.entries)),
        options=[(purpose, purpose) for purpose in _purposes(call.school)],
        hold_options=[(kind.value, f"{kind}: {text}") for kind, text in HOLDS.items()],
        worksheet=tuple((entry, steps(entry)) for entry in worksheet),
        due=sum(not entry.agreed and entry.replaced_by is None for entry in worksheet),
        holds=HOLDS,
        lift=LIFT,
    )


def grant(call: Call) -> Response:
    """Record a written consent."""

    def act(who: PersonId) -> str:
        purpose = _chosen_purpose(call, "grant-purpose")
        media = tuple(medium for medium in Medium if medium.value in call.form.all("medium"))
        if not media:
            raise Wrong("grant-medium", "choose pictures, video or both")
        first, last = date_field(call.form, "grant-from"), date_field(call.form, "grant-until")
        if first and last and last < first:
            raise Wrong("grant-until", "the last day is before the first")
        held = call.school.register.grant(
            who, purpose, evidence_field(call, "grant-evidence"), media=media, valid_from=first, valid_to=last
        )
        stays = " They stay covered, because a hold is set." if held else ""
        return f"The written consent for {purpose} is recorded.{stays}"

    return acted(call, act)


def withdraw(call: Call) -> Response:
    """Record a withdrawal."""

    def act(who: PersonId) -> str:
        everything = call.form.get("withdraw-purpose") == "*"
        purpose = None if everything else _chosen_purpose(call, "withdraw-purpose")
        destroyed = call.school.register.withdraw(who, evidence_field(call, "withdraw-evidence"), purpose)
        gone = f" {count(destroyed, 'face template')} destroyed." if destroyed else ""
        return f"The withdrawal of {purpose or 'everything'} is recorded.{gone} Look below for copies to take down."

    return acted(call, act)


def hold(call: Call) -> Response:
    """Set a hold; no reason is asked for."""

    def act(who: PersonId) -> str:
        kind = _chosen_hold(call, "hold-kind")
        call.school.register.set_hold(who, kind)
        return f"The hold {kind} is set. Look below for copies to take down."

    return acted(call, act)


def lift(call: Call) -> Response:
    """Lift a hold, if the person typed the word."""

    def act(who: PersonId) -> str:
        kind = _chosen_hold(call, "lift-kind")
        if call.form.get("lift-word").casefold() != LIFT:
            raise Wrong(f"lift-word-{kind}", f'type the word "{LIFT}" to lift the hold')
        call.school.register.lift_hold(who, kind)
        return f"The hold {kind} is lifted. The consents on record count again."

    return acted(call, act)


def take_back(call: Call) -> Response:
    """Take copies out of the outbox that the person no longer agrees to, and make them again."""

    def act(who: PersonId) -> str:
        taken = call.school.take_back(who)
        if taken.queued and not taken.left_to_another_run:
            call.office.runner.start()
        said = [f"{count(taken.queued, 'copy is', 'copies are')} being made again without them."]
        said += [f"{item}: taken back; put its photo in again." for item in taken.without_original]
        said += [f"{trouble.message} {trouble.remedy}" for trouble in taken.still_there]
        return " ".join(said)

    return acted(call, act)


def place(call: Call) -> Response:
    """Record where a copy was published."""

    def act(_who: PersonId) -> str:
        where = call.form.get("place")
        if not where:
            raise Wrong(f"place-{call.form.get('copy')}", "say where the copy was published")
        call.school.record_place([call.form.get("copy")], where)
        return "The place is recorded."

    return acted(call, act)


def taken_down(call: Call) -> Response:
    """Record that a copy is no longer where it was published."""

    def act(_who: PersonId) -> str:
        where = call.form.get("place")
        if not where:
            raise Wrong("main", "say where the copy was taken down")
        call.school.record_place([call.form.get("copy")], where, taken_down=True)
        return "It is recorded that the copy was taken down there."

    return acted(call, act)


def worksheet(call: Call) -> Response:
    """The take-down list for a spreadsheet program."""
    data = worksheet_csv(call.school.find(who_of(call))).encode("utf-8-sig")
    headers = {"content-disposition": 'attachment; filename="take-down.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def acted(call: Call, act: Callable[[PersonId], str]) -> Response:
    """Do something about the person of the address, and show their page: with what was done, or with the problem."""
    who = who_of(call)
    try:
        call.session.notice = act(who)
    except Wrong as problem:
        return person(call, problem)
    except UsageError as error:
        return person(call, Wrong("main", f"{error.message}. {error.remedy}"))
    return see_other(f"/people/{who}")


def who_of(call: Call) -> PersonId:
    """The person of the address. Raises UsageError if there is none."""
    return exactly(call.school, call.parts["person"])


def exactly(school: School, text: str) -> PersonId:
    """The person with this very id, never by a name. Raises UsageError if there is none."""
    who = school.person(text)
    if who != text:
        raise UsageError("the register has no such person", remedy="Choose somebody from the list of people.")
    return who


def _purposes(school: School) -> tuple[Purpose, ...]:
    return tuple(map(Purpose, school.settings.publishing.purposes))


def _class_of(person: Person) -> str:
    """The heading that they are listed under."""
    if not person.present:
        return "Left"
    return ", ".join(sorted(person.groups, key=group_key)) or "No class"


def _class_key(person: Person) -> tuple[object, ...]:
    """The same for every spelling of a class; whoever has left comes last."""
    return not person.present, sorted(map(group_key, person.groups)) if person.present else []


def _by_class_and_name(person: Person) -> tuple[object, ...]:
    return *_class_key(person), person.names.surname.casefold(), person.names.forename.casefold()


def _chosen_purpose(call: Call, name: str) -> Purpose:
    if not call.form.get(name):
        raise Wrong(name, "choose what it is about")
    return call.school.purpose(call.form.get(name))


def _chosen_hold(call: Call, name: str) -> Hold:
    try:
        return Hold(call.form.get(name))
    except ValueError:
        raise Wrong(name, "choose a kind of hold") from None


def evidence_field(call: Call, name: str) -> str:
    """Where the family's own words are filed. Raises Wrong if the field is empty."""
    if not call.form.get(name):
        raise Wrong(name, "say where the family's own words are filed")
    return call.form.get(name)
