"""Decoders that misbehave, as one that a hostile file has taken over would; each runs in the other process."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.decode import DecodeLimits
from anonymiser.values.photo import Photo


def attempt(data: bytes, _limits: DecodeLimits, **_: object) -> Photo:
    """Try what the "picture" asks for, a JSON list of a name and arguments, and say what came of it."""
    name, *arguments = json.loads(data)
    try:
        got = _ATTEMPTS[name](*arguments)
    except (OSError, ValueError) as error:
        raise UnreadablePhoto(f"nothing: {type(error).__name__}") from None
    raise UnreadablePhoto(f"got {got}")


def _send_datagram(port: int) -> int:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))


def _read_memory(pid: int) -> str:
    """As a debugger does; the kernel's answer is an errno."""
    if ctypes.CDLL(None, use_errno=True).ptrace(16, pid, None, None) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
    return "memory"


def _raise_limit() -> str:
    import resource  # noqa: PLC0415 - POSIX only

    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    return "files again"


_ATTEMPTS: dict[str, Callable[..., object]] = {
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_bytes(b"x"),
    "delete": os.unlink,
    "rename": lambda path: Path(path).rename(f"{path}.x"),
    "connect": lambda port: socket.create_connection(("127.0.0.1", port), 5),
    "datagram": _send_datagram,
    "run": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
    "execute": lambda: os.execv(sys.executable, [sys.executable, "-c", "pass"]),  # noqa: S606 - the attempt
    "kill": lambda pid: os.kill(pid, signal.SIGTERM),
    "attach": _read_memory,
    "raise-limit": _raise_limit,
    "environment": lambda: sorted(os.environ),
    "memory": lambda: len(bytearray(5 << 30)),
}


def plain(_data: bytes, _limits: DecodeLimits, **_: object) -> Photo:
    """A photo of two pixels by two."""
    return Photo(np.zeros((2, 2, 3), np.uint8), (2, 2), "image/jpeg", None, None)


def hang(_data: bytes, _limits: DecodeLimits, **_: object) -> Photo:
    """Never come back."""
    while True:
        time.sleep(1)


def die_of_poison(data: bytes, limits: DecodeLimits, **_: object) -> Photo:
    """End the process as a crash in native code does, if the file is the one that does it."""
    if data == b"poison":
        os.abort()
    return plain(data, limits)
