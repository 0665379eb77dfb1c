"""Settings and health, in words: what the program does in this school, and whether it can."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response

from anonymiser.consent.biometrics import GateState
from anonymiser.desk.pages import count
from anonymiser.desk.routes import Call
from anonymiser.health import Finding, check_computer
from anonymiser.settings import RecognitionGate, RedactionStyle, Release, Settings

_STYLES = {
    RedactionStyle.TONES: "with soft tones that are taken from the rest of the picture, not from the head",
    RedactionStyle.STICKER: "with a yellow sticker",
    RedactionStyle.BLUR: "with a soft grey cloud that is the same for every head",
    RedactionStyle.MOSAIC: "with grey squares that are the same for every head",
    RedactionStyle.FILL: "with plain grey",
}


def health(call: Call) -> Response:
    """Everything that needs no network to be loaded."""
    return _page(call, call.school.health())


def check(call: Call) -> Response:
    """The same with the computer: packages, models, and whether the networks give the right answers."""
    return _page(call, [*check_computer(), *call.school.health()])


def _page(call: Call, findings: list[Finding]) -> Response:
    school = call.school
    gate = school.register.gate() if school.has_register else GateState(open=False)
    return call.page(
        "health.html",
        findings=sorted(findings, key=lambda finding: finding.ok),
        status_now=school.status(),
        words=tuple(_in_words(school.settings, gate)),
        checked=call.asked.route.changes,
        root=str(school.workspace.root),
    )


def _in_words(settings: Settings, gate: GateState) -> Iterator[tuple[str, str]]:
    """Question and answer, with the line of anonymiser.toml that would change it."""
    publishing = settings.publishing
    if publishing.release is Release.AUTOMATIC:
        yield (
            "Who looks before a photo is released?",
            "Nobody, if the program has no doubt. Otherwise it waits for you.",
        )
    elif publishing.release is Release.TWO_PEOPLE:
        yield "Who looks before a photo is released?", "Two people, every time: both approve the very same copy."
    else:
        yield "Who looks before a photo is released?", "A person, every time."
    yield "What are photos for, if nobody says?", publishing.default_purpose
    yield "What are families asked about?", ", ".join(publishing.purposes)
    yield "How are people covered?", f"The whole head is covered {_STYLES[publishing.style]}."
    size = f"at most {publishing.max_megapixels:g} megapixels" if publishing.max_megapixels else "as large as the photo"
    yield "How large are copies?", f"{size}, quality {publishing.jpeg_quality}"
    yield "Are faces recognised?", _gate(settings, gate)
    consent = settings.consent
    yield (
        "How old may consents be?",
        f"After {count(consent.stale_warning_days, 'day')} you are reminded; after "
        f"{count(consent.stale_refusal_days, 'day')} nothing is released until they are imported again.",
    )


def _gate(settings: Settings, gate: GateState) -> str:
    if not gate.open:
        return "No: everybody is covered until you show somebody yourself."
    whom = (
        "only for a group in which everybody has agreed"
        if settings.recognition.gate is RecognitionGate.WHOLE_GROUP
        else "of those who have agreed"
    )
    since = f" since {gate.since.astimezone():%d/%m/%Y}" if gate.since else ""
    return f"Yes{since}, {whom}. Impact assessment: {gate.dpia}, approved by {gate.approved_by}."
