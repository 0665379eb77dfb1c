"""PyTorch's old serialisation, read without PyTorch and without trusting the pickle."""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
import types

import numpy as np
import pytest

from models.efficientnet_lite2 import read_state


class Stored:
    """Pickled as a reference to a storage outside the pickle."""

    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class Tensor:
    """Pickled as torch pickles a tensor."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class StatePickler(pickle.Pickler):
    """Writes storages as references."""

    def persistent_id(self, obj: object) -> object:
        if not isinstance(obj, Stored):
            return None
        return "storage", getattr(sys.modules["torch"], obj.kind), obj.key, "cpu", obj.count, None


@pytest.fixture
def state_file(monkeypatch):
    """Writes a state file as PyTorch did before version 1.6."""

    def named(module: types.ModuleType, name: str) -> None:
        setattr(module, name, type(name, (), {"__module__": module.__name__}))

    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    named(torch, "FloatStorage")
    named(torch, "LongStorage")
    named(utils, "_rebuild_tensor_v2")
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def write(state: object, storages: dict[str, np.ndarray]) -> bytes:
        file = io.BytesIO()
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, state, list(storages)):
            StatePickler(file, 2).dump(part)
        for array in storages.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
        return file.getvalue()

    return write


def test_views_of_shared_storages(state_file):
    """Offset, size and stride of a tensor are honoured; a tensor of no dimensions is a number."""
    numbers, counts = np.arange(12, dtype="<f4"), np.array([41, 42], "<i8")
    shared = Stored("FloatStorage", "a", 12)
    state = collections.OrderedDict(
        rows=Tensor(shared, 0, (3, 4), (4, 1), False, None),
        turned=Tensor(shared, 2, (4, 2), (1, 4), False, None),
        count=Tensor(Stored("LongStorage", "b", 2), 1, (), (), False, None),
    )
    got = read_state(state_file(state, {"a": numbers, "b": counts}))
    np.testing.assert_array_equal(got["rows"], numbers.reshape(3, 4))
    np.testing.assert_array_equal(got["turned"], [[2, 6], [3, 7], [4, 8], [5, 9]])
    assert got["count"] == 42


def test_a_pickle_that_runs_code_is_refused(state_file, tmp_path):
    """A state file that asks for anything but tensors is refused before it can run."""

    class Malice:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    with pytest.raises(pickle.UnpicklingError, match="mkdir is not allowed"):
        read_state(state_file({"weights": Malice()}, {}))
    assert not (tmp_path / "ran").exists()
