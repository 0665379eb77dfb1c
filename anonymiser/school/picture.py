"""One picture, without a workspace: everybody in it is obscured, in memory or from file to file.

Nobody has agreed to anything here, nobody is recognised, and names that can be read stay readable, because without a
register the program does not know which words are names. A photo that would wait in a school is refused, because there
is no review folder to wait in.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anonymiser import canary
from anonymiser.consent.contexts import NoRegister
from anonymiser.errors import SafetyRefusal, UnreadablePhoto, UsageError, VerificationFailed, WorkspaceError
from anonymiser.isolation import decode
from anonymiser.photo.decode import DecodeLimits
from anonymiser.photo.encode import LONGEST_SIDE, encode
from anonymiser.photo.verify import verify
from anonymiser.pipeline import Pipeline
from anonymiser.settings import Settings
from anonymiser.stages import Stages, load_stages
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.report import Sealed
from anonymiser.wording import say_all

_SUFFIXES = frozenset({".jpg", ".jpeg"})
_turn = threading.Lock()
"""The networks are loaded once and used by one thread at a time."""


def redact(
    picture: NDArray[np.uint8] | str | os.PathLike[str], *, reviewed: bool = False, settings: Settings | None = None
) -> Pixels:
    """The picture with every head destroyed.

    The networks are loaded by the first call, which takes some seconds, and kept.

    Args:
        picture: `uint8 [H, W, 3]`, RGB, upright; or a file of any kind that photos come in.
        reviewed: A person will look at the result before anybody else does, so doubts do not refuse it. A picture that
            may be indecent is refused even then.
        settings: Style, size of copies from files (4 megapixels; `max_megapixels = 0` keeps every pixel), thresholds.

    Returns `uint8 [H, W, 3]`: of an array's own size, and of a file upright at the size of a copy.

    Raises SafetyRefusal if a person has to look first (somebody seems to be where no face was found, swimwear, ...),
    PhotoError if a file holds no usable photo, UsageError if there is no such file or the array is not a picture,
    ModelError if a model file is missing or altered or a network is wrong.
    """
    chosen = settings or Settings()
    limits = DecodeLimits(chosen.intake.max_source_megapixels, chosen.intake.min_side_pixels)
    if isinstance(picture, np.ndarray):
        photo = _photo(picture, limits)
    else:
        photo = decode(_read(Path(picture)), limits, max_megapixels=chosen.publishing.max_megapixels)
    event = Event("Picture", Purpose(chosen.publishing.default_purpose))
    with _turn:
        context = NoRegister().current(event).context
        turn = 0 if isinstance(picture, np.ndarray) else None
        result = Pipeline(chosen, _stages()).redact(photo, context, turn_degrees=turn)
    if isinstance(result, Sealed):
        raise SafetyRefusal("; ".join(say_all(result.reasons)), remedy="Do not pass the picture on.")
    if result.decision.reasons and not reviewed:
        raise SafetyRefusal(
            "; ".join(say_all(result.decision.reasons)),
            remedy="A person has to look at the result: call again with reviewed=True, and show it to nobody else.",
        )
    return result.pixels


def redact_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    reviewed: bool = False,
    settings: Settings | None = None,
) -> Path:
    """Write a JPEG of `source` with every head destroyed to `target`, which must not exist yet; returns its path.

    The file holds pixels and nothing else; it was read again and checked. Raises like `redact`, and UsageError if
    `target` is not the name of a new JPEG, WorkspaceError if it cannot be written, VerificationFailed if the written
    file is not as it should be, in which case the file is not there.
    """
    chosen, place = settings or Settings(), Path(target)
    if place.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{place.name} is not the name of a JPEG", remedy="Give a name that ends in .jpg.")
    if os.path.lexists(place):
        raise UsageError(f"{place} already exists", remedy="Give the name of a new file.")
    pixels = redact(Path(source), reviewed=reviewed, settings=chosen)
    copy = encode(pixels, quality=chosen.publishing.jpeg_quality)
    verify(copy, (pixels.shape[1], pixels.shape[0]))
    _write_new(place, copy)
    return place


def _photo(pixels: NDArray[np.uint8], limits: DecodeLimits) -> Photo:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise UsageError(
            f"an array of {pixels.dtype} {list(pixels.shape)} is not a picture",
            remedy="Give uint8 [height, width, 3], RGB.",
        )
    height, width = pixels.shape[:2]
    if min(height, width) < limits.min_side_pixels:
        raise UnreadablePhoto(f"the picture is too small to be a photo ({width} x {height} pixels)")
    if max(height, width) > LONGEST_SIDE or width * height > limits.max_source_megapixels * 1e6:
        raise UsageError(f"{width} x {height} pixels are too many", remedy="Give a smaller picture.")
    return Photo(np.ascontiguousarray(pixels), (width, height), "", None, None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="Check the path.") from error


def _write_new(path: Path, data: bytes) -> None:
    try:
        file = path.open("xb")
    except FileExistsError as error:
        raise UsageError(f"{path} already exists", remedy="Give the name of a new file.") from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        whole = path.read_bytes() == data
    except OSError as error:
        _remove(path)
        raise _unwritable(path, error) from error
    if not whole:
        _remove(path)
        raise VerificationFailed("the written file is not the one that was checked", remedy="Try another disk.")


def _unwritable(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(f"{path} cannot be written: {error.strerror}", remedy="Choose another place.")


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


@functools.cache
def _stages() -> Stages:
    stages = load_stages()
    canary.check(stages)
    return stages
