"""anonymiser.toml as one typed object, used alike by the command line and by the library."""

from __future__ import annotations

import datetime as dt
import enum
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from anonymiser.errors import SettingsError
from anonymiser.values.consent import STANDARD_PURPOSES

FILE_NAME = "anonymiser.toml"

Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@enum.unique
class Release(enum.StrEnum):
    """When a photo without findings may go to the outbox."""

    AUTOMATIC = "automatic"
    AFTER_REVIEW = "after-review"


@enum.unique
class RedactionStyle(enum.StrEnum):
    """How an obscured head looks; none of them keeps anything of it."""

    MOSAIC = "mosaic"
    BLUR = "blur"
    FILL = "fill"


class Publishing(_Section):
    """What copies look like and when they are released."""

    release: Release = Release.AUTOMATIC
    style: RedactionStyle = RedactionStyle.BLUR
    default_purpose: str = "website"
    purposes: tuple[str, ...] = STANDARD_PURPOSES
    max_megapixels: Annotated[float, Field(ge=0)] = 4.0
    """Copies are reduced to this size (guidance asks schools for lower resolutions); 0 keeps every pixel."""
    jpeg_quality: Annotated[int, Field(ge=50, le=98)] = 90


@enum.unique
class RecognitionGate(enum.StrEnum):
    """Whose consent recognition needs before it looks at an event's photos."""

    ENROLLED_ONLY = "enrolled-only"
    WHOLE_GROUP = "whole-group"


class Recognition(_Section):
    """How faces are matched; whether they may be is the gate's business (consent register), not a setting."""

    sure: Annotated[float, Field(gt=0, lt=1)] = 0.53
    """Cosine similarity from which a face may be `Known`: 1 false accept in 1,000 pairs of different children."""
    could_be: Annotated[float, Field(gt=0, lt=1)] = 0.40
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.08
    max_gallery: Annotated[int, Field(ge=1)] = 60
    """Most people matched at once: in a larger group, or a larger school where the event names no group, everybody
    is obscured."""
    gate: RecognitionGate = RecognitionGate.ENROLLED_ONLY
    """`whole-group`: nobody is recognised unless everybody in the declared group has agreed to recognition."""
    template_expiry: dt.date | None = None
    """Last day of templates enrolled from now on; default: the next 31 August."""


class ConsentSettings(_Section):
    """Where the register is, and how old the newest consent import may be."""

    register_url: Annotated[str, Field(pattern=r"^(postgresql://.+)?$")] = ""
    """A PostgreSQL database of this school's own, `postgresql://user@host/database`; default: a file in the workspace.
    The password is taken from the environment variable ANONYMISER_REGISTER_PASSWORD."""
    stale_warning_days: Annotated[int, Field(ge=1)] = 30
    """Older than this, every batch begins with a reminder to import again."""
    stale_refusal_days: Annotated[int, Field(ge=1)] = 100
    """Older than this (longer than a term and the holiday after it), nothing is published."""


class SuitabilitySettings(_Section):
    """From which scores a photo is held back."""

    swimwear_review: Share = 0.15
    unsuitable_review: Share = 0.30
    unsuitable_seal: Share = 0.85


@enum.unique
class Runtime(enum.StrEnum):
    """What runs MediaPipe's two networks, BlazeFace and BlazePose; everything else runs in onnxruntime."""

    ONNXRUNTIME = "onnxruntime"
    MEDIAPIPE = "mediapipe"


class Detection(_Section):
    """How faces and heads are found."""

    runtime: Runtime = Runtime.ONNXRUNTIME
    """`mediapipe` needs MediaPipe's own wheel, which does not come with anonymiser."""


class Intake(_Section):
    """Which files are taken, and when they are complete."""

    quiet_seconds: Annotated[float, Field(ge=0)] = 3.0
    """A file is touched only after its size and time have not changed for this long."""
    rescan_seconds: Annotated[float, Field(gt=0)] = 30.0
    """The inbox is listed this often, whatever the operating system reports in between."""
    max_file_megabytes: Annotated[int, Field(ge=1)] = 200
    max_source_megapixels: Annotated[int, Field(ge=1)] = 200
    """Larger pictures are quarantined unread: decoding them could exhaust the computer's memory."""
    min_side_pixels: Annotated[int, Field(ge=1)] = 32
    photo_seconds: Annotated[float, Field(gt=0)] = 300.0
    """A photo that takes longer hangs: it is tried once more and then set aside."""
    polling: bool = False
    """For an inbox that reports no changes, as one linked from a network share: `watch` compares listings instead.
    The workspace itself belongs on a disk of this computer."""


class Settings(_Section):
    """The whole of anonymiser.toml; every key has a safe default."""

    publishing: Publishing = Publishing()
    recognition: Recognition = Recognition()
    consent: ConsentSettings = ConsentSettings()
    detection: Detection = Detection()
    suitability: SuitabilitySettings = SuitabilitySettings()
    intake: Intake = Intake()

    @staticmethod
    def load(path: Path) -> Settings:
        """Read and check the file.

        Raises SettingsError that names the key and what was expected.
        """
        try:
            return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except FileNotFoundError as error:
            raise SettingsError(
                f"there is no {FILE_NAME} in {path.parent}",
                remedy=f"Make a workspace with: anonymise init {path.parent}",
            ) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(
                f"{path} cannot be read: {error}", remedy="Correct the line that is named, or restore the file."
            ) from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise SettingsError(
                f"{path}: {key}: {first['msg']}", remedy="docs/settings.md lists every key and its values."
            ) from error
