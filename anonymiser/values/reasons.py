"""Why something was decided: a code with data, which rules compare. Only wording.py turns it into English."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Datum: TypeAlias = str | int


@enum.unique
class Code(enum.Enum):
    """Every reason that the program gives; a member's value is its stable name, then the names of its data.

    `Code.NO_CONSENT(purpose="website", why="said-no")` makes the `Reason`. A stable name is never given another
    meaning, because ledgers keep it.
    """

    # Of a photo: why it waits, or is sealed.
    MAY_BE_INDECENT = ("may-be-indecent",)
    MAY_BE_UNSUITABLE = ("may-be-unsuitable",)
    MAY_SHOW_SWIMWEAR = ("may-show-swimwear",)
    HOLD = ("hold",)
    """Somebody who must not be shown may be in the picture: no reviewer can overrule it while the hold stands."""
    NO_FACE_FOUND = ("no-face-found", "place")
    SECOND_FACE = ("second-face", "place")
    FINE_PATTERN = ("fine-pattern",)
    TOO_FAINT = ("too-faint",)
    NOTHING_VISIBLE = ("nothing-visible",)
    MOSTLY_COVERED = ("mostly-covered",)
    EVERY_PHOTO_WAITS = ("every-photo-waits",)
    SEALED_BEFORE = ("sealed-before",)
    DEVICE_NOT_ON_LIST = ("device-not-on-list", "device")
    """Also a remark about a photo that does not wait, or why it is refused: as the school chose."""
    DEVICE_NO_EVIDENCE = ("device-no-evidence",)
    """The same."""
    CHANGED_BY_PERSON = ("changed-by-person",)
    """Somebody changed the copy, or wants to look at it again."""
    ACT_REFUSED = ("act-refused",)
    """Something that somebody asked for was not done; the report says why for each act."""

    # Of a face: why it is kept or obscured.
    AGREED = ("agreed", "purpose")
    PHOTO_SEALED = ("photo-sealed",)
    HELD = ("held",)
    NAMED = ("named",)
    BESIDE_LABEL = ("beside-label",)
    LOOKS_LIKE_REFUSED = ("looks-like-refused",)
    NOT_RECOGNISED = ("not-recognised",)
    NOT_LOCATED = ("not-located",)
    NOT_CLEAR = ("not-clear",)
    TWO_PEOPLE = ("two-people",)
    TWO_FACES = ("two-faces",)
    TOO_SMALL = ("too-small",)
    TURNED_AWAY = ("turned-away",)
    MISPLACED_FEATURES = ("misplaced-features",)
    BLURRED = ("blurred",)
    EYES_HIDDEN = ("eyes-hidden",)
    SHOWN_BY_PERSON = ("shown-by-person", "purpose")
    COVERED_BY_PERSON = ("covered-by-person",)
    NOT_A_FACE = ("not-a-face",)

    # Why something that a person asked for was not done.
    NO_FACE_THERE = ("no-face-there",)
    SEVERAL_FACES_THERE = ("several-faces-there",)
    NO_LABEL_THERE = ("no-label-there",)
    SHOWN_ALREADY = ("shown-already",)
    RESEMBLES_SOMEBODY = ("resembles-somebody",)
    NOT_CONFIRMED = ("not-confirmed",)
    CROPPED_AWAY = ("cropped-away",)

    # Why nobody can be recognised at an event.
    RECOGNITION_OFF = ("recognition-off",)
    GATE_CLOSED = ("gate-closed",)
    NOBODY_COULD_BE_HERE = ("nobody-could-be-here",)
    UNKNOWN_GROUP = ("unknown-group",)
    NO_GROUP = ("no-group",)
    GROUP_NOT_AGREED = ("group-not-agreed", "missing")
    NOBODY_AGREED = ("nobody-agreed",)
    NOBODY_ENROLLED = ("nobody-enrolled",)
    TOO_MANY_PEOPLE = ("too-many-people", "people", "most")

    # Why a person may not be shown, or recognised.
    NO_RECORD = ("no-record",)
    MUST_NOT_BE_SHOWN = ("must-not-be-shown",)
    WITHDRAWN = ("withdrawn", "purpose")
    NO_CONSENT = ("no-consent", "purpose", "why")
    NOT_YET = ("not-yet", "purpose", "first_day")
    ENDED = ("ended", "purpose", "last_day")
    BIOMETRIC_REFUSED = ("biometric-refused",)
    BIOMETRIC_IN_DOUBT = ("biometric-in-doubt",)
    BIOMETRIC_NO_RECORD = ("biometric-no-record",)
    BIOMETRIC_NOT_NOTIFIED = ("biometric-not-notified",)
    BIOMETRIC_ENDED = ("biometric-ended", "last_day")

    # Of a label, or of another text or code; never what it says.
    FULL_NAME = ("full-name",)
    NOT_A_NAME = ("not-a-name",)
    CLUE = ("clue", "kind")
    CLUE_COVERED_BY_PERSON = ("clue-covered-by-person", "kind")
    CLUE_SHOWN_BY_PERSON = ("clue-shown-by-person", "kind")

    # Of a file that is not processed.
    UNREADABLE = ("unreadable", "detail", "remedy")
    UNSUPPORTED = ("unsupported", "detail", "remedy")
    OVERSIZED = ("oversized", "detail", "remedy")
    UNUSABLE_EVENT = ("unusable-event", "detail", "remedy")
    LARGE_FILE = ("large-file", "megabytes")
    STILL_WRITTEN = ("still-written",)
    NO_READ_ACCESS = ("no-read-access",)
    NO_FOLDER_ACCESS = ("no-folder-access",)
    TOO_DEEP = ("too-deep",)
    NO_FILE_ACCESS = ("no-file-access",)
    LINK = ("link",)
    NOT_A_FILE = ("not-a-file",)

    # Of a photo that the program could not finish.
    FAILED_CHECK = ("failed-check", "detail")
    NO_MEMORY = ("no-memory",)
    DISK_ERROR = ("disk-error", "detail")
    CRASHED = ("crashed", "error")
    DEFECT = ("defect", "error")
    GIVEN_UP = ("given-up",)
    NOT_THE_CHECKED_COPY = ("not-the-checked-copy",)
    IN_USE = ("in-use",)
    LATE = ("late", "detail")
    """Not finished yet: it is tried again by itself."""
    GONE = ("gone",)

    # Of a picture that was there before.
    ALREADY_PROCESSED = ("already-processed", "item")
    SAME_PICTURE = ("same-picture", "item")

    # Remarks about the file that change nothing.
    VIDEO_LEFT_OUT = ("video-left-out",)
    PICTURE_LEFT_OUT = ("picture-left-out",)
    DEPTH_LEFT_OUT = ("depth-left-out",)
    FRAMES_LEFT_OUT = ("frames-left-out",)
    CAMERA_NOTES_DAMAGED = ("camera-notes-damaged",)
    PROFILE_UNUSABLE = ("profile-unusable",)
    NAMES_NOT_READ = ("names-not-read",)
    TURNED_UPRIGHT = ("turned-upright", "degrees")
    MAY_NEED_TURNING = ("may-need-turning",)

    EARLIER = ("earlier", "sentence")
    """A sentence that an earlier version stored and this one does not know."""

    def __init__(self, stable_name: str, *fields: str) -> None:
        self.stable_name = stable_name
        self.fields = fields

    def __call__(self, **data: Datum) -> Reason:
        """The reason with its data. Raises TypeError if the data are not those that the code carries."""
        if data.keys() != set(self.fields):
            raise TypeError(f"{self.name} carries {', '.join(self.fields) or 'no data'}")
        return Reason(self, tuple((name, data[name]) for name in self.fields))

    @staticmethod
    def named(stable_name: str) -> Code:
        """The code with that stable name. Raises KeyError if this version has none."""
        return _BY_NAME[stable_name]


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its data; two are equal if both code and data are. Made by calling a `Code`."""

    code: Code
    data: tuple[tuple[str, Datum], ...] = ()
    """Pairs of field and value in the order of `Code.fields`; never a pupil's name."""

    @property
    def values(self) -> Mapping[str, Datum]:
        """The data by field."""
        return dict(self.data)


_BY_NAME = {code.stable_name: code for code in Code}

WAITING = (
    Code.MAY_BE_UNSUITABLE, Code.MAY_SHOW_SWIMWEAR, Code.HOLD, Code.NO_FACE_FOUND, Code.SECOND_FACE, Code.FINE_PATTERN,
    Code.TOO_FAINT, Code.NOTHING_VISIBLE, Code.MOSTLY_COVERED, Code.EVERY_PHOTO_WAITS,
    Code.DEVICE_NOT_ON_LIST, Code.DEVICE_NO_EVIDENCE, Code.CHANGED_BY_PERSON, Code.ACT_REFUSED,
)  # fmt: skip
"""Every code that makes a photo wait for a person."""

WORRYING = frozenset({Code.MAY_BE_UNSUITABLE, Code.MAY_SHOW_SWIMWEAR})
"""Codes for which a photo opens behind a button, because an office is not private, and is used for nothing else."""

CLUES = frozenset({Code.CLUE, Code.CLUE_COVERED_BY_PERSON, Code.CLUE_SHOWN_BY_PERSON})
"""Every code of text, or of a code in the picture, that is no name."""
