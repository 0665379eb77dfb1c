"""EfficientNet-Lite2 from a PyTorch state file, read without PyTorch."""

from __future__ import annotations

import collections
import io
import math
import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from models.onnx_graph import Graph

SIZE = 260
"""Side of the square input, the size that the weights were trained for."""
EPSILON = 1e-3
"""Of every batch norm; TensorFlow's default, which the weights come from."""

Array = NDArray[np.generic]


def convert(data: bytes) -> ModelProto:
    """Translate `efficientnet-lite2-9656183e.pth`.

    Input `x` `float32 [B, 3, 260, 260]`, RGB, `(value - 127) / 128`. Output `y` `float32 [B, 1000]`, the logits of the
    ImageNet classes. Batch norms are folded.
    """
    return _Network(read_state(data)).model()


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the architecture's table: blocks of the same shape, the first with the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


BASE_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
"""EfficientNet-B0 (Tan and Le 2019, table 1)."""
WIDTH, DEPTH = 1.1, 1.2
"""Lite2's factors; Lite fixes the depth of the first and last stage and the width of stem and head."""
STEM_CHANNELS = 32


def stages() -> list[Stage]:
    """The table of Lite2."""
    ends = (BASE_STAGES[0], BASE_STAGES[-1])
    return [
        Stage(
            stage.repeats if stage in ends else math.ceil(stage.repeats * DEPTH),
            stage.kernel,
            stage.stride,
            stage.expansion,
            _widened(stage.channels),
        )
        for stage in BASE_STAGES
    ]


def _widened(channels: int, divisor: int = 8) -> int:
    """To the nearest multiple of 8, but never more than a tenth narrower."""
    exact = channels * WIDTH
    rounded = max(divisor, int(exact + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * exact else rounded


class _Network:
    def __init__(self, state: dict[str, Array]) -> None:
        self._state = state
        self._graph = Graph("efficientnet_lite2")
        self._zero, self._six = (self._graph.constant(np.array(bound)) for bound in (0.0, 6.0))
        self._side = SIZE

    def model(self) -> ModelProto:
        x = self._activated(self._convolution("x", "_conv_stem", "_bn0", kernel=3, stride=2))
        channels, index = STEM_CHANNELS, 0
        for stage in stages():
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                y = self._block(x, f"_blocks.{index}", stage, stride, channels * stage.expansion)
                if stride == 1 and channels == stage.channels:
                    y = self._graph.node("Add", x, y)
                x, channels, index = y, stage.channels, index + 1
        x = self._activated(self._convolution(x, "_conv_head", "_bn1", kernel=1, stride=1))
        x = self._graph.node("Flatten", self._graph.node("GlobalAveragePool", x))
        weights, bias = (self._graph.constant(self._state[f"_fc.{kind}"]) for kind in ("weight", "bias"))
        self._graph.node("Gemm", x, weights, bias, transB=1, output="y")
        return self._graph.model({"x": ["B", 3, SIZE, SIZE]}, {"y": ["B", 1000]})

    def _block(self, x: str, name: str, stage: Stage, stride: int, inner: int) -> str:
        """Inverted residual without squeeze and excitation, which Lite leaves out."""
        if stage.expansion != 1:
            x = self._activated(self._convolution(x, f"{name}._expand_conv", f"{name}._bn0", kernel=1, stride=1))
        x = self._activated(
            self._convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stage.kernel, stride, group=inner)
        )
        return self._convolution(x, f"{name}._project_conv", f"{name}._bn2", kernel=1, stride=1)

    def _convolution(self, x: str, name: str, norm: str, kernel: int, stride: int, group: int = 1) -> str:
        """A convolution with the batch norm that follows it, padded as TensorFlow's SAME."""
        weights = self._state[f"{name}.weight"].astype(np.float64)
        gamma, beta, mean, variance = (
            self._state[f"{norm}.{kind}"].astype(np.float64)
            for kind in ("weight", "bias", "running_mean", "running_var")
        )
        factor = gamma / np.sqrt(variance + EPSILON)
        side = math.ceil(self._side / stride)
        padding = max((side - 1) * stride + kernel - self._side, 0)
        before, after = padding // 2, padding - padding // 2
        self._side = side
        return self._graph.node(
            "Conv",
            x,
            self._graph.constant(weights * factor.reshape(-1, 1, 1, 1)),
            self._graph.constant(beta - mean * factor),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=group,
        )

    def _activated(self, x: str) -> str:
        return self._graph.node("Clip", x, self._zero, self._six)


@dataclass(frozen=True, slots=True)
class _Storage:
    """A block of numbers that the file stores after the pickles."""

    dtype: np.dtype[np.generic]
    key: str


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage, in elements."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, tuple(size), tuple(stride))


class _StateUnpickler(pickle.Unpickler):
    """Knows tensors of two kinds and the ordinary containers; a pickle that asks for anything else is refused."""

    _ALLOWED: ClassVar = {
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module: str, name: str) -> object:
        try:
            return self._ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a state file") from None

    def persistent_load(self, pid: tuple[Any, ...]) -> _Storage:
        _kind, dtype, key, *_device_size_view = pid
        return _Storage(dtype, key)


def read_state(data: bytes) -> dict[str, Array]:
    """Arrays by name from PyTorch's serialisation of before version 1.6.

    Layout: pickles of a magic number, the protocol version and facts about the system, then of the state and of the
    list of storage keys; then for each key an element count (int64) and the elements, little-endian.

    Raises pickle.UnpicklingError if the file asks for anything but tensors.
    """
    file = io.BytesIO(data)
    for _ in range(3):
        _StateUnpickler(file).load()
    state: dict[str, _Tensor] = _StateUnpickler(file).load()
    keys: list[str] = _StateUnpickler(file).load()
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in state.values()}
    storages: dict[str, Array] = {}
    for key in keys:
        count = int(np.frombuffer(file.read(8), "<i8")[0])
        storages[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])
    return {name: _view(tensor, storages[tensor.storage.key]) for name, tensor in state.items()}


def _view(tensor: _Tensor, storage: Array) -> Array:
    strides = [step * storage.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.size, strides).copy()
