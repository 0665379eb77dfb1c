"""The process that opens files: bytes come in, pixels go out, and nothing else is within its reach."""

from __future__ import annotations

import faulthandler
import importlib
import io
import operator
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from anonymiser.errors import PhotoError
from anonymiser.isolation import wire
from anonymiser.isolation.confinement import confine
from anonymiser.photo.decode import DecodeLimits, quieten_pillow
from anonymiser.values.photo import Photo


def serve(module: str, name: str, seconds: float) -> None:
    """Open one file after another with `module.name`, until nobody asks any more.

    A file that takes longer than `seconds` ends the process: whoever waits for it may have gone.
    """
    incoming, outgoing = _own_streams()
    decode: Callable[..., Photo] = operator.attrgetter(name)(importlib.import_module(module))
    _import_the_rest()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    wire.send(outgoing, {"ready": asdict(confine())})
    while True:
        try:
            asked, length = wire.receive(incoming)
            data = bytes(wire.read(incoming, bytearray(length)))
        except wire.Lost:
            return
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        _answer(outgoing, decode, asked, data)
        faulthandler.cancel_dump_traceback_later()


def _answer(outgoing: io.RawIOBase, decode: Callable[..., Photo], asked: dict[str, Any], data: bytes) -> None:
    try:
        photo = decode(data, DecodeLimits(*asked["limits"]), max_megapixels=asked["max_megapixels"], crop=asked["crop"])
    except PhotoError as error:
        wire.send(outgoing, wire.refusal_header(error))
    else:
        wire.send(outgoing, wire.photo_header(photo), wire.pixels_of(photo))


def _own_streams() -> tuple[io.FileIO, io.FileIO]:
    """The pipes to the other process, out of reach of native libraries, which print what they like."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return io.FileIO(incoming, "rb"), io.FileIO(outgoing, "wb")


def _import_the_rest() -> None:
    """Load what is otherwise loaded by the first file that needs it: later, no file of a library can be opened."""
    import cv2  # noqa: PLC0415
    import pillow_heif  # noqa: PLC0415
    from PIL import ImageCms  # noqa: PLC0415

    cv2.setNumThreads(1)
    quieten_pillow()
    pillow_heif.libheif_info()
    ImageCms.createProfile("sRGB")
