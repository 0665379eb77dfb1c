"""Consents brought in by clicking: file, columns, answers, look, done. A guess counts once it is clicked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from anonymiser.consent.proposal import Proposal, Question
from anonymiser.desk.forms import Form, Wrong
from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Call, Visit
from anonymiser.errors import ImportRefused, UsageError
from anonymiser.school import Coverage
from anonymiser.school.consents import Choices, Imported
from anonymiser.school.wizard import ConsentFile, answered, silent_answers
from anonymiser.school.wizard import answers as answers_of
from anonymiser.values.consent import Medium

STEPS = ("File", "Columns", "Answers", "Check", "Done")
ROLES = {
    "forename": "the child's forename",
    "surname": "the child's surname",
    "name": "the child's whole name",
    "preferred": "the name in daily use",
    "person_id": "the child's id",
    "groups": "the class",
    "parent": "who answered",
    "answered_on": "when they answered",
    "valid_from": "the first day of the consent",
    "valid_to": "the last day of the consent",
    "hold": "who must not be shown",
    "role": "pupil, staff or visitor",
}
"""Lines of a mapping, and what each is, in the order of the page."""
_NAMED = ({"forename", "surname"}, {"name"})
_ALWAYS_ASKED = frozenset({"groups", "hold"})
"""Asked even if nothing was guessed: a hold that is overlooked would let a child be shown."""
USE, _LEFT_OUT = "for ", "no"
"""What a question is about: a purpose after the word, or nothing that has to do with pictures."""
COVERAGES = (
    (Coverage.USUAL.value, "The whole school. Whoever is not in it has left."),
    (Coverage.PARTIAL.value, "Only a part of the school, such as one class. Everybody else keeps what they have."),
    (Coverage.COMPLETE.value, "The whole school, although it is much shorter than the last list."),
)
CHOICES = {
    "again": ("--again", "This is the newest list, although it was imported before and another one since."),
    "accept_new_yes": (
        "--accept-new-yes",
        "Where the record says no and this file says yes, the families have agreed since. I have checked that.",
    ),
    "accept_turned": (
        "--accept-turned",
        "Most answers for a purpose are the opposite of before, or most people are new. I have checked the list.",
    ),
}
"""What a person may say of the file: the command line's word for it, and the sentence that they agree to."""


def file(call: Call) -> Response:
    """Step 1."""
    return call.page("import-file.html", steps=STEPS, step=0, importing=call.session.importing is not None)


async def receive(visit: Visit) -> Response:
    """The export, as it comes."""
    session = visit.asked.signed_in
    if session.importing is not None:
        session.importing.discard()
        session.importing = None
    with await visit.office.thread.ask(lambda school: school.receive_consents()) as upload:
        async for piece in visit.request.stream():
            upload.write(piece)
        session.importing = await asyncio.to_thread(upload.finish)
    return JSONResponse({"next": _next(session.importing)})


def again(call: Call) -> Response:
    """Drop the export and begin anew."""
    if call.session.importing is not None:
        call.session.importing.discard()
        call.session.importing = None
    return see_other("/import")


def columns(call: Call, problem: Wrong | None = None) -> Response:
    """Step 2: who is who."""
    found = _to_map(call)
    if found is None:
        return see_other("/import")
    importing, proposal = found
    guessed = dict(proposal.columns)
    chosen = {role: call.form.get(role) if role in call.form else guessed.get(role, "") for role in ROLES}
    asked = _asked(chosen, guessed, problem)
    roles = [(role, text, chosen[role], guessed.get(role, "")) for role, text in ROLES.items()]
    return call.page(
        "import-columns.html",
        status=422 if problem else 200,
        steps=STEPS,
        step=1,
        problem=problem,
        roles=[one for one in roles if one[0] in asked],
        more=[one for one in roles if one[0] not in asked],
        columns=tuple(importing.columns),
        cells={heading: " \u00b7 ".join(cells) for heading, cells in importing.columns.items()},
        changed=importing.changed,
        confirmed="right" in call.form,
    )


def _asked(chosen: Mapping[str, str], guessed: Mapping[str, str], problem: Wrong | None) -> set[str]:
    """What is asked straight away; the rest is folded away, for files that say more."""
    named = next((named for named in _NAMED if named & guessed.keys()), set().union(*_NAMED))
    wrong = {problem.field_id} if problem else set()
    return {*_ALWAYS_ASKED, *named, *wrong, *(role for role, heading in chosen.items() if heading)}


def say_columns(call: Call) -> Response:
    """What a person says of the columns."""
    found = _to_map(call)
    if found is None:
        return see_other("/import")
    importing, proposal = found
    try:
        importing.proposal = _with_columns(proposal, importing, call.form)
    except Wrong as problem:
        return columns(call, problem)
    return see_other("/import/answers")


def answers(call: Call, problem: Wrong | None = None) -> Response:
    """Step 3: which answer means that the family agrees."""
    found = _to_map(call)
    if found is None:
        return see_other("/import")
    _, proposal = found
    purposes = call.school.settings.publishing.purposes
    return call.page(
        "import-answers.html",
        status=422 if problem else 200,
        steps=STEPS,
        step=2,
        problem=problem,
        form=call.form,
        uses=[(f"{USE}{purpose}", purpose) for purpose in purposes],
        questions=_in_order(proposal),
        unused=proposal.unused,
    )


def _in_order(proposal: Proposal) -> list[tuple[int, Question, tuple[str, ...], tuple[str, ...]]]:
    """Questions with their numbers and answers; those that say what they are about come first."""
    numbered = sorted(enumerate(proposal.questions, start=1), key=lambda one: not one[1].purpose)
    return [(number, question, answers_of(question), silent_answers(question)) for number, question in numbered]


def say_answers(call: Call) -> Response:
    """What a person says of the answers; from here on the mapping is confirmed."""
    found = _to_map(call)
    if found is None:
        return see_other("/import")
    importing, proposal = found
    purposes = call.school.settings.publishing.purposes
    try:
        importing.confirm(_with_answers(proposal, call.form, purposes))
    except Wrong as problem:
        return answers(call, problem)
    return see_other("/import/look")


def look(call: Call, refusal: UsageError | ImportRefused | None = None) -> Response:
    """Step 4: what would change, counted, before anything is written."""
    importing = call.session.importing
    if importing is None or (importing.proposal is not None and importing.mapping is None):
        return see_other("/import")
    imported = None
    if not isinstance(refusal, ImportRefused):
        try:
            choices = _choices(call.form)
            choices["dry_run"] = True
            imported = importing.apply(call.school.register, _coverage(call.form), **choices)
        except ImportRefused as refused:
            refusal = refused
    return call.page(
        "import-look.html",
        status=422 if refusal else 200,
        steps=STEPS,
        step=3,
        refusal=refusal,
        remedy=_remedy(refusal),
        imported=imported,
        coverages=_coverages(call, refusal),
        coverage=_coverage(call.form).value,
        choices=_choices_offered(call.form, refusal, imported),
        chosen=_choices(call.form),
        questions=importing.proposal is not None,
        remembered=importing.mapping == importing.saved,
        form=call.form,
    )


def record(call: Call) -> Response:
    """Step 5: record all of it, or nothing."""
    importing = call.session.importing
    if importing is None:
        return see_other("/import")
    if call.form.get("checked") != "yes":
        return look(call, UsageError("the last box is not ticked", remedy="Look at the numbers, then tick it."))
    try:
        imported = importing.apply(call.school.register, _coverage(call.form), **_choices(call.form))
    except ImportRefused as refusal:
        return look(call, refusal)
    call.session.importing, call.session.imported = None, imported
    return see_other("/import/done")


def done(call: Call) -> Response:
    """What was recorded."""
    imported = call.session.imported
    if imported is None:
        return see_other("/import")
    return call.page("import-done.html", steps=STEPS, step=4, imported=imported, notices=call.school.register.notices)


def _next(importing: ConsentFile) -> str:
    return "/import/columns" if importing.proposal is not None else "/import/look"


def _to_map(call: Call) -> tuple[ConsentFile, Proposal] | None:
    """The export and what is proposed for it; None if there is no export, or it needs no mapping."""
    importing = call.session.importing
    if importing is None or importing.proposal is None:
        return None
    return importing, importing.proposal


def _with_columns(proposal: Proposal, importing: ConsentFile, form: Form) -> Proposal:
    chosen = {role: form.get(role) for role in ROLES if form.get(role)}
    for role, heading in chosen.items():
        if heading not in importing.columns:
            raise Wrong(role, "choose a column from the list")
        if list(chosen.values()).count(heading) > 1:
            raise Wrong(role, "one column can only be one thing")
    if not any(named <= chosen.keys() for named in _NAMED):
        raise Wrong("forename", "say which columns hold the child's forename and surname, or the whole name")
    if "name" in chosen and {"forename", "surname"} & chosen.keys():
        raise Wrong("name", "choose either the whole name, or forename and surname")
    if form.get("right") != "yes":
        raise Wrong("right", "compare the columns with their first cells, then tick the box")
    before = {heading for _, heading in proposal.columns}
    freed = tuple(heading for heading in before if heading not in chosen.values())
    return replace(
        proposal,
        columns=tuple(chosen.items()),
        questions=tuple(question for question in proposal.questions if question.heading not in chosen.values()),
        unused=tuple(
            dict.fromkeys(heading for heading in (*proposal.unused, *freed) if heading not in chosen.values())
        ),
    )


def _with_answers(proposal: Proposal, form: Form, purposes: Sequence[str]) -> Proposal:
    kept: list[Question] = []
    left: list[str] = []
    for number, question in enumerate(proposal.questions, start=1):
        use = form.get(f"use-{number}")
        if use == _LEFT_OUT:
            left.append(question.heading)
        elif use.startswith(USE) and (purpose := use.removeprefix(USE)) in purposes:
            kept.append(_answered(question, number, form, purpose))
        else:
            raise Wrong(f"use-{number}", f'say what "{question.heading}" is about')
    if not kept:
        raise Wrong("use-1", "at least one question has to be about photos")
    return replace(proposal, questions=tuple(kept), unused=(*proposal.unused, *left), left_out=tuple(left))


def _answered(question: Question, number: int, form: Form, purpose: str) -> Question:
    media = tuple(medium.value for medium in Medium if medium.value in form.all(f"media-{number}"))
    if not media:
        raise Wrong(f"media-{number}", "choose pictures, video or both")
    granted = tuple(
        value
        for place, value in enumerate(answers_of(question), start=1)
        if form.get(f"answer-{number}-{place}") == "yes"
    )
    if not granted:
        raise Wrong(
            f"answer-{number}", f'tick the answers under "{question.heading}" that mean yes, or leave the question out'
        )
    return answered(question, purpose, media, granted)


def _coverage(form: Form) -> Coverage:
    try:
        return Coverage(form.get("coverage"))
    except ValueError:
        return Coverage.USUAL


def _choices(form: Form) -> Choices:
    return Choices(
        again=form.get("again") == "yes",
        accept_new_yes=form.get("accept_new_yes") == "yes",
        accept_turned=form.get("accept_turned") == "yes",
    )


def _coverages(call: Call, refusal: UsageError | ImportRefused | None) -> list[tuple[str, str]]:
    """What the file may cover: nothing to choose for a first list, and a short one only where one was refused."""
    if call.school.register.newest_import() is None:
        return []
    named = refusal.remedy if refusal else ""
    short = Coverage.COMPLETE.value
    return [one for one in COVERAGES if one[0] != short or f"--{short}" in named or _coverage(call.form).value == short]


def _choices_offered(
    form: Form, refusal: UsageError | ImportRefused | None, imported: Imported | None
) -> list[tuple[str, str]]:
    """What a person can say of the file, once something in it asks for that."""
    named = refusal.remedy if refusal else ""
    chosen: Mapping[str, object] = {**_choices(form)}
    asked = {"accept_new_yes"} if imported is not None and imported.report.held_back else set()
    return [
        (name, text) for name, (option, text) in CHOICES.items() if name in asked or option in named or chosen[name]
    ]


def _remedy(refusal: UsageError | ImportRefused | None) -> str:
    """What to do on this page, where the remedy is an option of the command line."""
    if refusal is None:
        return ""
    if "--partial" in refusal.remedy:
        return "Say below what the file covers."
    if any(option in refusal.remedy for option, _ in CHOICES.values()):
        return f"{refusal.remedy.partition(', add --')[0].partition(' add --')[0]}: then tick the box for it below."
    return refusal.remedy
