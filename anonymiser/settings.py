"""anonymiser.toml as one typed object, for the command line and the library alike."""

from __future__ import annotations

import datetime as dt
import enum
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from anonymiser.errors import SettingsError
from anonymiser.settings_errors import explained, parsed, unreadable_line
from anonymiser.values.consent import STANDARD_PURPOSES
from anonymiser.values.decision import Policy
from anonymiser.values.identity import MARGIN, SURE_BY_RISK
from anonymiser.values.labels import ClueKind
from anonymiser.values.slug import slug

FILE_NAME = "anonymiser.toml"
_POLICY = Policy()
_LEAST_WORDS = 3
_OLD_THRESHOLDS = {"sure": 0.53, "could_be": 0.40}
"""Keys that settings had while faces were compared by their raw cosine, with their defaults."""


def _compared(words: str) -> int:
    """How many characters are compared with text in pictures, as labels/spelling.py takes it apart."""
    return len(re.findall(r"[^\W\d_]|[0-9]", unicodedata.normalize("NFKD", words)))


def _require(key: str, met: bool, otherwise: str) -> None:
    if not met:
        raise PydanticCustomError("relation", "{otherwise}", {"key": key, "otherwise": otherwise})


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


@enum.unique
class Release(enum.StrEnum):
    """When a photo without findings may go to the outbox."""

    AUTOMATIC = "automatic"
    AFTER_REVIEW = "after-review"
    TWO_PEOPLE = "two-people"


@enum.unique
class RedactionStyle(enum.StrEnum):
    """How an obscured head looks; none of them keeps anything of it."""

    TONES = "tones"
    STICKER = "sticker"
    BLUR = "blur"
    MOSAIC = "mosaic"
    FILL = "fill"


class Publishing(_Section):
    """What copies look like and when they are released."""

    release: Release = Release.AUTOMATIC
    """`automatic`: a photo without findings is released at once. `after-review`: every photo waits for a person.
    `two-people`: every photo waits until two people of the staff list have approved the same copy."""
    style: RedactionStyle = RedactionStyle.TONES
    """How an obscured head looks: `tones` soft tones of the rest of the photo, `sticker` a yellow sticker, `blur` a
    grey cloud, `mosaic` grey squares, `fill` plain grey. Nothing of the head is kept in any of them."""
    default_purpose: str = "website"
    """The purpose of photos if nobody has said what they are for."""
    purposes: Annotated[tuple[str, ...], Field(min_length=1)] = STANDARD_PURPOSES
    """What families are asked about. Nobody has agreed yet to a purpose that is added here."""
    max_megapixels: Annotated[float, Field(ge=0, le=200)] = 4.0
    """Photos are reduced to this size (guidance asks schools for lower resolutions); 0 keeps every pixel."""
    jpeg_quality: Annotated[int, Field(ge=50, le=98)] = 90
    """Quality of the copies; higher is better and larger."""

    @model_validator(mode="after")
    def _purposes_exist(self) -> Self:
        _require("purposes", len({slug(purpose) for purpose in self.purposes}) == len(self.purposes),
                 "must not hold two with the same folder name")  # fmt: skip
        _require("purposes", all(any(map(str.isalnum, purpose)) for purpose in self.purposes),
                 "must each have a letter or a digit")  # fmt: skip
        _require("default_purpose", self.default_purpose in self.purposes,
                 f"must be one of the purposes: {', '.join(self.purposes)}")  # fmt: skip
        return self


@enum.unique
class RecognitionGate(enum.StrEnum):
    """Whose consent recognition needs before it looks at an event's photos."""

    ENROLLED_ONLY = "enrolled-only"
    WHOLE_GROUP = "whole-group"


class Recognition(_Section):
    """How faces are matched. Whether they may be matched is not a setting: the gate in the consent register decides."""

    one_in: int = 1000
    """At most one stranger's face in this many is taken for somebody enrolled: 1000, 300 or 100, measured on public
    photos of children. Only a calibration on the school's own photos may promise less risk than 1 in 1,000."""
    margin: Annotated[float, Field(ge=MARGIN, lt=1)] = MARGIN
    """How far the best match must be ahead of the second."""
    max_gallery: Annotated[int, Field(ge=1, le=60)] = 60
    """The most people to compare with at once. In a larger group, or a larger school if the event names no group,
    everybody is obscured."""
    gate: RecognitionGate = RecognitionGate.ENROLLED_ONLY
    """`whole-group`: nobody is recognised unless everybody in the event's group has agreed to recognition."""
    template_expiry: dt.date | None = None
    """Last day of templates enrolled from now on; default: the next 31 August."""

    @model_validator(mode="before")
    @classmethod
    def _without_old_thresholds(cls, values: object) -> object:
        """Files of an earlier version hold thresholds of an older score: untouched they are passed over."""
        if not isinstance(values, dict):
            return values
        for key, untouched in _OLD_THRESHOLDS.items():
            _require(key, values.get(key, untouched) == untouched,
                     "is a threshold of an earlier version; write one_in instead, with 1000, 300 or 100")  # fmt: skip
        return {key: value for key, value in values.items() if key not in _OLD_THRESHOLDS}

    @model_validator(mode="after")
    def _risk_was_measured(self) -> Self:
        _require("one_in", self.one_in in SURE_BY_RISK,
                 "must be 1000, 300 or 100; for less risk: anonymise recognition calibrate --help")  # fmt: skip
        return self


class ConsentSettings(_Section):
    """Where the register is, and how long ago consents may have been confirmed."""

    register_url: Annotated[str, Field(pattern=r"^(postgresql://.+)?$")] = ""
    """A PostgreSQL database of this school's own, `postgresql://user@host/database`; default: a file in the workspace.
    The password is taken from the environment variable ANONYMISER_REGISTER_PASSWORD."""
    stale_warning_days: Annotated[int, Field(ge=1)] = 30
    """If anybody's consent for a purpose was last confirmed longer ago than this, every run begins with a reminder."""
    stale_refusal_days: Annotated[int, Field(ge=1, le=366)] = 100
    """If it was confirmed longer ago than this, no photo is released for that purpose. The default is longer than a
    term and the holiday after it."""

    @model_validator(mode="after")
    def _warned_before_refused(self) -> Self:
        _require("stale_warning_days", self.stale_warning_days <= self.stale_refusal_days,
                 "must not be more than stale_refusal_days")  # fmt: skip
        return self


class SuitabilitySettings(_Section):
    """The scores from which a photo is held back, 0 to 1."""

    swimwear_review: Annotated[float, Field(ge=0, le=0.95)] = _POLICY.swimwear_review
    """From here a photo waits: it may show swimwear."""
    unsuitable_review: Annotated[float, Field(ge=0, le=0.95)] = _POLICY.unsuitable_review
    """From here a photo waits: it may be unsuitable."""
    unsuitable_seal: Annotated[float, Field(gt=0, le=0.95)] = _POLICY.unsuitable_seal
    """From here a photo is sealed for the safeguarding lead. Sealing cannot be switched off."""

    @model_validator(mode="after")
    def _looked_at_before_sealed(self) -> Self:
        _require("unsuitable_review", self.unsuitable_review <= self.unsuitable_seal,
                 "must not be more than unsuitable_seal")  # fmt: skip
        return self


@enum.unique
class Runtime(enum.StrEnum):
    """What runs two of MediaPipe's networks, BlazeFace (full range) and BlazePose; all else runs in onnxruntime."""

    ONNXRUNTIME = "onnxruntime"
    MEDIAPIPE = "mediapipe"


class Detection(_Section):
    """How faces and heads are found."""

    runtime: Runtime = Runtime.ONNXRUNTIME
    """`mediapipe` needs MediaPipe's own wheel, which does not come with anonymiser."""


class Text(_Section):
    """What besides pupils' names tells where a child is, and what is done with it."""

    school_words: tuple[str, ...] = ()
    """The school's name and the words of its crest, each as people would recognise it: `["St Mary's", "Aspire to
    Shine"]`."""
    cover: tuple[ClueKind, ...] = (ClueKind.CODE,)
    """Which kinds are covered; all others are only listed for the reviewer. `school` school_words and other schools'
    names, `class` names of classes, `address` addresses and postcodes, `phone` numbers, `web` web and e-mail addresses,
    `plate` vehicles' number plates, `code` QR codes and barcodes."""

    @model_validator(mode="after")
    def _words_are_words(self) -> Self:
        _require("school_words", all(_compared(words) >= _LEAST_WORDS for words in self.school_words),
                 f"must each have at least {_LEAST_WORDS} letters, or digits 0 to 9")  # fmt: skip
        return self


@enum.unique
class DeviceAction(enum.StrEnum):
    """What becomes of a photo without the evidence that it was taken with an approved device."""

    NOTE = "note"
    WAIT = "wait"
    REFUSE = "refuse"


class Devices(_Section):
    """What becomes of photos by the school's list of devices, devices.toml; without a list, nothing is checked."""

    not_on_list: DeviceAction = DeviceAction.WAIT
    """A photo that names a device which is not on the list: `note` says so with its result, `wait` leaves it to a
    person, `refuse` puts it into quarantine."""
    no_evidence: DeviceAction = DeviceAction.NOTE
    """The same for a photo that names no device, as after most messaging apps and editors, and that came by no approved
    folder."""


class Intake(_Section):
    """Which files are taken, and when they are complete."""

    quiet_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """A file is touched only after its size and time have not changed for this long."""
    rescan_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """The inbox is listed this often, whatever the operating system reports in between."""
    max_file_megabytes: Annotated[int, Field(ge=1, le=2000)] = 200
    """Larger files are quarantined unread."""
    max_source_megapixels: Annotated[int, Field(ge=1, le=500)] = 200
    """Larger pictures are quarantined before they are decoded, which could exhaust the computer's memory."""
    min_side_pixels: Annotated[int, Field(ge=1, le=1000)] = 32
    """Smaller pictures are icons, not photos."""
    photo_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0
    """A photo that takes longer is tried once more, alone, and then given up."""
    polling: bool = False
    """For an inbox that reports no changes: `watch` compares listings instead. On a network share it does so by itself.
    The workspace itself belongs on a disk of this computer."""


class Retention(_Section):
    """How long things are kept before `anonymise tidy` deletes them, in days; 0: until somebody deletes them."""

    originals_days: Annotated[int, Field(ge=0, le=36_500)] = 400
    """Originals of photos with a copy, and of repeated ones. A copy can be made again after a withdrawal only as long
    as its original is there; the default is a school year, and the weeks until its photos are published."""
    waiting_days: Annotated[int, Field(ge=0, le=36_500)] = 120
    """Photos that wait for a person: after this they are rejected. The default is longer than a term and its
    holiday."""
    rejected_days: Annotated[int, Field(ge=0, le=36_500)] = 30
    """Originals of photos that are not used. The default leaves time to take a verdict back."""
    quarantined_days: Annotated[int, Field(ge=0, le=36_500)] = 120
    """Files that were not processed, with their notes."""
    sealed_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Sealed pictures. They may be evidence: by default only the safeguarding lead deals with them."""
    rows_days: Annotated[int, Field(ge=0, le=36_500)] = 2190
    """Records of photos of which no file is left. Without its record nobody finds a published copy again; the default
    is six years, the usual time for a claim. That a picture was sealed is never forgotten."""
    leavers_days: Annotated[int, Field(ge=0, le=36_500)] = 365
    """People who are no longer in the school's list, with their consents and templates. They are forgotten only once
    no record is left of a copy that shows them, because their consent is the proof for it."""
    at_day_end: bool = False
    """Whether `watch` tidies by itself, once a day, after midnight."""
    legal_hold: str = ""
    """Why nothing may be deleted (a court, a complaint, a request for access). While this says something, or a file
    legal-hold.txt is in the workspace's folder, nothing is deleted by time."""


class Cluster(_Section):
    """What protects the way to a cluster (`anonymise batch --scheduler tls://HOST:PORT`); without one, nothing."""

    tls_ca_file: str = ""
    """The certificate, as a PEM file, of the authority that signed those of the scheduler, the workers and this
    computer. Make one for the cluster alone: whoever has a certificate of it is trusted."""
    tls_certificate: str = ""
    """This computer's certificate, a PEM file."""
    tls_key: str = ""
    """Its key, a PEM file that only this account can read; if empty, the key is in the certificate's file."""


class Settings(_Section):
    """The whole of anonymiser.toml; every key has a safe default."""

    publishing: Publishing = Publishing()
    recognition: Recognition = Recognition()
    consent: ConsentSettings = ConsentSettings()
    detection: Detection = Detection()
    suitability: SuitabilitySettings = SuitabilitySettings()
    text: Text = Text()
    devices: Devices = Devices()
    intake: Intake = Intake()
    retention: Retention = Retention()
    cluster: Cluster = Cluster()

    @staticmethod
    def load(path: Path) -> Settings:
        """Read and check the file.

        Raises SettingsError that names the line, the key and what was expected.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
            return Settings.model_validate(parsed(text))
        except FileNotFoundError as error:
            raise SettingsError(f"there is no {FILE_NAME} in {path.parent}", remedy=_way_back(path.parent)) from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{path} is not plain text", remedy="Save it as UTF-8 text.") from error
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}", remedy="Ask for access to it.") from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                f"{path}, {unreadable_line(error)}, cannot be understood",
                remedy="Each line is a key, an equals sign and a value, with quotation marks around words.",
            ) from error
        except ValidationError as error:
            raise SettingsError(
                f"{path}, {explained(error, text, Settings)}", remedy="docs/settings.md lists every key and its values."
            ) from error


def _way_back(folder: Path) -> str:
    if (folder / "data").is_dir():
        return f"Restore it from a backup. To write it again with every default: anonymise init {folder}"
    return f"Make a workspace with: anonymise init {folder}"
