"""The plain-English `.txt` beside everything that a person has to deal with. No note contains a pupil's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anonymiser.ledger.item import Item, Origin
from anonymiser.values.decision import Obscure
from anonymiser.values.faces import Place
from anonymiser.values.photo import Box, turned_box
from anonymiser.values.reasons import CLUES, Code
from anonymiser.values.report import Copy, FaceReport, LabelReport, OutcomeKind, PhotoReport
from anonymiser.wording import remedy, say, say_all


def review_note(item: Item, *, two_people: bool = False) -> str:
    """Why a copy waits, and what to do with it; `two_people` if two have to approve it."""
    report = item.report
    obscured = sum(isinstance(face.decision, Obscure) for face in report.faces)
    kept = sum(face.decision.reason.code is not Code.NOT_A_FACE for face in report.faces) - obscured
    texts = [label for label in report.labels if label.decision.reason.code in CLUES]
    removed = sum(isinstance(label.decision, Obscure) for label in report.labels if label not in texts)
    return _text(
        f"Photo {item.id}: please look before it is used",
        f"Event: {item.event.label}. Meant for: {item.event.purpose}.",
        "Why it waits:",
        *_list(say_all((report.reasons or (Code.EVERY_PHOTO_WAITS(),)) + report.notices)),
        f"In the copy: {_count(obscured, 'face')} obscured, {_count(kept, 'face')} visible, "
        f"{_count(removed, 'name label')} removed.",
        *_list(_face_reasons(report.faces)),
        *_other_text(texts, report.shown),
        *_not_done(report),
        "What to do:",
        *_how_to_release(item, two_people=two_people),
        "  If it must not be used: move the .jpg into the folder 'reject',",
        f"  or run: anonymise review reject {item.id}",
        "  If the picture worries you (somebody may be at risk): close it, tell nobody but the safeguarding lead,",
        f"  and run: anonymise review refer {item.id}",
        "Do not edit the .jpg: only a copy exactly as it was written can be released.",
    )


def _how_to_release(item: Item, *, two_people: bool) -> tuple[str, ...]:
    if Code.HOLD() in item.report.reasons:
        return ("  It cannot be published while the hold stands, not even with the person obscured.",)
    if two_people:
        return (
            "  To publish the copy as it is, two people have to approve it, at the desk,",
            f"  or each with: anonymise review approve {item.id} --by NAME",
        )
    return (
        "  To publish the copy as it is: move the .jpg into the folder 'approve' beside this note,",
        f"  or run: anonymise review approve {item.id}",
    )


def returned_note(item: Item, why: str, *, two_people: bool = False) -> str:
    """A review note that begins with why a verdict could not be carried out."""
    return f"NOT RELEASED: {why}\n\n{review_note(item, two_people=two_people)}"


def quarantine_note(item: Item, source: Path | None) -> str:
    """Why a file could not be processed. `source` is None if the file stayed in its own folder."""
    failed = item.outcome is OutcomeKind.FAILED
    return _text(
        f"File {item.id}: {'the program could not finish it' if failed else 'not processed'}",
        "Why:",
        *_list([say(reason, with_remedy=False) for reason in item.report.reasons]),
        "The file is beside this note, unchanged."
        if source
        else "The file is still where it was, unchanged; it was not copied.",
        "What to do:",
        *(f"  {line}" for line in dict.fromkeys(remedy(reason, item.id) for reason in item.report.reasons)),
        "  If nobody needs it, delete it.",
        f"No copy of it was released for {item.event.purpose}.",
    )


def sealed_note(item: Item, original_name: str | None, elsewhere: Sequence[str]) -> str:
    """For the safeguarding lead alone.

    `original_name` may be a name or a path; it is kept in this folder only. `elsewhere` says where else the same
    picture is known to be.
    """
    moved = item.origin is Origin.INBOX
    return _text(
        f"Item {item.id}: FOR THE DESIGNATED SAFEGUARDING LEAD ONLY",
        "Do not open, copy, print, send or delete it. Do not open the inbox or the device that it came from.",
        f"When: {item.received_at:%d %B %Y, %H:%M} UTC. Event: {item.event.label}.",
        f"Why: {'a member of staff referred it' if item.verdict else '; '.join(say_all(item.report.reasons))}.",
        f"Original name: {original_name or 'not kept'}",
        f"The file beside this note named {item.id} holds the unchanged bytes; it has no suffix, so that nothing "
        "shows a preview of it."
        if moved
        else "The file was NOT moved: it is still in the folder that was processed. Keep everybody away from it.",
        "The same picture is known to be in:" if elsewhere else "No other copy of the same picture is known here.",
        *_list(elsewhere),
        "There may be more copies: on the device that took it, in its cloud storage, in backups.",
        "What to do: follow the school's safeguarding procedure. In immediate danger call 999; otherwise the police",
        "on 101; the LADO if an adult is involved. This note accuses nobody: the program guesses, and most of the",
        "pictures that it seals are harmless.",
        "anonymiser never deletes what is in this folder.",
    )


def _not_done(report: PhotoReport) -> tuple[str, ...]:
    refusals = [say(answer) for answer in (report.shown.answers if report.shown else ()) if answer]
    return ("Asked for, but not done:", *_list(refusals)) if refusals else ()


def _face_reasons(faces: Sequence[FaceReport]) -> tuple[str, ...]:
    reasons = [say(face.decision.reason) for face in faces if isinstance(face.decision, Obscure)]
    return tuple(f"{reasons.count(reason)} x {reason}" for reason in dict.fromkeys(reasons))


def _other_text(texts: Sequence[LabelReport], copy: Copy | None) -> tuple[str, ...]:
    if not texts or copy is None:
        return ()
    said = dict.fromkeys(
        f"near the {_place(text.box, copy)}: {say(text.decision.reason)} "
        f"({'covered' if isinstance(text.decision, Obscure) else 'not covered'})"
        for text in texts
    )
    return ("Also in the picture:", *_list(list(said)))


def _place(box: Box, copy: Copy) -> Place:
    whole = copy.crop or (0.0, 0.0, float(copy.source_wh[0]), float(copy.source_wh[1]))
    (left, top, right, bottom), (x, y, end_x, end_y) = (
        turned_box(one, copy.source_wh, copy.turn_degrees) for one in (box, whole)
    )
    return Place.at(((left + right) / 2 - x) / (end_x - x), ((top + bottom) / 2 - y) / (end_y - y))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"  - {line}" for line in lines)


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"
