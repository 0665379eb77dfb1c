"""What a person did in the editor, as the page sends it: acts on boxes, never pixels. And a photo for the page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from anonymiser import wording
from anonymiser.desk.pages import count
from anonymiser.errors import UsageError
from anonymiser.school.views import FaceState, FaceView, Hand, PhotoView, Standing
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Show, combined

_WORDS = {
    FaceState.COVERED: "covered",
    FaceState.SHOWN: "shown",
    FaceState.NOT_A_FACE: "not a face",
}


def acts_from_page(text: str) -> tuple[Act, ...]:
    """The whole list, each later act taking the place of earlier ones about the same face.

    Raises UsageError if it is not what the editor sends.
    """
    try:
        return combined((), tuple(map(_act, list(json.loads(text)))))
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError("the changes cannot be read", remedy="Reload the page and make them again.") from error


def _act(value: Mapping[str, Any]) -> Act:
    box = tuple(float(number) for number in value["box"])
    if len(box) != 4 or not all(map(math.isfinite, box)):
        raise ValueError("no box")
    place = (box[0], box[1], box[2], box[3])
    match value["do"]:
        case "cover":
            return Cover(place)
        case "show":
            return Show(place, PersonId(str(value["person"])))
        case "not-a-face":
            return NotAFace(place, confirmed=value["confirmed"] is True)
        case "not-a-name":
            return NotAName(place, confirmed=value["confirmed"] is True)
        case "crop":
            return Crop(place)
    raise ValueError("no act")


def _to_page(act: Act) -> dict[str, object]:
    box = list(act.box)
    match act:
        case Show():
            return {"do": "show", "box": box, "person": act.person}
        case NotAFace():
            return {"do": "not-a-face", "box": box, "confirmed": act.confirmed}
        case NotAName():
            return {"do": "not-a-name", "box": box, "confirmed": act.confirmed}
        case Crop():
            return {"do": "crop", "box": box}
    return {"do": "cover", "box": box}


def photo_to_page(view: PhotoView, names: Mapping[PersonId, str]) -> dict[str, object]:
    """Everything that the editor needs of one photo. It holds names, so it goes into the page and nowhere else."""
    return {
        "id": view.id,
        "size": list(view.size),
        "frame": list(view.frame),
        "part": list(view.part) if view.part else None,
        "seen": view.sha256,
        "published": published_path(view),
        "before": f"/photo/{view.id}/before" if view.original_kept else "",
        "editable": view.summary.standing is Standing.WAITS and view.original_kept,
        "faces": [_face(face, names) for face in view.faces],
        "labels": [
            {
                "number": label.number,
                "box": list(label.box),
                "covered": label.covered,
                "clue": label.is_clue,
                "reason": wording.say(label.reason),
            }
            for label in view.labels
        ],
        "acts": [_to_page(ruled.act) for ruled in view.rulings],
        "refused": [
            {"box": list(ruled.act.box), "why": wording.say(ruled.why_not)} for ruled in view.rulings if ruled.why_not
        ],
        "sentence": sentence(view, names),
        "numbers": f"{view.summary.counts.covered} covered, {view.summary.counts.shown} shown",
        "reasons": list(wording.say_all(view.summary.reasons)),
    }


def published_path(view: PhotoView) -> str:
    """The address of the copy, and of no other; empty if there is none."""
    return f"/photo/{view.id}/published/{view.sha256}" if view.sha256 else ""


def _face(face: FaceView, names: Mapping[PersonId, str]) -> dict[str, object]:
    name = names.get(face.person, face.person) if face.person else ""
    return {
        "number": face.number,
        "box": list(face.box),
        "state": _WORDS[face.state],
        "reason": wording.say(face.reason),
        "name": name,
        "person": face.person,
        "by": "you" if face.by is Hand.PERSON else "the program",
        "found": face.found,
    }


def sentence(view: PhotoView, names: Mapping[PersonId, str]) -> str:
    """What the person who approves has to count."""
    counts = view.summary.counts
    covered = f"{counts.covered} covered"
    if counts.covered_by_person:
        covered += f" ({counts.covered_by_program} by the program, {counts.covered_by_person} by you)"
    shown = [_short(names.get(face.person, "")) if face.person else "somebody" for face in _shown(view.faces)]
    others = sum(face.state is FaceState.NOT_A_FACE for face in view.faces)
    not_faces = f", {count(others, 'area is not a face', 'areas are not faces')}" if others else ""
    who = f": {', '.join(shown)}" if shown else ""
    return f"{covered}, {counts.shown} shown{who}{not_faces}".removesuffix(".") + "."


def _short(name: str) -> str:
    """Forename and the first letter of the surname."""
    first, _, last = name.partition(" ")
    return f"{first} {last[:1]}.".strip(" .") + ("." if last else "") or "somebody"


def _shown(faces: Sequence[FaceView]) -> list[FaceView]:
    return [face for face in faces if face.state is FaceState.SHOWN]
