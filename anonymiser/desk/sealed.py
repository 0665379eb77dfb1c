"""What is put aside for the safeguarding lead: that it exists, and what was done about it. Never the picture.

Neither picture, score nor file name comes near this page: looking at such a picture may itself be an offence.
"""

from __future__ import annotations

from starlette.responses import Response

from anonymiser.desk.forms import Form, Wrong
from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Call
from anonymiser.errors import UsageError
from anonymiser.values.sealing import SealAct

WORD = "record"
"""What a person types, so that nothing is recorded with one key."""
ACTS = (
    (SealAct.POLICE.value, "It was handed to the police"),
    (SealAct.FALSE_ALARM.value, "It was a false alarm"),
)


def listed(call: Call, problem: Wrong | None = None) -> Response:
    """Everything that is put aside, newest first."""
    return call.page(
        "sealed.html",
        status=422 if problem else 200,
        problem=problem,
        items=call.school.sealed.items(),
        acts=ACTS,
        word=WORD,
        form=call.form,
        wrong_item=call.parts.get("item", "") if problem else "",
    )


def answer(call: Call) -> Response:
    """Record what was done about one of them; no file is touched."""
    item, form = call.parts["item"], call.form
    problem = _missing(form, item)
    if problem is not None:
        return listed(call, problem)
    try:
        call.school.sealed.record(item, SealAct(form.get("what")), form.get("filed"), by=call.by)
    except UsageError as error:
        return listed(call, Wrong(f"filed-{item}", f"{error.message}. {error.remedy}"))
    call.session.notice = f"What was done about {item} is recorded."
    return see_other("/sealed")


def _missing(form: Form, item: str) -> Wrong | None:
    if form.get("what") not in {value for value, _ in ACTS}:
        return Wrong(f"what-{item}", "say what was done")
    if not form.get("filed"):
        return Wrong(f"filed-{item}", "say where this is filed")
    if form.get("word").casefold() != WORD:
        return Wrong(f"word-{item}", f'type the word "{WORD}"')
    return None
