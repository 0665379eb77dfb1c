"""What people said about a photo as JSON and back, for the ledger."""

from __future__ import annotations

import json
from typing import Any

from anonymiser.ledger.report_json import box_of
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Show

_WORDS: dict[type[Act], str] = {
    Cover: "cover",
    Show: "show",
    NotAFace: "not-a-face",
    NotAName: "not-a-name",
    Crop: "crop",
}


def acts_to_json(acts: tuple[Act, ...]) -> str:
    """One line of JSON; equal acts give equal text."""
    return json.dumps([_act_to_json(act) for act in acts])


def acts_from_json(text: str) -> tuple[Act, ...]:
    """The acts that `acts_to_json` wrote. Raises ValueError if this version does not know one of them."""
    return tuple(map(_act_from_json, json.loads(text)))


def _act_to_json(act: Act) -> dict[str, Any]:
    fields: dict[str, Any] = {"act": _WORDS[type(act)], "box": list(map(float, act.box))}
    match act:
        case Show(person=person):
            fields["person"] = person
        case NotAFace(confirmed=confirmed) | NotAName(confirmed=confirmed):
            fields["confirmed"] = confirmed
    return fields


def _act_from_json(fields: dict[str, Any]) -> Act:
    box = box_of(fields["box"])
    match fields["act"]:
        case "cover":
            return Cover(box)
        case "show":
            return Show(box, PersonId(fields["person"]))
        case "not-a-face":
            return NotAFace(box, fields["confirmed"])
        case "not-a-name":
            return NotAName(box, fields["confirmed"])
        case "crop":
            return Crop(box)
    raise ValueError(f"no act is called {fields['act']!r}")
