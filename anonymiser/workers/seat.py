"""The side of a cluster's worker: it examines one photo at a time in memory, and keeps nothing of it.

Dask calls these functions outside its tasks (`Client.run`). What they are given and give back is therefore no result
that Dask would store, and spill to a disk when memory is short. They never raise, because Dask logs the arguments of a
function that does.
"""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import hashlib
import os
import pickle
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from anonymiser.errors import AnonymiserError, WorkspaceError
from anonymiser.values.report import Answer, Failed, Job, PhotoReport
from anonymiser.weights import listing
from anonymiser.workers.interface import WorkerSetup
from anonymiser.workers.process import answer_or_failure

T = TypeVar("T")

_PACKAGES = (
    "anonymiser", "numpy", "onnxruntime", "opencv-python-headless", "opencv-contrib-python", "mediapipe", "pillow",
    "pillow-heif", "simplejpeg", "zxing-cpp",
)  # fmt: skip
"""Those of which another version may find other faces, or write other bytes."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to a worker for one photo; its `repr` tells nothing, wherever it may be printed."""

    setup: bytes = field(repr=False)
    """A pickled WorkerSetup."""
    job: Job = field(repr=False)
    """With empty paths: a file's name may be a child's."""
    photo: bytes = field(repr=False)
    seconds: float
    """After this long the worker ends itself; whatever watches over it starts another."""


def identity() -> dict[str, str]:
    """What this process would examine photos with: versions, and the SHA-256 of the program and of every network."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "none"
    try:
        found |= {f"network {each.id}": each.sha256 for each in listing()}
    except AnonymiserError as error:
        found["networks"] = error.message
    return found | {"the program": _program()}


def _program() -> str:
    """SHA-256 of every module: two states of a checkout have the same version. Line ends differ between systems."""
    package = Path(__file__).parents[1]
    modules = sorted((path.relative_to(package).as_posix(), path) for path in package.rglob("*.py"))
    text = b"".join(name.encode() + path.read_bytes().replace(b"\r\n", b"\n") for name, path in modules)
    return hashlib.sha256(text).hexdigest()


async def prepare(setup: bytes) -> AnonymiserError | None:
    """Load the networks and examine the known picture; the error that ends the run if that fails."""
    return await _alone(functools.partial(_prepare, setup))


async def examine(parcel: Parcel) -> Answer | AnonymiserError:
    """Examine one photo, as a local worker would, with the settings of whoever asks."""
    return await _alone(functools.partial(_examine, parcel))


_thread: ThreadPoolExecutor | None = None
_prepared: str | None = None
"""Digest of the setup that this process is initialised with."""


async def _alone(work: functools.partial[T]) -> T:
    """One piece of work after another, whoever asks, and beside Dask's own loop."""
    global _thread  # noqa: PLW0603 - a worker process has exactly one pipeline, and one thread that may use it
    if _thread is None:
        _thread = ThreadPoolExecutor(1, thread_name_prefix="photo")
    return await asyncio.get_running_loop().run_in_executor(_thread, work)


def _prepare(setup: bytes) -> AnonymiserError | None:
    global _prepared  # noqa: PLW0603 - as above
    digest = hashlib.sha256(setup).hexdigest()
    if _prepared == digest:
        return None
    _prepared = None
    try:
        _loaded(setup).initialise()
    except AnonymiserError as error:
        return error
    except Exception as error:  # noqa: BLE001 - Dask logs the arguments of what raises
        return WorkspaceError(
            f"a worker of the cluster cannot begin: {type(error).__name__}", remedy="Run on it: anonymise doctor"
        )
    _prepared = digest
    return None


def _examine(parcel: Parcel) -> Answer | AnonymiserError:
    if (error := _prepare(parcel.setup)) is not None:
        return error
    look = _loaded(parcel.setup).examine
    if look is None:
        return WorkspaceError("this kind of worker cannot be on a cluster", remedy="Leave out --scheduler.")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(parcel.seconds, exit=True, file=nowhere)
    try:
        return answer_or_failure(functools.partial(look, parcel.job, parcel.photo), failed=_failed)
    finally:
        faulthandler.cancel_dump_traceback_later()
        os.close(nowhere)


def _loaded(setup: bytes) -> WorkerSetup:
    loaded = pickle.loads(setup)  # noqa: S301 - whoever may ask here may run anything here: that is what Dask is
    if not isinstance(loaded, WorkerSetup):
        raise TypeError("not a setup")
    return loaded


def _failed(failed: Failed) -> Answer:
    return Answer(PhotoReport(failed))
