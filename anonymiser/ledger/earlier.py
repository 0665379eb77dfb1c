"""Reports as ledgers of version 1 and 2 stored them: reasons were English sentences, which this module reads back.

The sentences below are what those versions wrote. They are kept as they were, whatever wording.py says today.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from anonymiser.ledger.report_json import box_of, outcome_of
from anonymiser.values.decision import FaceDecision, Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import Copy, FaceReport, LabelReport, OutcomeKind, PhotoReport

_WAITED = {
    Code.MAY_BE_UNSUITABLE: "the picture may be unsuitable: please look before it is used",
    Code.MAY_SHOW_SWIMWEAR: "the picture may show swimwear",
    Code.HOLD: "somebody who must not be shown may be in this picture",
    Code.NO_FACE_FOUND: "somebody may be near the {place}, where no face was found",
    Code.EVERY_PHOTO_WAITS: "this school looks at every photo before release",
}
_OTHER = {  # in this order: the last one would fit what some of the others say
    Code.MAY_BE_INDECENT: "the picture may be indecent: only the safeguarding lead may deal with it",
    Code.SEALED_BEFORE: "the same picture was sealed before",
    Code.PHOTO_SEALED: "the photo is sealed",
    Code.HELD: "somebody who must not be shown",
    Code.NAMED: "named by a label in the picture",
    Code.BESIDE_LABEL: "next to a name label",
    Code.LOOKS_LIKE_REFUSED: "looks like somebody who has not agreed",
    Code.NOT_RECOGNISED: "not recognised",
    Code.NOT_LOCATED: "eyes, nose and mouth cannot be made out",
    Code.NOT_CLEAR: "resembles somebody enrolled, but not clearly enough",
    Code.TWO_PEOPLE: "resembles two enrolled people",
    Code.TWO_FACES: "two faces in the photo resemble the same person",
    Code.TOO_SMALL: "too small",
    Code.TURNED_AWAY: "turned away",
    Code.MISPLACED_FEATURES: "its features are not where a face has them",
    Code.BLURRED: "blurred",
    Code.EYES_HIDDEN: "eyes hidden",
    Code.RECOGNITION_OFF: "recognition is off",
    Code.GATE_CLOSED: "face recognition is switched off",
    Code.NOBODY_COULD_BE_HERE: "nobody is enrolled who could be here",
    Code.UNKNOWN_GROUP: "the event's group is not in the register",
    Code.NO_GROUP: "no group was declared, and recognition runs only for a whole group that agreed",
    Code.NOBODY_AGREED: "nobody here has a live consent for face recognition",
    Code.NOBODY_ENROLLED: "nobody here is enrolled for face recognition",
    Code.NO_RECORD: "no consent on record",
    Code.MUST_NOT_BE_SHOWN: "must not be shown",
    Code.WITHDRAWN: "consent for {purpose} was withdrawn",
    Code.NOT_YET: "consent for {purpose} begins on {first_day}",
    Code.ENDED: "consent for {purpose} ended on {last_day}",
    Code.NO_CONSENT: "no consent for {purpose}: {why}",
    Code.FULL_NAME: "a pupil's full name can be read",
    Code.AGREED: "consent for {purpose}",
}
_WHY = {
    "the family said no": "said-no",
    "no answer on record": "blank",
    "an answer that nobody has explained to the program": "unlisted",
    "the answers on record disagree": "conflict",
    "a date that cannot be read for sure": "date",
    "it is not certain whose answer it is": "ambiguous",
    "no longer in the school's list": "vanished",
}
_NOTICES = {
    Code.VIDEO_LEFT_OUT: "the file also held a short video, which was left out",
    Code.PICTURE_LEFT_OUT: "the file also held a second picture or a depth or brightness map, which was left out",
    Code.DEPTH_LEFT_OUT: "the file also held a depth or brightness map, which was left out",
    Code.FRAMES_LEFT_OUT: "the file held several pictures or pages: only the main or first one was used",
    Code.CAMERA_NOTES_DAMAGED: "the camera's notes in the file are damaged: turning and date may be missing",
    Code.PROFILE_UNUSABLE: "the colour profile in the file is damaged: colours may look different",
}


def read_report(text: str) -> PhotoReport:
    """The report that a ledger of version 1 or 2 stored as `text`."""
    fields = json.loads(text)
    said = [read_reason(sentence) for sentence in fields["reasons"]]
    reasons = tuple(reason for reason in said if reason.code not in _NOTICES)
    copy = None
    if fields["source_wh"] is not None and fields["output_wh"] is not None:
        copy = _copy(fields, tuple(reason for reason in said if reason.code in _NOTICES))
    return PhotoReport(outcome_of(OutcomeKind(fields["outcome"]), reasons, copy), fields["seconds"])


def read_reason(sentence: str) -> Reason:
    """The reason that a version wrote as `sentence`; one that is not among them keeps its text."""
    for code, pattern in _PATTERNS:
        if found := pattern.fullmatch(sentence):
            values = found.groupdict()
            if values.get("why", "") in _WHY:
                values["why"] = _WHY[values["why"]]
            for day in ("first_day", "last_day"):
                if day in values:
                    values[day] = dt.datetime.strptime(values[day], "%d/%m/%Y").date().isoformat()  # noqa: DTZ007 - a day
            return code(**values)
    return Code.EARLIER(sentence=sentence)


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(sentence)))


_PATTERNS = [(code, _pattern(text)) for code, text in (_WAITED | _NOTICES | _OTHER).items()]


def _copy(fields: Mapping[str, Any], notices: tuple[Reason, ...]) -> Copy:
    return Copy(
        sha256=fields["output_sha256"] or "",
        source_wh=(fields["source_wh"][0], fields["source_wh"][1]),
        output_wh=(fields["output_wh"][0], fields["output_wh"][1]),
        faces=tuple(FaceReport(box_of(face["box"]), face["score"], _decision(face)) for face in fields["faces"]),
        labels=tuple(
            LabelReport(box_of(label["box"]), Obscure(read_reason(label["reason"]))) for label in fields["labels"]
        ),
        taken_on=fields["taken_on"],
        device=fields["device"],
        notices=notices,
    )


def _decision(face: Mapping[str, Any]) -> FaceDecision:
    person = None if face["person"] is None else PersonId(face["person"])
    reason = read_reason(face["reason"])
    if face["decision"] == "keep":
        return Keep(person, reason, frozenset(map(PersonId, face.get("could_be", ()))))
    return Obscure(reason, person)
