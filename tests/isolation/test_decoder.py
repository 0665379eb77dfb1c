"""Files from outside are opened where nothing can be reached, with the same result as here."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import rogue_decoders as rogues
from bad_inputs import device_exif, encoded, gradient, heic_with_depth, make_bad_files
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from anonymiser.errors import OversizedPhoto, PhotoError, UnreadablePhoto, WorkspaceError
from anonymiser.isolation import IsolatedDecoder, wire
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.values.photo import Photo

LIMITS = DecodeLimits()
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shuts a process off without rights")


@pytest.fixture(scope="module")
def isolated() -> Iterator[IsolatedDecoder]:
    """The product's own."""
    decoder = IsolatedDecoder()
    yield decoder
    decoder.close()


@pytest.fixture(scope="module")
def attempt() -> Iterator[Callable[..., str]]:
    """What a decoder that was taken over gets when it tries something."""
    decoder = IsolatedDecoder(rogues.attempt)
    if not decoder.start().landlock:
        pytest.skip("this kernel offers no Landlock")

    def tried(*what: object) -> str:
        with pytest.raises(UnreadablePhoto) as caught:
            decoder(json.dumps(what).encode(), LIMITS)
        return caught.value.message

    yield tried
    decoder.close()


@contextmanager
def started(decode: Callable[..., Photo], **options: float) -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder(decode, **options)
    try:
        yield decoder
    finally:
        decoder.close()


def exif() -> bytes:
    facts = device_exif("Canon", "Canon EOS 80D", "1234")
    facts[Base.Orientation] = 6
    return facts.tobytes()


def layered() -> Image.Image:
    image = gradient()
    image.putalpha(gradient(seed=2).convert("L"))
    return image


PICTURES = {
    "jpeg": lambda: encoded(gradient(), "JPEG", exif=exif()),
    "progressive": lambda: encoded(gradient(), "JPEG", progressive=True),
    "cmyk": lambda: encoded(gradient().convert("CMYK"), "JPEG"),
    "png": lambda: encoded(layered(), "PNG"),
    "png-16": lambda: encoded(Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64) * 15), "PNG"),
    "webp": lambda: encoded(layered(), "WEBP"),
    "gif": lambda: encoded(gradient().quantize(16), "GIF"),
    "tiff": lambda: encoded(gradient(), "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": lambda: encoded(gradient(), "TIFF", compression="jpeg"),
    "bmp": lambda: encoded(gradient(), "BMP"),
    "heic": lambda: encoded(gradient(), "HEIF"),
    "heic-depth": heic_with_depth,
    "avif": lambda: encoded(layered(), "AVIF"),
}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("options", [{}, {"max_megapixels": 0.02}, {"crop": (40.0, 20.0, 60.5, 60.0)}])
def test_same_picture(isolated: IsolatedDecoder, kind: str, options: dict[str, object]) -> None:
    """Every kind of picture, small or in part, is the same to the pixel and to every fact."""
    data = PICTURES[kind]()
    limits = DecodeLimits(min_side_pixels=16)
    there, here = isolated(data, limits, **options), decode(data, limits, **options)
    assert np.array_equal(there.pixels, here.pixels)
    assert there.pixels.flags.writeable
    assert there.pixels.flags.c_contiguous
    for fact in ("source_wh", "media_type", "taken_on", "camera", "notices", "crop"):
        assert getattr(there, fact) == getattr(here, fact)


def test_same_refusals(isolated: IsolatedDecoder, tmp_path: Path) -> None:
    """Every bad file is refused with the same sentence and the same remedy."""
    for bad in make_bad_files(tmp_path).values():
        if bad.error is not None:
            with pytest.raises(bad.error) as there:
                isolated(bad.path.read_bytes(), LIMITS)
            with pytest.raises(PhotoError) as here:
                decode(bad.path.read_bytes(), LIMITS)
            assert (there.value.message, there.value.remedy) == (here.value.message, here.value.remedy)


@linux
def test_everything_is_shut_off() -> None:
    """On Linux no file can be opened and memory is limited; with Landlock, nothing outside can be touched either."""
    with started(rogues.plain) as decoder:
        confinement = decoder.start()
    assert confinement.opens_nothing
    assert confinement.memory


@linux
def test_files_are_out_of_reach(attempt: Callable[..., str], tmp_path: Path) -> None:
    """A decoder that was taken over can neither read, list, write, delete nor rename anything of a workspace."""
    secret = tmp_path / "register.key"
    secret.write_bytes(b"a key")
    for what, where in (("read", secret), ("list", tmp_path), ("write", tmp_path / "new"), ("delete", secret)):
        assert attempt(what, str(where)).startswith("nothing")
    assert attempt("rename", str(secret)).startswith("nothing")
    assert attempt("write", str(secret)).startswith("nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["register.key"]
    assert secret.read_bytes() == b"a key"


@linux
def test_the_network_is_out_of_reach(attempt: Callable[..., str]) -> None:
    """A decoder that was taken over can make no connection and send no datagram."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert attempt("connect", port).startswith("nothing")
        assert attempt("datagram", port).startswith("nothing")


@linux
def test_other_processes_are_out_of_reach(attempt: Callable[..., str]) -> None:
    """A decoder that was taken over can start no program, and neither end nor read the process that asked it."""
    assert attempt("run").startswith("nothing")
    assert attempt("execute").startswith("nothing")
    assert attempt("attach", os.getpid()).startswith("nothing")
    assert attempt("raise-limit").startswith("nothing")


@linux
def test_the_asking_process_cannot_be_ended(attempt: Callable[..., str]) -> None:
    """Landlock keeps signals inside from version 6 on."""
    with started(rogues.plain) as decoder:
        if decoder.start().landlock < 6:
            pytest.skip("this kernel's Landlock does not know of signals")
    assert attempt("kill", os.getpid()).startswith("nothing")


def test_no_password_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process does not have the environment, in which the password of the register may be."""
    monkeypatch.setenv("ANONYMISER_REGISTER_PASSWORD", "correct horse")
    with started(rogues.attempt) as decoder, pytest.raises(UnreadablePhoto) as caught:
        decoder(b'["environment"]', LIMITS)
    assert "ANONYMISER" not in caught.value.message
    assert caught.value.message.startswith("got")


@linux
def test_memory_is_limited() -> None:
    """A file that unpacks without end costs the process that opens it, and not the computer."""
    with started(rogues.attempt) as decoder, pytest.raises(UnreadablePhoto, match="was ended"):
        decoder(b'["memory"]', LIMITS)


def test_a_file_that_ends_the_process() -> None:
    """The file is refused, and the next one is opened in a new process."""
    with started(rogues.die_of_poison) as decoder:
        decoder(b"good", LIMITS)
        with pytest.raises(UnreadablePhoto, match="was ended"):
            decoder(b"poison", LIMITS)
        assert decoder(b"good", LIMITS).source_wh == (2, 2)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError, RecursionError])
def test_an_answer_that_was_not_read_is_never_taken_for_the_next(
    interruption: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks is interrupted before the picture has come; the next picture is its own."""
    red, blue = (encoded(Image.new("RGB", (64, 64), colour), "PNG") for colour in ("red", "blue"))

    def interrupted(*_: object) -> Photo:
        raise interruption

    with started(decode) as decoder:
        decoder.start()
        with monkeypatch.context() as patch:
            patch.setattr(wire, "receive", interrupted)
            with pytest.raises(interruption):
                decoder(red, LIMITS)
        assert decoder(blue, LIMITS).pixels[0, 0].tolist() == [0, 0, 255]


def test_a_file_that_takes_too_long() -> None:
    """The process is killed in time, once, and the file is refused."""
    with started(rogues.hang, seconds=1) as decoder:
        decoder.start()
        begun = time.monotonic()
        with pytest.raises(OversizedPhoto, match="too long"):
            decoder(b"", LIMITS)
    assert time.monotonic() - begun < 60


def test_a_process_that_cannot_start() -> None:
    """What cannot start is an error of the workspace with a remedy: no photo is blamed for it."""
    broken = IsolatedDecoder(rogues.plain)
    broken._decode = lambda: None  # type: ignore[assignment, return-value]  # no function of a module
    with pytest.raises(WorkspaceError) as caught:
        broken.start()
    assert "doctor" in caught.value.remedy


@contextmanager
def killed_while_starting(times: int, seen: list[int]) -> Iterator[None]:
    """Kill the first `times` processes that this one starts, each as soon as it is there."""
    before = {child.pid for child in psutil.Process().children()}

    def kill() -> None:
        while len(seen) < times and not over.is_set():
            for child in psutil.Process().children():
                if child.pid not in {*before, *seen}:
                    seen.append(child.pid)
                    child.kill()
            time.sleep(0.005)

    over = threading.Event()
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_a_process_that_is_killed_once_while_it_starts_is_started_again() -> None:
    """As one is by a system that is short of memory."""
    seen: list[int] = []
    with started(rogues.plain) as decoder, killed_while_starting(1, seen):
        assert decoder(b"", LIMITS).pixels.shape == (2, 2, 3)
    assert len(seen) == 1


def test_a_process_that_is_killed_twice_while_it_starts_is_an_error_of_the_computer() -> None:
    """No photo is blamed for it, and no third one is tried."""
    seen: list[int] = []
    with started(rogues.plain) as decoder, killed_while_starting(3, seen), pytest.raises(WorkspaceError) as caught:
        decoder(b"", LIMITS)
    assert "doctor" in caught.value.remedy
    assert len(seen) == 2


def test_it_ends_with_whoever_asks() -> None:
    """A worker that is killed leaves no process behind."""
    code = (
        "import sys, rogue_decoders; from anonymiser.isolation import IsolatedDecoder\n"
        "decoder = IsolatedDecoder(rogue_decoders.plain); decoder.start()\n"
        "print(decoder._process._popen.pid, flush=True); sys.stdin.read()"
    )
    places = os.pathsep.join(place for place in sys.path if place)
    asking = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": places},
    )
    assert asking.stdout is not None
    pid = int(asking.stdout.readline())
    assert psutil.pid_exists(pid)
    asking.kill()
    asking.communicate()
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    raise AssertionError(pid)


def test_it_ends_when_nobody_asks() -> None:
    """A desk that is open all day does not keep the process."""
    with started(rogues.plain, idle_seconds=0.2) as decoder:
        decoder(b"", LIMITS)
        for _ in range(100):
            if decoder._process is None:
                break
            time.sleep(0.05)
        assert decoder._process is None
        assert decoder(b"", LIMITS).source_wh == (2, 2)


def test_many_threads(isolated: IsolatedDecoder) -> None:
    """Each thread gets its own picture."""
    pictures = [encoded(Image.new("RGB", (64, 64), (shade, 0, 0)), "PNG") for shade in range(0, 240, 10)]
    with ThreadPoolExecutor(8) as threads:
        photos = list(threads.map(lambda data: isolated(data, LIMITS), pictures))
    assert [int(photo.pixels[0, 0, 0]) for photo in photos] == list(range(0, 240, 10))
    assert threading.active_count() < 50


WELL_FORMED = {
    "hw": [2, 3],
    "source_wh": [3, 2],
    "media_type": "image/jpeg",
    "taken_on": None,
    "camera": None,
    "notices": [],
    "crop": None,
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(WELL_FORMED)), value=anything, length=st.integers(0, 60))
def test_lies_are_not_believed(field: str, value: object, length: int) -> None:
    """Whatever the process says: it is a photo within the limits, with as many pixels as came, or not believed."""
    answer = {**WELL_FORMED, field: value}
    try:
        photo = wire.receive_photo(_Bytes(bytes(length)), answer, length, LIMITS)
    except wire.Lost:
        return
    assert photo.pixels.size == length
    assert photo.notices == ()
    assert photo.camera is None or len(photo.camera.described) <= 80


@given(st.dictionaries(st.sampled_from(["refused", "message", "remedy"]), anything))
def test_a_refusal_is_one_short_line(header: dict[str, object]) -> None:
    """Whatever the process says: the sentence of a refusal is short and has no control characters."""
    try:
        error = wire.refusal(header)
    except wire.Lost:
        return
    assert error.message.isprintable()
    assert len(error.message) <= 300


@given(st.binary(max_size=60))
def test_noise_is_no_message(noise: bytes) -> None:
    """Bytes at random are a header of their own length, or the process is given up."""
    try:
        header, length = wire.receive(_Bytes(noise))
    except wire.Lost:
        return
    assert isinstance(header, dict)
    assert length >= 0


class _Bytes(io.RawIOBase):
    """A pipe that holds just these bytes."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = min(len(buffer), len(self._rest))
        memoryview(buffer)[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
