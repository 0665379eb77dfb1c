"""The pictures of a photo that waits or was released, for the screen: in memory only, never of one that was sealed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from anonymiser.delivery.site import Site
from anonymiser.errors import ChangedSince, SafetyRefusal, UsageError
from anonymiser.ledger.item import Item
from anonymiser.school.views import Standing
from anonymiser.values.photo import Photo, Pixels

_QUALITY = 85
"""Of a picture that is looked at once, on a screen."""


def published(site: Site, item: Item, where: Standing) -> bytes:
    """The bytes of the copy. Raises like `Desk.picture`."""
    _refuse_sealed(site, item, where)
    for path in _places(site, item, where):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != item.output_sha256:
                raise ChangedSince(
                    f"the copy of photo {item.id} is not the one that this program made", remedy="Reject the photo."
                )
            return data
    raise UsageError(f"the copy of photo {item.id} is not here", remedy="It may have left the outbox; look there.")


def small(site: Site, item: Item, where: Standing, longest_side: int) -> bytes:
    """The copy as a small JPEG. Raises like `Desk.picture`."""
    import cv2  # noqa: PLC0415 - as below

    from anonymiser.photo.encode import encode  # noqa: PLC0415 - as below

    data = np.frombuffer(published(site, item, where), np.uint8)
    how = cv2.IMREAD_REDUCED_COLOR_4 if item.report.made and max(item.report.made.output_wh) > 8 * longest_side else 1
    pixels = np.asarray(cv2.imdecode(data, how), np.uint8)[..., ::-1]
    return encode(shrunk(pixels, max(1, longest_side)), quality=_QUALITY)


def before(site: Site, item: Item, where: Standing, longest_side: int) -> bytes:
    """The original as a small JPEG, turned as the copy is. Raises like `Desk.picture`."""
    from anonymiser.photo.encode import encode  # noqa: PLC0415 - as below
    from anonymiser.photo.warp import turned  # noqa: PLC0415 - as below

    side = max(1, longest_side)
    photo, turn_degrees = original(site, item, where, max_megapixels=side * side / 1e6)
    return encode(shrunk(turned(photo.pixels, turn_degrees).pixels, side), quality=_QUALITY)


def original(site: Site, item: Item, where: Standing, *, max_megapixels: float) -> tuple[Photo, int]:
    """The original, upright, and by how many degrees clockwise its copy was turned. Raises like `Desk.picture`."""
    _refuse_sealed(site, item, where)
    source = site.deliverer.source_of(item)
    if source is None or item.report.made is None:
        raise UsageError(
            f"the original of photo {item.id} is not archived here", remedy="Look at the copy, or ask who took it."
        )
    from anonymiser.isolation import decode  # noqa: PLC0415 - as below
    from anonymiser.photo.decode import DecodeLimits  # noqa: PLC0415 - as below

    settings = site.workspace.settings
    limits = DecodeLimits(settings.intake.max_source_megapixels, settings.intake.min_side_pixels)
    photo = decode(source.read_bytes(), limits, max_megapixels=max_megapixels)
    return photo, item.report.made.turn_degrees


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """The picture, at most `side` pixels long and wide; never larger than it is."""
    height, width = pixels.shape[:2]
    if (scale := side / max(width, height)) >= 1:
        return pixels
    import cv2  # noqa: PLC0415 - the desk keeps this module, and OpenCV takes 20 MB: only where somebody looks

    smaller = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), np.uint8)


def _refuse_sealed(site: Site, item: Item, where: Standing) -> None:
    if where is Standing.SEALED or (item.sha256 and site.ledger.was_sealed(item.sha256)):
        raise SafetyRefusal("this picture is sealed", remedy="Only the safeguarding lead may deal with it.")


def _places(site: Site, item: Item, where: Standing) -> list[Path]:
    workspace = site.workspace
    match where:
        case Standing.WAITS:
            folders = (workspace.review, workspace.approve, workspace.reject)
            return [folder / f"{item.id}.jpg" for folder in folders]
        case Standing.RELEASED:
            return [workspace.root / str(item.output)]
    return []
