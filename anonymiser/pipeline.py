"""The path of one photo: decode, suitability, detect, swimwear, recognise, labels, decide, redact, write, verify.

Runs in a worker process. `process` turns a Job into a PhotoReport and at most one verified file in the staging area,
`examine` does the same in memory alone. They move nothing, and an exception that concerns one photo never leaves them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from anonymiser import canary, isolation
from anonymiser.decide import decide, doubted, must_be_sealed
from anonymiser.detect.people import likely, places, unseen
from anonymiser.detect.upright import turned_by, upright
from anonymiser.errors import (
    DiskFullError,
    ModelError,
    OversizedPhoto,
    PhotoError,
    SafetyRefusal,
    UnreadablePhoto,
    UnsupportedFile,
    WorkspaceError,
)
from anonymiser.labels.clues import find_clues
from anonymiser.labels.codes import find_codes
from anonymiser.labels.mentions import mentions_somebody
from anonymiser.labels.names import find_names
from anonymiser.photo.decode import DecodeLimits, quieten_pillow
from anonymiser.photo.encode import encode
from anonymiser.photo.verify import verify
from anonymiser.photo.visible import little_visible
from anonymiser.recognise.recognise import recognise
from anonymiser.redaction import redact, to_destroy, without_points
from anonymiser.settings import DeviceAction, Release, Settings
from anonymiser.stages import Stages, load_stages
from anonymiser.staging import InMemory, OnDisk, Staging
from anonymiser.values.consent import EventContext
from anonymiser.values.decision import Obscure, PhotoDecision, Policy, Verdict
from anonymiser.values.devices import Camera, DeviceCheck, DeviceEvidence
from anonymiser.values.faces import Faces
from anonymiser.values.labels import Clue, ClueWords, NameIndex, NameLabel
from anonymiser.values.photo import Box, Photo, Pixels, turned_box
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import (
    Answer,
    Copy,
    FaceReport,
    Failed,
    Job,
    LabelReport,
    PhotoReport,
    Refused,
    Released,
    Sealed,
    Waits,
)
from anonymiser.values.ruling import Act, Cover, Rulings, moved
from anonymiser.values.suitability import Suitability, worse


@dataclass(frozen=True, slots=True)
class Redacted:
    """A photo in memory that has been examined, decided on and redacted."""

    photo: Photo = field(repr=False)
    """As its heads are upright."""
    pixels: Pixels = field(repr=False)
    """As large as the photo; heads and labels are destroyed as decided."""
    faces: Faces = field(repr=False)
    text: tuple[NameLabel | Clue, ...] = field(repr=False)
    """Labels, then clues."""
    decision: PhotoDecision


class Pipeline:
    """Settings and models, put together to process one photo after another."""

    def __init__(self, settings: Settings, stages: Stages, decode: Callable[..., Photo] = isolation.decode) -> None:
        """`decode` is called as `photo.decode.decode` is, with the bytes of files from outside."""
        self._stages = stages
        self._decode = decode
        self._publishing = settings.publishing
        self._devices = settings.devices
        self._school_words = settings.text.school_words
        self._limits = DecodeLimits(settings.intake.max_source_megapixels, settings.intake.min_side_pixels)
        self._policy = Policy(
            release_automatically=settings.publishing.release is Release.AUTOMATIC,
            swimwear_review=settings.suitability.swimwear_review,
            unsuitable_review=settings.suitability.unsuitable_review,
            unsuitable_seal=settings.suitability.unsuitable_seal,
            cover=frozenset(settings.text.cover),
        )

    def process(self, job: Job) -> PhotoReport:
        """Everything between claim and delivery.

        Raises DiskFullError and WorkspaceError, because no later photo could be finished either, and ModelError,
        because nothing that a broken network said can be believed. Every other failure is a report.
        """
        return self._guarded(job, OnDisk(job.source, job.staging))

    def examine(self, job: Job, data: bytes) -> Answer:
        """The same in memory, for a photo whose bytes have been read; the job's two paths are not used."""
        memory = InMemory(data)
        report = self._guarded(job, memory)
        return Answer(report, memory.copy if report.made else None)

    def _guarded(self, job: Job, files: Staging) -> PhotoReport:
        clock = _Clock()
        try:
            return self._process(job, files, clock)
        except PhotoError as error:
            return PhotoReport(Refused((_refusal(error),)), clock.seconds)
        except SafetyRefusal as error:
            return _failed(files, Code.FAILED_CHECK(detail=error.message), clock)
        except (ModelError, WorkspaceError):
            files.discard()
            raise
        except MemoryError:
            return _failed(files, Code.NO_MEMORY(), clock)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                files.discard()
                raise DiskFullError("the disk is full", remedy="Free some space and start again.") from None
            return _failed(files, Code.DISK_ERROR(detail=str(error.strerror)), clock)
        except Exception as error:  # noqa: BLE001 - whatever a model does, only this photo must fail, and fail closed
            return _failed(files, Code.CRASHED(error=type(error).__name__), clock)

    def _process(self, job: Job, files: Staging, clock: _Clock) -> PhotoReport:
        with clock.stage("decode"):
            data = files.read()
            if hashlib.sha256(data).hexdigest() != job.sha256:
                raise UnreadablePhoto(
                    "the file changed while it was being read", remedy="Drop it into the inbox again."
                )
            crop = job.rulings.crop if job.rulings else None
            photo = self._decode(data, self._limits, max_megapixels=self._publishing.max_megapixels, crop=crop)
            del data
        if not job.context.names:
            photo = replace(photo, notices=(*photo.notices, Code.NAMES_NOT_READ()))
        redacted = self._redact(photo, job.context, clock, job.rulings)
        if isinstance(redacted, Sealed):
            return PhotoReport(redacted, clock.seconds)
        device = _told(photo.camera, job.context.names)
        evidence, action, reason = self._device(photo.camera, job.devices, device)
        if reason is not None:
            match action:
                case DeviceAction.REFUSE:  # after the look for nudity: what may be indecent must be sealed
                    return PhotoReport(Refused((reason,)), clock.seconds)
                case DeviceAction.WAIT:
                    redacted = replace(redacted, decision=doubted(redacted.decision, reason))
                case DeviceAction.NOTE:
                    noted = replace(redacted.photo, notices=(*redacted.photo.notices, reason))
                    redacted = replace(redacted, photo=noted)
        height, width = redacted.pixels.shape[:2]
        with clock.stage("write"):
            copy = encode(redacted.pixels, quality=self._publishing.jpeg_quality)
            written = files.write(copy)
        with clock.stage("verify"):
            verify(written, (width, height))
        return _report(redacted, device, evidence, written, clock)

    def _device(
        self, camera: Camera | None, check: DeviceCheck | None, told: str | None
    ) -> tuple[DeviceEvidence | None, DeviceAction, Reason | None]:
        """What the file says about its device, and what follows; None if the school has no list, or nothing follows."""
        evidence = None if check is None else check.evidence(camera)
        if evidence is DeviceEvidence.NOT_ON_LIST:
            return evidence, self._devices.not_on_list, Code.DEVICE_NOT_ON_LIST(device=told or "device")
        if evidence is DeviceEvidence.NO_EVIDENCE:
            return evidence, self._devices.no_evidence, Code.DEVICE_NO_EVIDENCE()
        return evidence, DeviceAction.NOTE, None

    def redact(self, photo: Photo, context: EventContext, *, turn_degrees: int | None = None) -> Redacted | Sealed:
        """The photo as its copy would show it, in memory only. Raises whatever a stage raises.

        It is turned clockwise by `turn_degrees` (0, 90, 180 or 270), or as its heads say.
        """
        return self._redact(photo, context, _Clock(), turn_degrees=turn_degrees)

    def _redact(
        self,
        photo: Photo,
        context: EventContext,
        clock: _Clock,
        rulings: Rulings | None = None,
        *,
        turn_degrees: int | None = None,
    ) -> Redacted | Sealed:
        photo = turned_by(photo, turn_degrees or 0)
        with clock.stage("suitability"):
            unsuitable = self._stages.classifier.unsuitable(photo.pixels)
        if must_be_sealed(unsuitable, self._policy):
            return Sealed((Code.MAY_BE_INDECENT(),))
        with clock.stage("detect"):
            detection = self._stages.detector.examine(photo.pixels)
        stored, faces, refused = photo, detection.faces, detection.refused
        if turn_degrees is None:
            photo, everything = upright(photo, Faces.concatenate([faces, refused]))
            faces, refused = everything[: len(faces)], everything[len(faces) :]
        if photo.pixels is not stored.pixels:
            # The networks for nudity and clothes learned from upright pictures; the worse of both looks counts.
            with clock.stage("suitability again"):
                unsuitable = worse(unsuitable, self._stages.classifier.unsuitable(photo.pixels))
            if must_be_sealed(unsuitable, self._policy):
                return Sealed((Code.MAY_BE_INDECENT(),))
        acts = None if rulings is None else _on(photo, rulings)
        with clock.stage("people"):
            width, height = photo.pixels.shape[1::-1]
            accounted_for = Faces.concatenate([faces, without_points(_drawn(acts or ()))])
            heads = self._stages.people.heads(photo.pixels)
            somebody = Faces.concatenate([likely(heads), refused])
            somebody_at = places(unseen(somebody, accounted_for), width, height)
            second_in = {row: places(faces.xyxy[[row]], width, height)[0] for row in sorted(detection.doubtful_in)}
        with clock.stage("swimwear"):
            swimwear = self._stages.classifier.swimwear(photo.pixels, heads.xyxy)
            if photo.pixels is not stored.pixels:
                swimwear = worse(swimwear, self._stages.classifier.swimwear(stored.pixels, Faces.none().xyxy))
            suitability = Suitability(swimwear=swimwear, unsuitable=unsuitable)
        with clock.stage("recognise"):
            identities = recognise(photo.pixels, faces, context.gallery, self._stages.embedder)
        with clock.stage("labels"):
            # Without a register there are no names to look for.
            lines = self._stages.reader.read(photo.pixels) if context.names else []
            labels = find_names(lines, context.names)
            clues = find_clues(lines, ClueWords(self._school_words, context.groups), labels)
        with clock.stage("codes"):
            clues += find_codes(photo.pixels)
        decision = decide(
            faces,
            somebody_at,
            identities,
            labels,
            suitability,
            context.consents,
            self._policy,
            detection.doubts,
            second_in=second_in,
            acts=acts,
            clues=clues,
        )
        with clock.stage("redact"):
            pixels = redact(photo.pixels, *to_destroy(faces, (*labels, *clues), decision), self._publishing.style)
            if doubt := little_visible(pixels, photo.pixels):
                decision = doubted(decision, doubt)
        return Redacted(photo, pixels, faces, (*labels, *clues), decision)


def _on(photo: Photo, rulings: Rulings) -> tuple[Act | None, ...]:
    """The acts, with their boxes in pixels of the photo as it lies in memory."""
    acts = moved(rulings.acts, photo.crop, photo.scale)
    return tuple(
        act if act is None else replace(act, box=turned_box(act.box, photo.unturned_wh, photo.turn_degrees))
        for act in acts
    )


def _drawn(acts: Sequence[Act | None]) -> list[Box]:
    return [act.box for act in acts if isinstance(act, Cover)]


def _told(camera: Camera | None, names: NameIndex) -> str | None:
    """The kind of device as reports tell it; None if there is none, or if its name may be somebody's of the register.

    Anybody can write anything into a file, and reports hold no names.
    """
    if camera is None or mentions_somebody(camera.described, names) is not False:
        return None
    return camera.described


def _report(
    redacted: Redacted, device: str | None, evidence: DeviceEvidence | None, written: bytes, clock: _Clock
) -> PhotoReport:
    photo, faces, decision = redacted.photo, redacted.faces, redacted.decision
    quads = [np.concatenate([text.quad.min(0), text.quad.max(0)]) for text in redacted.text]
    places = [place.box for place in decision.covered if not place.found]
    rows = Faces.concatenate([faces, without_points(places)])
    decisions = (*decision.faces, *(Obscure(Code.COVERED_BY_PERSON()) for _ in places))
    copy = Copy(
        sha256=hashlib.sha256(written).hexdigest(),
        source_wh=photo.source_wh,
        output_wh=(photo.pixels.shape[1], photo.pixels.shape[0]),
        faces=tuple(
            FaceReport(_in_original(photo, box), round(float(score), 3), face)
            for box, score, face in zip(rows.xyxy, rows.score, decisions, strict=True)
        ),
        labels=tuple(
            LabelReport(_in_original(photo, quad), what)
            for quad, what in zip(quads, decision.text, strict=True)
            if what is not None
        ),
        taken_on=photo.taken_on.isoformat() if photo.taken_on else None,
        device=device,
        device_evidence=evidence,
        notices=photo.notices,
        crop=photo.crop,
        answers=decision.answers,
    )
    released = decision.verdict is Verdict.RELEASE
    return PhotoReport(Released(copy) if released else Waits(copy, decision.reasons), clock.seconds)


def _in_original(photo: Photo, xyxy: NDArray[np.float32]) -> Box:
    """A box `[4]` in pixels of the photo as it lies in memory, in those of the original, to a tenth."""
    left, top, right, bottom = xyxy.tolist()
    stored = turned_box((left, top, right, bottom), photo.pixels.shape[1::-1], -photo.turn_degrees)
    x, y = photo.frame[:2]
    left, top, right, bottom = (
        round(value / photo.scale + start, 1) for value, start in zip(stored, (x, y, x, y), strict=True)
    )
    return left, top, right, bottom


def _failed(files: Staging, reason: Reason, clock: _Clock) -> PhotoReport:
    """Report a failure and leave no output; even if the staged copy cannot be removed, it is never delivered."""
    with contextlib.suppress(OSError):
        files.discard()
    return PhotoReport(Failed((reason,)), clock.seconds)


def _refusal(error: PhotoError) -> Reason:
    match error:
        case UnsupportedFile():
            code = Code.UNSUPPORTED
        case OversizedPhoto():
            code = Code.OVERSIZED
        case _:
            code = Code.UNREADABLE
    return code(detail=error.message, remedy=error.remedy)


@dataclass(slots=True)
class _Clock:
    """Wall seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 4)


_pipeline: Pipeline | None = None


def initialise(settings: Settings) -> None:
    """Load the networks of this worker process, and test each of them.

    Raises ModelError if one is missing, altered or wrong, and WorkspaceError if pictures cannot be opened.
    """
    global _pipeline  # noqa: PLW0603 - a worker process has exactly one pipeline
    import cv2  # noqa: PLC0415 - only workers resample pictures

    # Parallelism comes from processes; threads of libraries would fight over the same cores.
    cv2.setNumThreads(1)
    quieten_pillow()
    stages = load_stages(settings.detection.runtime)
    canary.check(stages)
    decode = isolation.IsolatedDecoder()
    decode.start()
    _pipeline = Pipeline(settings, stages, decode)


def process(job: Job) -> PhotoReport:
    """Process one photo in an initialised worker."""
    return loaded().process(job)


def loaded() -> Pipeline:
    """The pipeline of this worker process."""
    if _pipeline is None:
        raise RuntimeError("initialise() was not called in this process")
    return _pipeline
