"""Small networks to convert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import onnxruntime
import pytest
import tflite
from onnx import ModelProto


@pytest.fixture(scope="session")
def run() -> Callable[..., list[np.ndarray]]:
    """Run an ONNX model on named inputs."""

    def run_model(model: ModelProto | bytes, **inputs: np.ndarray) -> list[np.ndarray]:
        data = model if isinstance(model, bytes) else model.SerializeToString()
        return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, inputs)

    return run_model


@dataclass(frozen=True)
class Rows:
    """A weight tensor stored as compressed sparse rows of its last dimension."""

    dense: np.ndarray
    index: str = "Uint8Vector"
    last: int = tflite.DimensionType.SPARSE_CSR
    """Format that the file claims for the last dimension."""


@dataclass
class TfLite:
    """Writes a one-subgraph .tflite file with input tensor 0."""

    input_shape: Sequence[int]
    tensors: list[tuple[Sequence[int], np.ndarray | Rows | None]] = field(default_factory=list)
    operators: list[tuple[str, list[int], int, tuple[str, dict[str, int]] | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tensors.append((self.input_shape, None))

    def constant(self, value: np.ndarray | Rows) -> int:
        """Add a constant tensor."""
        self.tensors.append(((value.dense if isinstance(value, Rows) else value).shape, value))
        return len(self.tensors) - 1

    def operator(self, name: str, inputs: list[int], shape: Sequence[int] = (), **options: int) -> int:
        """Add an operator; options are named as in the schema, and their table as `table`."""
        self.tensors.append((shape, None))
        output = len(self.tensors) - 1
        table = options.pop("table", None)
        self.operators.append((name, inputs, output, (table, options) if table else None))
        return output

    def finish(self, *outputs: int) -> bytes:
        """The file."""
        b = flatbuffers.Builder()
        buffers, tensors = [self._table(b, "Buffer")], []
        for shape, value in self.tensors:
            dense = value.dense if isinstance(value, Rows) else value
            stored = dense[dense != 0] if isinstance(value, Rows) else dense
            kind = {None: "FLOAT32", "float32": "FLOAT32", "float16": "FLOAT16", "int32": "INT32", "int8": "INT8"}[
                None if dense is None else str(dense.dtype)
            ]
            sparsity = self._sparsity(b, value) if isinstance(value, Rows) else None
            fields: dict[str, Any] = {"Shape": self._ints(b, shape), "Type": getattr(tflite.TensorType, kind)}
            if stored is not None:
                data = b.CreateNumpyVector(np.frombuffer(stored.tobytes(), np.uint8))
                buffers.append(self._table(b, "Buffer", Data=data))
                fields["Buffer"] = len(buffers) - 1
            if sparsity is not None:
                fields["Sparsity"] = sparsity
            tensors.append(self._table(b, "Tensor", **fields))
        codes, operators = [], []
        for name, inputs, output, options in self.operators:
            code = getattr(tflite.BuiltinOperator, name)
            codes.append(self._table(b, "OperatorCode", BuiltinCode=code, DeprecatedBuiltinCode=min(code, 127)))
            fields = {
                "OpcodeIndex": len(codes) - 1,
                "Inputs": self._ints(b, inputs),
                "Outputs": self._ints(b, [output]),
            }
            if options:
                table, values = options
                fields["BuiltinOptions"] = self._table(b, table, **values)
                fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, table)
            operators.append(self._table(b, "Operator", **fields))
        subgraph = self._table(
            b,
            "SubGraph",
            Tensors=self._tables(b, tensors),
            Inputs=self._ints(b, [0]),
            Outputs=self._ints(b, outputs),
            Operators=self._tables(b, operators),
        )
        model = self._table(
            b,
            "Model",
            Version=3,
            OperatorCodes=self._tables(b, codes),
            Subgraphs=self._tables(b, [subgraph]),
            Buffers=self._tables(b, buffers),
        )
        b.Finish(model, b"TFL3")
        return bytes(b.Output())

    def _sparsity(self, b: flatbuffers.Builder, rows: Rows) -> int:
        width = rows.dense.shape[-1]
        flat = rows.dense.reshape(-1, width)
        dtype = {"Uint8Vector": np.uint8, "Uint16Vector": np.uint16, "Int32Vector": np.int32}[rows.index]
        starts = np.concatenate([[0], np.cumsum((flat != 0).sum(1))]).astype(dtype)
        vectors = [
            self._table(b, rows.index, Values=b.CreateNumpyVector(v))
            for v in (starts, np.nonzero(flat)[1].astype(dtype))
        ]
        kind = getattr(tflite.SparseIndexVector, rows.index)
        metadata = [
            self._table(b, "DimensionMetadata", Format=tflite.DimensionType.DENSE, DenseSize=size)
            for size in rows.dense.shape[:-1]
        ]
        metadata.append(
            self._table(
                b,
                "DimensionMetadata",
                Format=rows.last,
                ArraySegmentsType=kind,
                ArraySegments=vectors[0],
                ArrayIndicesType=kind,
                ArrayIndices=vectors[1],
            )
        )
        order = self._ints(b, range(rows.dense.ndim))
        return self._table(b, "SparsityParameters", TraversalOrder=order, DimMetadata=self._tables(b, metadata))

    @staticmethod
    def _table(b: flatbuffers.Builder, name: str, **fields: int) -> int:
        getattr(tflite, f"{name}Start")(b)
        for key, value in fields.items():
            getattr(tflite, f"{name}Add{key}")(b, value)
        return getattr(tflite, f"{name}End")(b)

    @staticmethod
    def _ints(b: flatbuffers.Builder, values: Sequence[int]) -> int:
        return b.CreateNumpyVector(np.array(list(values), np.int32))

    @staticmethod
    def _tables(b: flatbuffers.Builder, offsets: list[int]) -> int:
        b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            b.PrependUOffsetTRelative(offset)
        return b.EndVector()


@pytest.fixture(scope="session")
def tflite_file() -> type[TfLite]:
    """The writer of small .tflite files."""
    return TfLite


@pytest.fixture(scope="session")
def rows() -> type[Rows]:
    """Marks a weight tensor to be stored sparsely."""
    return Rows
