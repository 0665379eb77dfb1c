"""Composes sample_images/ from rendered pictures of people who do not exist.

    python tools/make_sample_images.py RENDERINGS [sample_images]

RENDERINGS holds `truth.json`, `portraits/` and `groups/`. exiftool has to be installed. Running it again gives
the same pictures. What goes where stands in sample_plan.py.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
import sample_labels
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from sample_plan import CAST, EVENTS, GROUP, PURPOSES, SHOTS, Cast, Shot, Storage

from anonymiser.evaluate import truth
from anonymiser.evaluate.truth import Because
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId

ABOUT = (
    "What is true of the sample photos. Nobody in them is real. Boxes are left, top, right, bottom, points are x, y, "
    "both in pixels of the upright photo. A face may be shown only where `because` is `agreed`, and has to be shown "
    "where `must_keep` is true."
)
CLEAR_PIXELS, CLEAR_VISIBLE, CLEAR_YAW, CLEAR_PITCH = 48, 0.9, 30, 15
"""A face this large (long side, as rendered), this visible and turned away no more than this many degrees is clear."""
NEAR_LABEL = 4.5
"""Face heights within which a label may be taken for the face's own."""
QUALITY = 90
_MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x10mdat" + bytes(8)
"""As much of a film as a program needs to see that there is one."""
_MOTION_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" '
    b'GCamera:MotionPhotoVersion="1"/></rdf:RDF></x:xmpmeta>'
)
_BACK = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""How an upright picture is turned before it is stored with this EXIF orientation."""
_PEOPLE = {person.id: person for person in CAST}
_RENDERED = {person.rendered_as: person for person in CAST}
_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")


@dataclass(frozen=True, slots=True)
class RenderedFace:
    """One face of truth.json as the renderer wrote it."""

    rendered_as: str
    xyxy: NDArray[np.floating]
    points: NDArray[np.floating]
    visible: float
    yaw: float
    pitch: float

    @staticmethod
    def all_of(picture: str, renderings: Path) -> list[RenderedFace]:
        """The faces of one picture."""
        images = json.loads((renderings / "truth.json").read_text())["images"]
        found = []
        for face in next(image for image in images if image["file"] == picture)["faces"]:
            x, y, width, height = face["box"]
            points = np.array([face["landmarks"][name] for name in _POINTS])
            box = np.array([x, y, x + width, y + height])
            found.append(RenderedFace(face["id"], box, points, face["visible"], face["yaw"], face["pitch"]))
        return found

    def inside(self, crop: tuple[int, int, int, int]) -> bool:
        """Whether the crop shows the face; refuses crops that cut one."""
        low, high = np.array(crop[:2]), np.array(crop[2:])
        whole = bool((self.xyxy[:2] >= low).all() and (self.xyxy[2:] <= high).all())
        if not whole and (self.xyxy[2:] > low).all() and (self.xyxy[:2] < high).all():
            raise ValueError(f"the crop {crop} cuts the face of {self.rendered_as}")
        return whole


def main(renderings: Path, target: Path) -> None:
    """Write all of the sample images, except their README."""
    for folder in ("enrolment", "inbox"):
        shutil.rmtree(target / folder, ignore_errors=True)
    write_enrolment(renderings, target / "enrolment")
    for event in EVENTS:
        event_folder = target / "inbox" / event.label
        event_folder.mkdir(parents=True)
        (event_folder / "event.toml").write_text(
            f'label = "{event.label}"\npurpose = "{event.purpose}"\ngroup = "{GROUP}"\ndate = {event.date}\n', "utf-8"
        )
    photos = photograph_all(renderings, target / "inbox")
    pupils = [
        truth.Person(id=PersonId(p.id), rendered_as=p.rendered_as, name=p.name, group=GROUP, enrolled=p.enrolled)
        for p in CAST
    ]
    strangers = {face.person for photo in photos for face in photo.faces} - set(_PEOPLE)
    others = [truth.Person(id=person, rendered_as=f"p{person[-2:]}") for person in sorted(strangers)]
    whole = truth.Truth(about=ABOUT, people=(*pupils, *others), photos=tuple(photos))
    text = json.dumps(whole.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (target / "truth.json").write_text(text + "\n", encoding="utf-8")
    write_registers(target)


def write_enrolment(renderings: Path, target: Path) -> None:
    """Copy the portraits of everybody who agreed to recognition, except those that the inbox shows."""
    in_use = {shot.source for shot in SHOTS}
    for person in CAST:
        if person.enrolled:
            portraits = [f"portraits/{person.rendered_as}_{number}.jpg" for number in range(4)]
            (target / person.id).mkdir(parents=True)
            for number, portrait in enumerate((name for name in portraits if name not in in_use), 1):
                shutil.copyfile(renderings / portrait, target / person.id / f"{number}.jpg")


def photograph_all(renderings: Path, inbox: Path) -> list[truth.Photo]:
    """Write every file of the inbox."""
    photos: dict[str, truth.Photo] = {}
    for shot in SHOTS:
        if shot.storage is Storage.COPY:
            original = f"{shot.event.label}/{shot.source}"
            shutil.copyfile(inbox / original, inbox / shot.file)
            own = {"file": shot.file, "shows": shot.shows, "outcome": shot.outcome, "same_as": original}
            photos[shot.file] = photos[original].model_copy(update=own)
            photos[original] = photos[original].model_copy(update={"same_as": shot.file})
        else:
            photos[shot.file] = photograph(shot, renderings, inbox)
    return list(photos.values())


def photograph(shot: Shot, renderings: Path, inbox: Path) -> truth.Photo:
    """Write one file of the inbox and return what is true of it."""
    path = inbox / shot.file
    photo = truth.Photo(
        file=shot.file,
        event=shot.event.label,
        purpose=Purpose(shot.event.purpose),
        date=shot.event.date,
        shows=shot.shows,
        outcome=shot.outcome,
        size=None,
    )
    if shot.storage is Storage.TEXT:
        path.write_text("Remember to take the camera to the library on Friday.\n", encoding="utf-8")
        return photo
    if shot.storage is Storage.TRUNCATED:
        data = (renderings / shot.source).read_bytes()
        path.write_bytes(data[: len(data) * 2 // 5])
        return photo
    with Image.open(renderings / shot.source) as image:
        picture = image.convert("RGB")
    crop = shot.crop or (0, 0, *picture.size)
    origin = np.array(crop[:2])
    picture = picture.crop(crop)
    if shot.scale != 1:
        picture = picture.resize(
            (round(picture.width * shot.scale), round(picture.height * shot.scale)), Image.Resampling.LANCZOS
        )
    labels: list[truth.Label] = []
    for plan in shot.labels:
        corners = (np.array(plan.quad) - origin) * shot.scale
        size = (float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0]))))
        sheet = sample_labels.draw(plan.kind, tuple(_PEOPLE[person].name for person in plan.people), size)
        picture, lines = sample_labels.place(picture, sheet, corners)
        for person, line in zip(plan.people, lines, strict=True):
            label = {"kind": plan.kind, "text": _PEOPLE[person].name, "person": person, "quad": line.round(1).tolist()}
            labels.append(truth.Label.model_validate(label))
    store(picture, shot, renderings, path)
    faces = [face for face in RenderedFace.all_of(shot.source, renderings) if face.inside(crop)]
    seen = judge(shot, faces, origin, labels)
    return photo.model_copy(update={"size": picture.size, "faces": tuple(seen), "labels": tuple(labels)})


def judge(
    shot: Shot, faces: list[RenderedFace], origin: NDArray[np.floating], labels: list[truth.Label]
) -> list[truth.Face]:
    """What has to become of every face."""
    named: set[str] = {label.person for label in labels}
    boxes = [np.concatenate([face.xyxy[:2] - origin, face.xyxy[2:] - origin]) * shot.scale for face in faces]
    near = beside(boxes, labels)
    found = []
    for face, box, is_near in zip(faces, boxes, near, strict=True):
        person = _RENDERED.get(face.rendered_as)
        because = reason(person, shot, named)
        clear = (
            max(face.xyxy[2:] - face.xyxy[:2]) >= CLEAR_PIXELS
            and face.visible >= CLEAR_VISIBLE
            and abs(face.yaw) <= CLEAR_YAW
            and abs(face.pitch) <= CLEAR_PITCH
        )
        found.append(
            truth.Face.model_validate(
                {
                    "person": person.id if person else f"stranger-0{face.rendered_as[1:]}",
                    "box": box.round(1).tolist(),
                    "points": ((face.points - origin) * shot.scale).round(1).tolist(),
                    "visible": face.visible,
                    "yaw": face.yaw,
                    "pitch": face.pitch,
                    "because": because,
                    "must_keep": because is Because.AGREED and bool(clear) and not is_near,
                }
            )
        )
    return found


def reason(person: Cast | None, shot: Shot, named: set[str]) -> Because:
    """Why the person may or may not be shown in this photo."""
    if person is None:
        return Because.STRANGER
    because = person.because(shot.event.purpose)
    return Because.NAMED if because is Because.AGREED and person.id in named else because


def beside(boxes: Sequence[NDArray[np.floating]], labels: list[truth.Label]) -> list[bool]:
    """Faces that a label may reasonably be taken to name: the nearest, and others nearly as near."""
    near = [False] * len(boxes)
    for label in labels:
        corners = np.array(label.quad)
        low, high = corners.min(0), corners.max(0)
        gaps = []
        for box in boxes:
            centre = (box[:2] + box[2:]) / 2
            gap = np.maximum(np.maximum(low - centre, centre - high), 0)
            gaps.append(float(np.hypot(*gap)) / (box[3] - box[1]))
        limit = min(NEAR_LABEL, min(gaps) * 1.5 + 0.5)
        near = [already or gap <= limit for already, gap in zip(near, gaps, strict=True)]
    return near


def store(picture: Image.Image, shot: Shot, renderings: Path, path: Path) -> None:
    """Write the upright `picture` the way a camera or a member of staff would have left it."""
    turn = _BACK[shot.orientation]
    stored = picture if turn is None else picture.transpose(turn)
    match shot.storage:
        case Storage.AS_RENDERED:
            shutil.copyfile(renderings / shot.source, path)
        case Storage.PNG:
            note = PngImagePlugin.PngInfo()
            note.add_itxt("Description", "Lucas Tan and friends")
            stored.save(path, pnginfo=note, optimize=True)
        case Storage.HEIC:
            pillow_heif.from_pillow(stored).save(path, quality=70)
        case Storage.MOTION_PHOTO:
            stored.save(path, quality=QUALITY, subsampling=0, xmp=_MOTION_XMP)
            with path.open("ab") as file:
                file.write(_MP4)
        case _:
            stored.save(path, quality=QUALITY, subsampling=0)
    tags = list(shot.tags)
    if shot.orientation != 1:
        tags += [f"-Orientation#={shot.orientation}"]
    if "thumbnail" in shot.shows:
        small = stored.copy()
        small.thumbnail((160, 160))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG")
        thumbnail = path.with_suffix(".thumbnail")
        thumbnail.write_bytes(buffer.getvalue())
        tags.append(f"-ThumbnailImage<={thumbnail}")
    if tags:
        command = ["exiftool", "-q", "-overwrite_original", *tags, str(path)]
        subprocess.run(command, check=True)  # noqa: S603 - the arguments are this program's own
    path.with_suffix(".thumbnail").unlink(missing_ok=True)


def write_registers(target: Path) -> None:
    """Write the consents, in this program's format and as a school's system exports them."""
    words = {"g": "granted", "r": "refused", "-": ""}
    with (target / "consents.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ("person_id", "forename", "surname", "class", "role", *PURPOSES, "valid_from", "valid_to", "hold")
        )
        for p in CAST:
            role = "staff" if p.id.startswith("staff") else "pupil"
            answers = [words[letter] for letter in p.answers]
            rows.writerow((p.id, p.forename, p.surname, GROUP, role, *answers, p.valid_from, p.valid_to, p.hold))
    with (target / "biometric_consent.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("person_id", "parents_notified", "evidence", "consented", "objection", "child_refused"))
        for number, p in enumerate(CAST, 1):
            consented, refused = ("yes" if value else "no" for value in (p.biometric, p.child_refused))
            rows.writerow((p.id, "2024-09-02", f"letter {number:03}", consented, "no", refused))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path("sample_images"))
