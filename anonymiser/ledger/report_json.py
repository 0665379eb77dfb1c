"""A PhotoReport as JSON and back, for the ledger; the lines that `--json` prints use the same parts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from anonymiser.values.decision import FaceDecision, Keep, LabelDecision, Obscure
from anonymiser.values.devices import DeviceEvidence
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import (
    Copy,
    Duplicate,
    FaceReport,
    Failed,
    LabelReport,
    Outcome,
    OutcomeKind,
    PhotoReport,
    Refused,
    Released,
    Sealed,
    Waits,
)
from anonymiser.wording import say


def report_to_json(report: PhotoReport) -> str:
    """One line of JSON; like the report, it holds no pixels, embeddings or names."""
    fields = {
        "outcome": report.kind,
        "reasons": [reason_to_json(reason) for reason in report.reasons],
        "copy": None if report.shown is None else _copy_to_json(report.shown),
        "seconds": report.seconds,
    }
    return json.dumps(fields, ensure_ascii=False)


def report_from_json(text: str) -> PhotoReport:
    """The report that `report_to_json` wrote."""
    fields = json.loads(text)
    reasons = tuple(map(reason_from_json, fields["reasons"]))
    copy = None if fields["copy"] is None else _copy_from_json(fields["copy"])
    return PhotoReport(outcome_of(OutcomeKind(fields["outcome"]), reasons, copy), fields["seconds"])


def reason_to_json(reason: Reason) -> dict[str, Any]:
    """Code, text and data; the text is what people were told, and is never read back."""
    return {"code": reason.code.stable_name, "text": say(reason), **reason.values}


def reason_from_json(fields: Mapping[str, Any]) -> Reason:
    """The reason that `reason_to_json` wrote; one that this version does not know keeps its text."""
    try:
        code = Code.named(fields["code"])
        return code(**{name: fields[name] for name in code.fields})
    except KeyError:
        return Code.EARLIER(sentence=fields["text"])


def face_to_json(face: FaceReport) -> dict[str, Any]:
    """One face; `reason` is for people, `reason_code` for programs."""
    kept = isinstance(face.decision, Keep)
    return {
        "box": list(face.box),
        "score": face.score,
        "decision": "keep" if kept else "obscure",
        "reason": say(face.decision.reason),
        "reason_code": reason_to_json(face.decision.reason),
        "person": face.decision.person,
        "could_be": sorted(face.decision.could_be) if isinstance(face.decision, Keep) else [],
    }


def label_to_json(label: LabelReport) -> dict[str, Any]:
    """One name label or clue; of a clue, `reason_code` has the kind. What it says is not known here."""
    return {
        "box": list(label.box),
        "decision": "keep" if isinstance(label.decision, Keep) else "obscure",
        "reason": say(label.decision.reason),
        "reason_code": reason_to_json(label.decision.reason),
    }


def _copy_to_json(copy: Copy) -> dict[str, Any]:
    return {
        "sha256": copy.sha256,
        "source_wh": copy.source_wh,
        "output_wh": copy.output_wh,
        "faces": [face_to_json(face) for face in copy.faces],
        "labels": [label_to_json(label) for label in copy.labels],
        "taken_on": copy.taken_on,
        "device": copy.device,
        "device_evidence": copy.device_evidence,
        "notices": [reason_to_json(reason) for reason in copy.notices],
        "crop": None if copy.crop is None else list(copy.crop),
        "answers": [None if answer is None else reason_to_json(answer) for answer in copy.answers],
    }


def _copy_from_json(fields: Mapping[str, Any]) -> Copy:
    return Copy(
        sha256=fields["sha256"],
        source_wh=_size(fields["source_wh"]),
        output_wh=_size(fields["output_wh"]),
        faces=tuple(FaceReport(box_of(face["box"]), face["score"], _decision(face)) for face in fields["faces"]),
        labels=tuple(LabelReport(box_of(label["box"]), _label_decision(label)) for label in fields["labels"]),
        taken_on=fields["taken_on"],
        device=fields["device"],
        notices=tuple(map(reason_from_json, fields["notices"])),
        # Copies that an earlier version made lack what it did not know.
        device_evidence=None if fields.get("device_evidence") is None else DeviceEvidence(fields["device_evidence"]),
        crop=None if fields.get("crop") is None else box_of(fields["crop"]),
        answers=tuple(None if a is None else reason_from_json(a) for a in fields.get("answers", ())),
    )


def _label_decision(label: Mapping[str, Any]) -> LabelDecision:
    reason = reason_from_json(label["reason_code"])
    return Keep(None, reason) if label["decision"] == "keep" else Obscure(reason)


def _decision(face: Mapping[str, Any]) -> FaceDecision:
    person = None if face["person"] is None else PersonId(face["person"])
    reason = reason_from_json(face["reason_code"])
    if face["decision"] == "keep":
        return Keep(person, reason, frozenset(map(PersonId, face["could_be"])))
    return Obscure(reason, person)


def outcome_of(kind: OutcomeKind, reasons: tuple[Reason, ...], copy: Copy | None) -> Outcome:
    """The outcome with these parts. Raises ValueError if a copy is missing that must be there."""
    match kind, copy:
        case OutcomeKind.RELEASED, Copy():
            return Released(copy)
        case OutcomeKind.REVIEW, Copy():
            return Waits(copy, reasons)
        case OutcomeKind.SEALED, _:
            return Sealed(reasons)
        case OutcomeKind.QUARANTINED, _:
            return Refused(reasons)
        case OutcomeKind.DUPLICATE, _:
            return Duplicate(reasons, copy)
        case OutcomeKind.FAILED, _:
            return Failed(reasons)
    raise ValueError(f"a photo that was {kind} comes with a copy")


def box_of(values: Sequence[float]) -> Box:
    """Four numbers as a box."""
    left, top, right, bottom = values
    return left, top, right, bottom


def _size(values: Sequence[int]) -> tuple[int, int]:
    return values[0], values[1]
