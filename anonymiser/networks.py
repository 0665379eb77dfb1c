"""What runs a neural network, and the one way to ask it.

Adapters take a `Network` as an argument and never load one: `stages.py` gives them onnxruntime sessions, tests give
them a few lines of NumPy. Every answer is checked. A value that is not a number compares as false with every threshold,
so a broken network would find nobody and publish everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from anonymiser.errors import ModelError

REMEDY = "Run: anonymise doctor. If it finds nothing wrong, take the last photo out of the inbox and report this."


class Network(Protocol):
    """Anything that runs one network; an onnxruntime InferenceSession is one."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]], /) -> Sequence[Any]:
        """The named outputs, in that order, as arrays, for the named inputs."""


def ask(
    network: Network, name: str, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """Run `network` and return the named outputs, in that order.

    `name` is what an error calls the network. Raises ModelError if a value is NaN or infinite.
    """
    answers = [np.asarray(answer, np.float32) for answer in network.run(outputs, inputs)]
    for output, answer in zip(outputs, answers, strict=True):
        if not is_finite(answer):
            raise ModelError(f"the network {name} gave values that are not numbers ({output})", remedy=REMEDY)
    return answers


def is_finite(values: NDArray[np.float32]) -> bool:
    """Whether no value is NaN or infinite; makes no copy, because the text reader gives 11 million values a batch."""
    return not values.size or bool(np.isfinite(values.min()) and np.isfinite(values.max()))
