"""The English of every reason, for notes, terminal, page and the texts beside codes in JSON.

To change what people read, change it here: no rule of the program compares these sentences. Each is a clause or the
end of a sentence, has no full stop, names nobody, and is as short as it can be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from anonymiser.values.labels import ClueKind
from anonymiser.values.reasons import Code, Datum, Reason

NOT_ON_LIST = "no longer in the school's list"

_TEXTS = {
    Code.MAY_BE_INDECENT: "the picture may be indecent: only the safeguarding lead may deal with it",
    Code.MAY_BE_UNSUITABLE: "the picture may be unsuitable: please look before it is used",
    Code.MAY_SHOW_SWIMWEAR: "the picture may show swimwear",
    Code.HOLD: "somebody who must not be shown may be in this picture",
    Code.NO_FACE_FOUND: "somebody may be near the {place}, where no face was found",
    Code.FINE_PATTERN: "a fine pattern lies over the picture, and faces or names may be hidden behind it",
    Code.TOO_FAINT: "a part of the picture is so faint that faces may hide in it",
    Code.SECOND_FACE: "there may be a second face inside the one near the {place}",
    Code.NOTHING_VISIBLE: "nobody is visible in this copy",
    Code.MOSTLY_COVERED: "most of this copy is covered",
    Code.EVERY_PHOTO_WAITS: "this school looks at every photo before release",
    Code.DEVICE_NOT_ON_LIST: "the file names the {device}, which is not on the school's list of devices",
    Code.DEVICE_NO_EVIDENCE: "nothing in the file says which device took it",
    Code.CHANGED_BY_PERSON: "somebody has changed this copy, or wants to see it again",
    Code.ACT_REFUSED: "not everything that somebody asked for was done",
    Code.SEALED_BEFORE: "the same picture was sealed before",
    Code.AGREED: "consent for {purpose}",
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
    Code.MISPLACED_FEATURES: "eyes, nose or mouth are not where they should be on a face",
    Code.BLURRED: "blurred",
    Code.EYES_HIDDEN: "eyes hidden",
    Code.SHOWN_BY_PERSON: "named by a reviewer, with consent for {purpose}",
    Code.COVERED_BY_PERSON: "covered by a reviewer",
    Code.NOT_A_FACE: "not a face, says a reviewer",
    Code.NO_FACE_THERE: "the program found no face there",
    Code.SEVERAL_FACES_THERE: "the program found more than one face there",
    Code.NO_LABEL_THERE: "the program read no name there",
    Code.SHOWN_ALREADY: "already shown elsewhere in this photo",
    Code.RESEMBLES_SOMEBODY: "it resembles somebody enrolled",
    Code.NOT_CONFIRMED: "it was not confirmed",
    Code.CROPPED_AWAY: "it is outside the part that is kept",
    Code.RECOGNITION_OFF: "recognition is off",
    Code.GATE_CLOSED: "nobody has said who this is, and face recognition is off",
    Code.NOBODY_COULD_BE_HERE: "nobody who could be here is enrolled",
    Code.UNKNOWN_GROUP: "the event's group is not in the register",
    Code.NO_GROUP: "no group was named, and recognition runs only for a group in which everybody has agreed",
    Code.GROUP_NOT_AGREED: "not everybody in the group has agreed to face recognition ({missing} missing)",
    Code.NOBODY_AGREED: "nobody here has a live consent for face recognition",
    Code.NOBODY_ENROLLED: "nobody here is enrolled for face recognition",
    Code.TOO_MANY_PEOPLE: "a face would have to be compared with {people} people, and {most} is the most that is safe: "
    "name a smaller group",
    Code.NO_RECORD: "no consent on record",
    Code.MUST_NOT_BE_SHOWN: "must not be shown",
    Code.WITHDRAWN: "consent for {purpose} was withdrawn",
    Code.NO_CONSENT: "no consent for {purpose}: {why}",
    Code.NOT_YET: "consent for {purpose} begins on {first_day}",
    Code.ENDED: "consent for {purpose} ended on {last_day}",
    Code.BIOMETRIC_REFUSED: "face recognition was refused",
    Code.BIOMETRIC_IN_DOUBT: "a list may say no to face recognition: record what the family said",
    Code.BIOMETRIC_NO_RECORD: "no consent for face recognition on record",
    Code.BIOMETRIC_NOT_NOTIFIED: "the parents have not been notified about face recognition",
    Code.BIOMETRIC_ENDED: "consent for face recognition ended on {last_day}",
    Code.FULL_NAME: "a pupil's full name can be read",
    Code.NOT_A_NAME: "not a name, says a reviewer",
    Code.CLUE: "{kind}",
    Code.CLUE_COVERED_BY_PERSON: "{kind}, covered by a reviewer",
    Code.CLUE_SHOWN_BY_PERSON: "{kind}, left as it is by a reviewer",
    Code.UNREADABLE: "{detail}{remedy}",
    Code.UNSUPPORTED: "{detail}{remedy}",
    Code.OVERSIZED: "{detail}{remedy}",
    Code.UNUSABLE_EVENT: "the photos of this folder stay where they are: {detail}{remedy}",
    Code.LARGE_FILE: "the file is larger than {megabytes} MB",
    Code.STILL_WRITTEN: "the file was still being written",
    Code.NO_READ_ACCESS: "this account is not allowed to read the file",
    Code.NO_FOLDER_ACCESS: "this account is not allowed to open the folder",
    Code.TOO_DEEP: "there are too many folders in one another here: move the photos further up",
    Code.NO_FILE_ACCESS: "this account is not allowed to look at the file",
    Code.LINK: "this is a link to another place, not a photo; links are never followed",
    Code.NOT_A_FILE: "this is not a file with a picture in it, but a pipe, a socket or a device",
    Code.FAILED_CHECK: "the finished copy did not pass its check: {detail}",
    Code.NO_MEMORY: "this computer has too little memory for the photo",
    Code.DISK_ERROR: "the file could not be read or written ({detail})",
    Code.CRASHED: "the photo could not be processed ({error})",
    Code.DEFECT: "a defect in anonymiser ({error})",
    Code.GIVEN_UP: "the computer could not finish this photo: it stopped the program twice, or took too long",
    Code.NOT_THE_CHECKED_COPY: "the finished copy is not the one that was checked",
    Code.IN_USE: "the file is in use by another program, or this account is not allowed to move it",
    Code.LATE: "{detail}; it is tried again by the next batch, or by watch within a minute",
    Code.GONE: "the file has gone from the folder of photos being processed",
    Code.ALREADY_PROCESSED: "already processed as {item}",
    Code.SAME_PICTURE: "the same picture as {item}",
    Code.VIDEO_LEFT_OUT: "the file also held a short video, which was left out",
    Code.PICTURE_LEFT_OUT: "the file also held a second picture or a depth or brightness map, which was left out",
    Code.DEPTH_LEFT_OUT: "the file also held a depth or brightness map, which was left out",
    Code.FRAMES_LEFT_OUT: "the file held several pictures or pages: only the main or first one was used",
    Code.CAMERA_NOTES_DAMAGED: "the camera data in the file is damaged: the photo may be turned the wrong way, "
    "and its date may be missing",
    Code.PROFILE_UNUSABLE: "the colour profile in the file is damaged: colours may look different",
    Code.NAMES_NOT_READ: "names in the picture were not looked for, because no register says whose they are",
    Code.TURNED_UPRIGHT: "the photo was turned clockwise by {degrees} degrees, so that its heads are upright",
    Code.MAY_NEED_TURNING: "the photo may be the wrong way up: if it is, turn the original and put it into the inbox",
    Code.EARLIER: "{sentence}",
}

_WHY = {
    "said-no": "the family said no",
    "blank": "no answer on record",
    "unlisted": "an answer that nobody has explained to the program",
    "conflict": "the answers on record disagree",
    "date": "a date that cannot be read for sure",
    "ambiguous": "it is not certain whose answer it is",
    "vanished": NOT_ON_LIST,
    "misfit": "the row does not fit the headings of the list",
    "struck": "the answer is struck out",
    "remark": "a comment in the list has to be read first",
    "merged": "the answer stands in a merged cell",
    "name": "the name in the list has a sign that no name has",
    "no-day": "its dates leave no day",
}
"""What completes "no consent for website: ..." (see consent/rules.py)."""


_CLUES = {
    ClueKind.SCHOOL: "words of a school",
    ClueKind.CLASS: "the name of a class",
    ClueKind.ADDRESS: "an address or a postcode",
    ClueKind.PHONE: "a phone number",
    ClueKind.WEB: "a web or e-mail address",
    ClueKind.PLATE: "a vehicle's number plate",
    ClueKind.CODE: "a QR code or a barcode",
}
_TRY_AGAIN = (
    "Try it once more: anonymise quarantine restore {id}. If it comes back, open it in a picture program, save it as "
    "JPEG, and put that into the inbox."
)
_ASK_FOR_ACCESS = (
    "Ask whoever looks after this computer to let this account read it, then run: anonymise quarantine restore {id}"
)
_REMEDIES = {
    Code.LARGE_FILE: "Save a smaller copy of it in a picture program, and put that into the inbox.",
    Code.STILL_WRITTEN: "Once it is written whole, run: anonymise quarantine restore {id}",
    Code.NO_READ_ACCESS: _ASK_FOR_ACCESS,
    Code.NO_FOLDER_ACCESS: _ASK_FOR_ACCESS,
    Code.NO_FILE_ACCESS: _ASK_FOR_ACCESS,
    Code.LINK: "Put the photo itself into the inbox, not a link to it.",
    Code.NOT_A_FILE: "Put the photo itself into the inbox.",
    Code.NO_MEMORY: "Close other programs, then run: anonymise quarantine restore {id}",
    Code.DISK_ERROR: "Check the disk, then run: anonymise quarantine restore {id}",
    Code.IN_USE: "Close it in the other program; the next batch, or watch, takes it from the inbox.",
    Code.GONE: "If the photo should be published, put it into the inbox again.",
    Code.FAILED_CHECK: _TRY_AGAIN,
    Code.CRASHED: _TRY_AGAIN,
    Code.DEFECT: _TRY_AGAIN,
    Code.GIVEN_UP: _TRY_AGAIN,
    Code.NOT_THE_CHECKED_COPY: _TRY_AGAIN,
    Code.DEVICE_NOT_ON_LIST: "If the device is the school's, put it on the list with: anonymise devices add --from "
    "PHOTO. Then run: anonymise quarantine restore {id}",
    Code.DEVICE_NO_EVIDENCE: "Put the file into the inbox as it came from the device: messaging apps and editors strip "
    "this. Or approve its folder with: anonymise devices add --folder NAME. Then run: anonymise quarantine restore "
    "{id}",
}
_SAVE_ANEW = "If it is a photo, open it in a picture program, save it as JPEG, and put that into the inbox."


def remedy(reason: Reason, item_id: str) -> str:
    """What to do about a file that was not processed, as whole sentences: the reason's own remedy where it has one."""
    return str(reason.values.get("remedy") or _REMEDIES.get(reason.code, _SAVE_ANEW)).replace("{id}", item_id)


def say(reason: Reason, *, with_remedy: bool = True) -> str:
    """The reason in plain English, one clause; its own remedy follows, unless that is told elsewhere."""
    data = {name: _in_words(name, value) for name, value in reason.data}
    if not with_remedy and "remedy" in data:
        data["remedy"] = ""
    return _TEXTS[reason.code].format_map(data)


def say_kind(stable_name: str) -> str:
    """A kind of reason in plain English, without the data of any one photo; an unknown name stands for itself."""
    try:
        code = Code.named(stable_name)
    except KeyError:
        return stable_name.replace("-", " ")
    return _KINDS.get(code) or _TEXTS[code].format_map(dict.fromkeys(code.fields, "..."))


_KINDS = {
    Code.UNREADABLE: "the file is damaged, empty, or not a picture",
    Code.UNSUPPORTED: "a kind of file that is never processed, such as a video",
    Code.OVERSIZED: "the picture is too large to open safely",
    Code.LATE: "another program had the file open",
    Code.NO_FACE_FOUND: "somebody may be in a place where no face was found",
    Code.SECOND_FACE: "there may be a second face inside another",
    Code.DEVICE_NOT_ON_LIST: "the file names a device that is not on the school's list",
    Code.LARGE_FILE: "the file is too large",
    Code.FAILED_CHECK: "the finished copy did not pass its check",
    Code.DISK_ERROR: "the file could not be read or written",
    Code.CRASHED: "the photo could not be processed",
    Code.DEFECT: "a defect in anonymiser",
    Code.ALREADY_PROCESSED: "already processed",
    Code.SAME_PICTURE: "the same picture as an earlier one",
    Code.CLUE: "text or a code that tells where a child is",
    Code.CLUE_COVERED_BY_PERSON: "text or a code, covered by a reviewer",
    Code.CLUE_SHOWN_BY_PERSON: "text or a code, left as it is by a reviewer",
    Code.EARLIER: "a reason that an earlier version of the program gave",
    Code.UNUSABLE_EVENT: "what the photos of a folder are for cannot be used",
}
"""Where the text is less without its data."""


def say_all(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Each reason in plain English, in order."""
    return tuple(map(say, reasons))


def say_repeated(first: str, copy: str | None, *, moved: bool) -> str:
    """Of a duplicate: where the copy of the `first` went, and how to get another.

    `copy` is its place in the workspace, if it is known; `moved` says whether the file was taken out of the inbox.
    """
    went = "waits as" if copy and copy.startswith("review/") else "went to"
    where = f"; its copy {went} {copy}" if copy else ""
    how = "put it into the inbox again and run anonymise batch" if moved else "run anonymise batch FOLDER"
    another = f"to have it for another purpose, {how} --purpose PURPOSE"
    return f"the same picture was taken before, as {first}{where}; {another}"


def why(stable_name: str) -> str:
    """What completes "no consent for website: ..."; an unknown name stands for itself."""
    return _WHY.get(stable_name, stable_name)


def _in_words(name: str, value: Datum) -> str:
    match name:
        case "why":
            return why(str(value))
        case "kind":
            return _CLUES[ClueKind(str(value))] if value in set(ClueKind) else str(value)
        case "remedy":
            return f". {value}" if value else ""
        case "first_day" | "last_day":
            return f"{dt.date.fromisoformat(str(value)):%d/%m/%Y}"
    return str(value)
