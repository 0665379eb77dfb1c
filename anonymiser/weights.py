"""Finds a model file by id and checks its SHA-256 before anything loads it.

The hashes come from `models/manifest.toml`, which the build copies next to the weights. A file that is missing or
altered is refused: a detector that misses faces would publish them.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anonymiser.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS_DIR = Path(__file__).with_name("_weights")
"""Written by the build, part of the wheel."""

_REINSTALL = "Install anonymiser again from where it came: pip install --force-reinstall --no-deps FOLDER_OR_WHEEL"
_NO_RUNTIME = (
    "Install onnxruntime again: pip install --force-reinstall onnxruntime. On Windows it also needs Microsoft's Visual "
    "C++ Redistributable."
)


@enum.unique
class ModelId(enum.StrEnum):
    """Every model file that anonymiser uses; `models/README.md` has a card for each network."""

    BLAZEFACE = "blazeface"
    BLAZEFACE_SHORT_RANGE = "blazeface-short-range"
    CENTERFACE = "centerface"
    YUNET = "yunet"
    BLAZEPOSE = "blazepose"
    SFACE = "sface"
    EFFICIENTNET_LITE2 = "efficientnet-lite2"
    OPEN_NSFW = "open-nsfw"
    TEXT_DETECTOR = "text-detector"
    TEXT_READER = "text-reader"
    BLAZEFACE_ORIGINAL = "blazeface-original"
    """As MediaPipe made it, for MediaPipe's own runtime; so is the next one."""
    BLAZEPOSE_ORIGINAL = "blazepose-original"


@dataclass(frozen=True, slots=True)
class Weights:
    """One model file as the manifest describes it."""

    id: ModelId
    task: str
    """What it is for, in one word: detect, recognise, swimwear, unsuitable or text."""
    file: str
    """Name in `WEIGHTS_DIR`."""
    size: int
    """Bytes."""
    sha256: str
    licence: str
    """SPDX expression."""
    origin: str
    """Who made the weights."""


@dataclass(frozen=True, slots=True)
class Check:
    """What `verify` found for one file."""

    weights: Weights
    refusal: ModelError | None
    """Why the file would not be loaded, with the remedy; None if it is the pinned one."""


@functools.cache
def listing() -> tuple[Weights, ...]:
    """Every model file in the order of ModelId. Raises ModelError if the manifest is missing or unusable."""
    path = WEIGHTS_DIR / "manifest.toml"
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {
            ModelId(entry["id"]): Weights(
                id=ModelId(entry["id"]),
                task=entry["task"],
                file=entry["file"],
                size=entry["size"],
                sha256=entry["sha256"],
                licence=entry["licence"],
                origin=entry["origin"],
            )
            for entry in (*manifest["weights"], *manifest.get("originals", ()))
        }
        return tuple(found[model] for model in ModelId)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise ModelError(f"the list of model files, {path}, cannot be used", remedy=_REINSTALL) from error


@functools.cache
def model_file(model: ModelId) -> Path:
    """The file of `model`, its SHA-256 checked once per process.

    Raises ModelError with the remedy if the file is missing, altered or unreadable.
    """
    return _checked(_weights_of(model))


def model_sha256(model: ModelId) -> str:
    """The pinned SHA-256 in lower-case hexadecimal, by which templates name the weights that made them."""
    return _weights_of(model).sha256


@functools.cache
def session(model: ModelId) -> InferenceSession:
    """An onnxruntime session on the CPU with one thread, the same one for the whole process.

    One thread, because there is one process for each core, and idle threads that spin would take the cores from them.
    All sessions share one arena, because they never run at once: a worker that saw 25 photos of many shapes held
    1,020 MB with an arena for each, and 705 MB with one.
    Raises ModelError like `model_file`, and if onnxruntime cannot be loaded or cannot use the file.
    """
    path = model_file(model)
    try:
        import onnxruntime  # noqa: PLC0415 - takes a second to import, and listing or verifying never needs it
    except ImportError as error:
        raise ModelError("onnxruntime, which runs the networks, cannot be loaded", remedy=_NO_RUNTIME) from error
    _share_arena()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.use_env_allocators", "1")
    for pool in ("intra_op", "inter_op"):
        options.add_session_config_entry(f"session.{pool}.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise ModelError(
            f"onnxruntime {onnxruntime.__version__} cannot use the model file {path.name}", remedy=_REINSTALL
        ) from error


@functools.cache
def _share_arena() -> None:
    import onnxruntime  # noqa: PLC0415 - as in `session`

    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({}))


def verify() -> tuple[Check, ...]:
    """Read every model file again and compare it with the manifest. Raises ModelError like `listing`."""
    return tuple(Check(weights, _refusal(weights)) for weights in listing())


def _refusal(weights: Weights) -> ModelError | None:
    try:
        _checked(weights)
    except ModelError as error:
        return error
    return None


def _weights_of(model: ModelId) -> Weights:
    return next(weights for weights in listing() if weights.id is model)


def _checked(weights: Weights) -> Path:
    path = WEIGHTS_DIR / weights.file
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"model file {path.name} is missing", remedy=_REINSTALL) from error
    except OSError as error:
        raise ModelError(f"model file {path} cannot be read: {error.strerror}", remedy=_REINSTALL) from error
    if found != weights.sha256:
        raise ModelError(f"model file {path} is not the one that was tested: its SHA-256 is {found}", remedy=_REINSTALL)
    return path
