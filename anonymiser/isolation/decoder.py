"""Decodes pictures in a process of their own, with the arguments and errors of `photo.decode.decode`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from anonymiser.errors import OversizedPhoto, PhotoError, UnreadablePhoto, WorkspaceError
from anonymiser.isolation import wire
from anonymiser.isolation.confinement import Confinement
from anonymiser.photo import decode as in_process
from anonymiser.photo.decode import DecodeLimits
from anonymiser.values.photo import Box, Photo

_START_SECONDS = 120.0
"""Python, NumPy and the codecs take half a second; on a cold and busy disk, perhaps a minute."""
_DECODE_SECONDS = 120.0
"""The slowest picture that is within the limits takes some ten seconds."""
_IDLE_SECONDS = 60.0
_PIPE_BYTES = 1 << 20
"""Linux' most for a pipe without rights (/proc/sys/fs/pipe-max-size); its usual 64 KiB make the transfer twice as
slow."""

_ENTRY = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "from anonymiser.isolation.opener import serve; serve(sys.argv[1], sys.argv[2], float(sys.argv[3]))"
)
_NEEDED_ENVIRONMENT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What an interpreter needs to start; nothing else is passed on, because it may be a password."""
_GIVEN_ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # glibc gives large blocks back after each picture and takes them anew, page by page: 20 ms of 1,600 x 1,200.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


class IsolatedDecoder:
    """A process that opens pictures for this one; started for the first, and anew if a picture ends it.

    It is given the bytes of one file after another and gives back pixels. It has no handle, no environment and no
    folder of this process. `Confinement` says what the system takes away from it besides.
    """

    def __init__(
        self,
        decode: Callable[..., Photo] = in_process.decode,
        *,
        seconds: float = _DECODE_SECONDS,
        idle_seconds: float | None = None,
    ) -> None:
        """`decode` is a function of a module, called as `photo.decode.decode` is, and only in the other process.

        A picture may take `seconds`. After `idle_seconds` without any the process ends; None keeps it.
        """
        self._decode = decode
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._idle: threading.Timer | None = None

    def start(self) -> Confinement:
        """Start the process if there is none, and say how it is confined. Raises WorkspaceError if it cannot start."""
        with self._lock:
            return self._running().confinement

    def __call__(
        self, data: bytes, limits: DecodeLimits, *, max_megapixels: float = 0, crop: Box | None = None
    ) -> Photo:
        """The picture in a file, as `photo.decode.decode` gives it back. Safe for threads, one picture at a time.

        Raises what that raises, UnreadablePhoto if the picture ends the process twice, OversizedPhoto if it takes too
        long, and WorkspaceError if the process cannot start.
        """
        asked = {
            "limits": [limits.max_source_megapixels, limits.min_side_pixels],
            "max_megapixels": max_megapixels,
            "crop": crop,
        }
        with self._lock, self._kept_while_idle():
            for _ in range(2):  # what ended it the first time may have been meant for another process
                process = self._running()
                try:
                    with process.killed_after(self._seconds) as overdue:
                        return _ask(process, asked, data, limits)
                except wire.Lost:
                    self._end()
                    if overdue.is_set():
                        raise OversizedPhoto(
                            "opening the picture takes too long",
                            remedy="Save a smaller copy of it and put that into the folder.",
                        ) from None
                except PhotoError:
                    raise
                except BaseException:
                    self._end()  # its answer, which nobody has read, must not be taken for that to the next picture
                    raise
        raise UnreadablePhoto(
            "the file is damaged in a dangerous manner: the process that opened it was ended",
            remedy="Do not pass the file on. Ask the photographer for the original.",
        )

    def close(self) -> None:
        """End the process; another call starts it again."""
        with self._lock:
            self._end()

    def _running(self) -> _Process:
        if self._process is None or not self._process.alive():
            self._end()
            try:
                self._process = _Process(self._decode, self._seconds)
            except wire.Lost:  # something else may have ended it, as a system does that is short of memory
                try:
                    self._process = _Process(self._decode, self._seconds)
                except wire.Lost as error:
                    raise _cannot_start() from error
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    @contextlib.contextmanager
    def _kept_while_idle(self) -> Iterator[None]:
        if self._idle is not None:
            self._idle.cancel()
        try:
            yield
        finally:
            if self._idle_seconds is not None:
                self._idle = threading.Timer(self._idle_seconds, self.close)
                self._idle.daemon = True
                self._idle.start()


decode = IsolatedDecoder(idle_seconds=_IDLE_SECONDS)
"""For whoever opens a picture now and then: its process ends after a minute without any."""


class _Process:
    """One process, from its start to its end."""

    def __init__(self, decode: Callable[..., Photo], seconds: float) -> None:
        """Raises WorkspaceError if the system starts none, and Lost if it ends, or takes too long, while it starts."""
        # The interpreter's own switches are not passed on, the places of its packages are.
        places = json.dumps([str(Path(place).resolve()) if place else str(Path.cwd()) for place in sys.path])
        what = [places, decode.__module__, decode.__qualname__, str(seconds + 5)]
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - this program's own interpreter and code
                [sys.executable, "-I", "-c", _ENTRY, *what],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd=sys.prefix,  # Windows keeps a process's folder from being removed: never the workspace
                env={name: os.environ[name] for name in _NEEDED_ENVIRONMENT if name in os.environ} | _GIVEN_ENVIRONMENT,
                # Ctrl+C is meant for this process, which lets running photos finish.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
                | getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise _cannot_start() from error
        self.stdin, self.stdout = _widened(self._popen.stdin), _widened(self._popen.stdout)
        self.end = weakref.finalize(self, _finish, self._popen)
        try:
            with self.killed_after(_START_SECONDS):
                ready, _ = wire.receive(self.stdout)
                self.confinement = Confinement(**ready["ready"])
        except (wire.Lost, KeyError, TypeError) as error:
            self.end()
            raise wire.Lost from error

    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.end.alive and self._popen.poll() is None

    @contextlib.contextmanager
    def killed_after(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the process if the block takes longer; the event says whether that happened."""
        overdue = threading.Event()

        def kill() -> None:
            overdue.set()
            self._popen.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield overdue
        finally:
            timer.cancel()


def _ask(process: _Process, asked: dict[str, object], data: bytes, limits: DecodeLimits) -> Photo:
    try:
        wire.send(process.stdin, asked, data)
    except OSError as error:
        raise wire.Lost from error
    header, length = wire.receive(process.stdout)
    if "refused" in header and not length:
        raise wire.refusal(header)
    return wire.receive_photo(process.stdout, header, length, limits)


def _widened(pipe: IO[bytes] | None) -> io.RawIOBase:
    if not isinstance(pipe, io.RawIOBase):
        raise TypeError("the process was started without pipes")
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return pipe


def _finish(popen: subprocess.Popen[bytes]) -> None:
    """Closed pipes would end it too, but only after the picture that it is at."""
    popen.kill()
    for pipe in (popen.stdin, popen.stdout):
        if pipe is not None:
            pipe.close()
    popen.wait()


def _cannot_start() -> WorkspaceError:
    return WorkspaceError("the process that opens pictures cannot start", remedy="Run: anonymise doctor")
