"""Face recognition: the gate, who agreed to it, and who looks alike."""

from __future__ import annotations

from starlette.responses import Response

from anonymiser.consent.rules import BiometricFact
from anonymiser.desk.forms import Wrong, date_field
from anonymiser.desk.pages import see_other
from anonymiser.desk.people import acted, evidence_field, exactly
from anonymiser.desk.routes import Call
from anonymiser.errors import UsageError
from anonymiser.values.people import PersonId
from anonymiser.wording import say

CLOSE = "close"
"""What a person types to switch recognition off: the next photos then show nobody by themselves."""


def page(call: Call, problem: Wrong | None = None) -> Response:
    """The gate, how far enrolment has come, and pairs to compare."""
    if not call.school.has_register:
        return call.page("no-people.html")
    return call.page(
        "recognition.html",
        status=422 if problem else 200,
        problem=problem,
        form=call.form,
        state=call.school.recognition.state(),
        close=CLOSE,
    )


def open_gate(call: Call) -> Response:
    """Switch recognition on, with who answers for it."""
    for name, message in {"dpia": "give the reference of the assessment", "approved-by": "say who approved it"}.items():
        if not call.form.get(name):
            return page(call, Wrong(name, message))
    call.school.register.open_gate(call.form.get("dpia"), call.form.get("approved-by"))
    call.session.notice = "Face recognition is on for people who agreed to it in writing."
    return see_other("/recognition")


def close_gate(call: Call) -> Response:
    """Switch recognition off, if the person typed the word."""
    if call.form.get("close-word").casefold() != CLOSE:
        return page(call, Wrong("close-word", f'type the word "{CLOSE}" to switch recognition off'))
    call.school.register.close_gate()
    call.session.notice = "Face recognition is off: from now on nobody is recognised."
    return see_other("/recognition")


def compare(call: Call) -> Response:
    """Record what a person saw when they compared two who look alike."""
    pair = [exactly(call.school, call.form.get(name)) for name in ("first", "second")]
    answer = call.form.get("answer")
    if answer not in {"same", "different"}:
        raise UsageError("nobody said how alike they are", remedy="Choose one of the two buttons.")
    call.school.register.declare_lookalikes(pair, alike=answer == "same")
    call.session.notice = (
        "Recorded: neither is shown unless both have agreed."
        if answer == "same"
        else "Recorded: the program may tell them apart by their faces."
    )
    return see_other("/recognition")


def agree(call: Call) -> Response:
    """Record a parent's written consent to face recognition."""

    def act(who: PersonId) -> str:
        evidence = evidence_field(call, "biometric-evidence")
        told = date_field(call.form, "biometric-told")
        if told is None:
            raise Wrong("biometric-told", "give the day by which every parent had been told in writing")
        ruling = call.school.register.record_biometric_consent(
            who,
            evidence=evidence,
            parents_notified=told,
            expires=date_field(call.form, "biometric-until"),
            lifts_refusal="biometric-lifts" in call.form,
        )
        but = f" Even so, their face may not be learned: {say(ruling.because)}." if ruling.because else ""
        return f"The consent to face recognition is recorded.{but}"

    return acted(call, act)


def refuse(call: Call) -> Response:
    """Record that a parent or the child objects; what was learned is destroyed at once."""

    def act(who: PersonId) -> str:
        says = {"parent": BiometricFact.OBJECTION, "child": BiometricFact.CHILD_REFUSAL}
        if call.form.get("refused-by") not in says:
            raise Wrong("refused-by", "choose who objects")
        fact = says[call.form.get("refused-by")]
        call.school.register.record_biometric_refusal(who, fact, call.form.get("refused-evidence"))
        return "The refusal is recorded. What was learned about their face is destroyed."

    return acted(call, act)
