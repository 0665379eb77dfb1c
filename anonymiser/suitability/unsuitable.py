"""Nudity, by Yahoo's open_nsfw."""

from __future__ import annotations

import io
import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anonymiser.networks import Network, ask
from anonymiser.suitability.views import halved, squares
from anonymiser.values.photo import Pixels

_RESIZED, _CROPPED = 256, 224
"""Sides in pixels: of the picture that is squashed, and of its middle, which the network takes."""
_MEAN_BGR = np.array([104, 117, 123], np.float32)
"""Of the pictures that the network was trained on; all of it from yahoo/open_nsfw, `classify_nsfw.py`."""
_LEAST_PX = 4 * _RESIZED
"""Short side that a photo keeps when it is halved first. On 40 photos enlarged to 12 megapixels that changes the score
by 0.008 on average and 0.061 at most, to either side; cutting off one row and column of pixels, by 0.007 and 0.054."""
_NSFW = 1
"""Second output of the network; the first is "safe for work"."""


class UnsuitableModel:
    """open_nsfw; input `float32 [1, 224, 224, 3]` BGR without the mean, output two probabilities."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def score(self, pixels: Pixels) -> float:
        """Probability of nudity in 0..1: the highest over the whole photo and the squares that cover it.

        Raises ModelError if a probability is not a finite number.
        """
        photo = halved(pixels, _LEAST_PX)
        return max(self._score_view(view) for view in itertools.chain([photo], squares(photo)))

    def _score_view(self, view: Pixels) -> float:
        (probabilities,) = ask(self._network, "open_nsfw", ("outputs",), {"input:0": prepare(view)[None]})
        return float(probabilities[0, _NSFW])


def prepare(view: Pixels) -> NDArray[np.float32]:
    """`float32 [224, 224, 3]` BGR as open_nsfw was trained: squashed to 256 px, cropped to its middle, saved as JPEG.

    The model was trained on recompressed pictures, and the reference implementation recompresses for that reason
    (yahoo/open_nsfw, `classify_nsfw.py`); the copy stays in memory.
    """
    margin = (_RESIZED - _CROPPED) // 2
    image = Image.fromarray(view).resize((_RESIZED, _RESIZED), Image.Resampling.BILINEAR)
    recompressed = io.BytesIO()
    image.crop((margin, margin, margin + _CROPPED, margin + _CROPPED)).save(recompressed, "JPEG")
    rgb = np.asarray(Image.open(recompressed), np.float32)
    return np.ascontiguousarray(rgb[:, :, ::-1] - _MEAN_BGR)
