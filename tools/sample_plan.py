"""Who is in the sample images and what each file of their inbox demonstrates; read by make_sample_images.py.

Coordinates are pixels of the rendered picture (`Shot.source`), before cropping and scaling.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from anonymiser.evaluate.truth import Because
from anonymiser.values.report import OutcomeKind

GROUP = "Oak"
PURPOSES = ("website", "social-media", "newsletter", "press", "display")
Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Cast:
    """One person of the register; every name is invented."""

    id: str
    rendered_as: str
    forename: str
    surname: str
    answers: str
    """A letter for each of PURPOSES: g(ranted), r(efused), - (never answered)."""
    valid_from: str = "2024-09-01"
    valid_to: str = ""
    hold: str = ""
    biometric: bool = True
    child_refused: bool = False

    @property
    def name(self) -> str:
        """What a label would say."""
        return f"{self.forename} {self.surname}"

    def because(self, purpose: str) -> Because:
        """Why this person's face may or may not be shown for `purpose`, labels apart."""
        answer = self.answers[PURPOSES.index(purpose)]
        if self.hold:
            return Because.HELD
        if not self.enrolled:
            return Because.NOT_ENROLLED
        if self.valid_to:
            return Because.EXPIRED
        return {"g": Because.AGREED, "r": Because.PURPOSE_REFUSED, "-": Because.NEVER_ANSWERED}[answer]

    @property
    def enrolled(self) -> bool:
        """Whether there are portraits to enrol."""
        return self.biometric and not self.child_refused


CAST = (
    Cast("pupil-001", "p00", "Elsie", "Marlow", "grggg"),
    Cast("pupil-002", "p01", "Tobi", "Adeyemi-Shaw", "-----"),
    Cast("pupil-003", "p02", "Finn", "O'Hanlon", "ggggg"),
    Cast("pupil-004", "p03", "Meera", "Solanki", "ggggg"),
    Cast("pupil-005", "p04", "Lucas", "Tan", "rrgrr"),
    Cast("pupil-006", "p05", "Zoë", "Ashworth", "grrrr"),
    Cast("pupil-007", "p06", "Ada", "Okoro", "rrrrr"),
    Cast("pupil-008", "p07", "Rohan", "Solanki", "ggggg", valid_from="2023-09-01", valid_to="2024-08-31"),
    Cast("pupil-009", "p08", "Mina", "Takeda", "ggggg"),
    Cast("pupil-010", "p09", "Owen", "Thackray", "ggggg", hold="never-publish"),
    Cast("pupil-011", "p10", "Layla", "Brookes", "ggggg"),
    Cast("pupil-012", "p11", "Rory", "Pemberton", "grgrg"),
    Cast("pupil-013", "p16", "Daisy", "Fenwick", "ggggg", child_refused=True),
    Cast("pupil-014", "p21", "Anika", "Bhatt", "ggggg", biometric=False),
    Cast("staff-001", "p12", "Helen", "Garside", "ggggg"),
    Cast("staff-002", "p13", "Sanjay", "Whitlock", "grggg"),
)


@enum.unique
class Storage(enum.Enum):
    """How a picture is written."""

    AS_RENDERED = enum.auto()
    """The renderer's own bytes; nothing is compressed twice."""
    JPEG = enum.auto()
    PNG = enum.auto()
    HEIC = enum.auto()
    MOTION_PHOTO = enum.auto()
    TRUNCATED = enum.auto()
    COPY = enum.auto()
    TEXT = enum.auto()


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """One thing with names on it, put into the scene."""

    kind: str
    people: tuple[str, ...]
    quad: Quad
    """Where the corners of the whole thing go."""


@dataclass(frozen=True, slots=True)
class EventPlan:
    """One folder of the inbox."""

    label: str
    purpose: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Shot:
    """One file of the inbox."""

    event: EventPlan
    name: str
    source: str
    shows: str
    storage: Storage = Storage.AS_RENDERED
    outcome: OutcomeKind = OutcomeKind.RELEASED
    crop: tuple[int, int, int, int] | None = None
    scale: float = 1.0
    orientation: int = 1
    labels: tuple[LabelPlan, ...] = ()
    tags: tuple[str, ...] = ()
    """Arguments for exiftool."""

    @property
    def file(self) -> str:
        """Path inside the inbox."""
        return f"{self.event.label}/{self.name}"


SPORTS = EventPlan("Sports day", "website", dt.date(2026, 6, 19))
ASSEMBLY = EventPlan("Class assembly", "newsletter", dt.date(2026, 6, 12))
CLASS = EventPlan("Class photo", "social-media", dt.date(2026, 5, 21))
CLASSROOM = EventPlan("Classroom", "website", dt.date(2026, 6, 3))
PLAYGROUND = EventPlan("Playground", "newsletter", dt.date(2026, 6, 5))
STAR = EventPlan("Star of the week", "newsletter", dt.date(2026, 6, 26))
EVENTS = (SPORTS, ASSEMBLY, CLASS, CLASSROOM, PLAYGROUND, STAR)

_GPS = ("-GPSLatitude=54.5", "-GPSLatitudeRef=N", "-GPSLongitude=3.9", "-GPSLongitudeRef=W", "-GPSAltitude=120")
_IPAD = ("-Make=Apple", "-Model=iPad (9th generation)", "-ColorSpace=sRGB")

SHOTS = (
    Shot(
        SPORTS, "IMG_4312.jpg", "groups/g02.jpg", "taken upright (orientation 6), with place, time and thumbnail",
        storage=Storage.JPEG, orientation=6, tags=(*_IPAD, *_GPS, "-DateTimeOriginal=2026:06:19 10:42:11"),
    ),
    Shot(
        SPORTS, "IMG_4313.jpg", "groups/g05.jpg", "the camera's serial number and its owner's name in the EXIF data",
        tags=(*_IPAD, "-SerialNumber=TESTSERIAL01", "-OwnerName=Sanjay Whitlock", "-UserComment=Sports day, lane 3"),
    ),
    Shot(
        SPORTS, "IMG_4315.jpg", "groups/g09.jpg", "a pupil's name in XMP and IPTC, as photo managers write it",
        tags=(
            "-XMP-iptcExt:PersonInImage=Zoë Ashworth", "-XMP-dc:Description=Zoë Ashworth before the race",
            "-IPTC:Keywords=Zoe Ashworth", "-IPTC:CodedCharacterSet=UTF8",
        ),
    ),
    Shot(
        SPORTS, "IMG_4315_copy.jpg", "IMG_4315.jpg", "the same photo under a second name",
        storage=Storage.COPY, outcome=OutcomeKind.DUPLICATE,
    ),
    Shot(
        SPORTS, "Layla Brookes in the sack race.jpg", "groups/g02.jpg", "a pupil's name as file name; soft small faces",
        storage=Storage.JPEG, crop=(545, 330, 1000, 740), scale=2.5,
    ),
    Shot(ASSEMBLY, "DSC_0101.jpg", "groups/g03.jpg", "fifteen faces, some consented, some not, visitors"),
    Shot(
        ASSEMBLY, "DSC_0102.jpg", "groups/g08.jpg", "a child on never-publish hold: the photo waits for a person",
        outcome=OutcomeKind.REVIEW,
    ),
    Shot(
        ASSEMBLY, "DSC_0103.jpg", "groups/g03.jpg", "a file that broke off while it was copied",
        storage=Storage.TRUNCATED, outcome=OutcomeKind.QUARANTINED,
    ),
    Shot(
        CLASS, "oak class 1.jpg", "groups/g00.jpg", "names on coat pegs, and a child on never-publish hold",
        storage=Storage.JPEG, outcome=OutcomeKind.REVIEW,
        labels=(
            LabelPlan("peg", ("pupil-004", "pupil-008"), ((1216, 552), (1588, 558), (1588, 640), (1216, 632))),
        ),
    ),
    Shot(
        CLASS, "oak class 2.jpg", "groups/g04.jpg", "a name sticker; larger than copies are published",
        storage=Storage.JPEG, scale=1.75,
        labels=(LabelPlan("sticker", ("pupil-006",), ((660, 516), (806, 521), (804, 568), (658, 563))),),
    ),
    Shot(
        CLASS, "oak class 3.jpg", "groups/g10.jpg", "a name on a tray; stored upside down (orientation 3)",
        storage=Storage.JPEG, orientation=3,
        labels=(LabelPlan("tray", ("pupil-003",), ((1352, 632), (1586, 626), (1586, 786), (1352, 774))),),
    ),
    Shot(
        CLASSROOM, "board.jpg", "groups/g07.jpg", "a pupil of the picture named on the board",
        storage=Storage.JPEG,
        labels=(LabelPlan("board", ("pupil-012",), ((384, 228), (934, 224), (935, 344), (385, 340))),),
    ),
    Shot(
        CLASSROOM, "notes.jpg", "", "a text file that calls itself a photo",
        storage=Storage.TEXT, outcome=OutcomeKind.QUARANTINED,
    ),
    Shot(
        PLAYGROUND, "playground 1.png", "groups/g01.jpg", "a PNG with a name in its description",
        storage=Storage.PNG, crop=(840, 330, 1490, 960),
    ),
    Shot(
        PLAYGROUND, "IMG_0007.heic", "groups/g06.jpg", "a HEIC as iPads write it",
        storage=Storage.HEIC, crop=(180, 330, 1050, 940), tags=(*_IPAD, *_GPS),
    ),
    Shot(
        PLAYGROUND, "MVIMG_20260605_101500.jpg", "groups/g11.jpg", "a motion photo: a film behind the picture",
        storage=Storage.MOTION_PHOTO, crop=(150, 280, 770, 1067),
        labels=(LabelPlan("sticker", ("pupil-011",), ((242, 700), (410, 706), (409, 756), (241, 750))),),
    ),
    Shot(
        PLAYGROUND, "IMG_0009.jpg", "groups/g11.jpg", "faces of many sizes, one in profile",
        storage=Storage.JPEG, crop=(858, 360, 1540, 1020),
    ),
    Shot(
        STAR, "IMG_0101.jpg", "portraits/p00_3.jpg", "a certificate names the child who holds it",
        storage=Storage.JPEG,
        labels=(LabelPlan("certificate", ("pupil-001",), ((92, 402), (356, 386), (364, 532), (100, 548))),),
    ),
    Shot(
        STAR, "IMG_0102.jpg", "portraits/p04_3.jpg", "a certificate again; stored on its side (orientation 8)",
        storage=Storage.JPEG, orientation=8,
        labels=(LabelPlan("certificate", ("pupil-005",), ((88, 390), (350, 404), (342, 548), (80, 534))),),
    ),
    Shot(STAR, "IMG_0103.jpg", "portraits/p03_2.jpg", "one child whose family agreed"),
    Shot(STAR, "IMG_0104.jpg", "portraits/p05_2.jpg", "one child whose family agreed to the website only"),
)  # fmt: skip
