"""Swimwear, by what ImageNet's classes say of a photo's squares and of the bodies in it.

The five classes of what people wear in water are not enough: leotards, vests and shiny cloth resemble them. So three
groups of other classes are evidence, too. The score of a view is linear in the logarithms of the four groups'
probabilities, and the view with the highest score decides.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from anonymiser.networks import Network, ask
from anonymiser.photo.warp import resized
from anonymiser.suitability.views import bodies, halved, parts, squares
from anonymiser.values.faces import Float32
from anonymiser.values.photo import Pixels

SWIMWEAR_CLASSES = {433: "bathing cap", 445: "bikini", 638: "maillot", 639: "tank suit", 842: "swimming trunks"}
"""Rows of the ImageNet-1k class list (ILSVRC 2012 order), as those below."""
WATER_CLASSES = {
    147: "grey whale", 148: "killer whale", 149: "dugong", 150: "sea lion", 435: "bathtub", 472: "canoe",
    536: "dock", 554: "fireboat", 562: "fountain", 576: "gondola", 625: "lifeboat", 628: "liner", 693: "paddle",
    794: "shower curtain", 801: "snorkel", 814: "speedboat", 876: "tub", 914: "yawl", 975: "lakeside",
    977: "sandbar", 978: "seashore", 983: "scuba diver",
}  # fmt: skip
SPORT_CLASSES = {
    416: "balance beam", 422: "barbell", 430: "basketball", 543: "dumbbell", 610: "jersey",
    702: "parallel bars", 722: "ping-pong ball", 752: "racket", 768: "rugby ball", 770: "running shoe", 795: "ski",
    805: "soccer ball", 852: "tennis ball", 981: "ballplayer",
}  # fmt: skip
"""Without volleyball, which is also played on beaches."""
CLOTHES_CLASSES = {
    399: "abaya", 400: "academic gown", 411: "apron", 474: "cardigan", 501: "cloak", 568: "fur coat",
    578: "gown", 601: "hoopskirt", 608: "jean", 614: "kimono", 617: "lab coat", 652: "military uniform",
    655: "miniskirt", 667: "mortarboard", 689: "overskirt", 697: "pajama", 735: "poncho",
    834: "suit", 841: "sweatshirt", 869: "trench coat", 906: "Windsor tie",
}  # fmt: skip
GROUPS = (SWIMWEAR_CLASSES, WATER_CLASSES, SPORT_CLASSES, CLOTHES_CLASSES)

WEIGHTS = np.array([1.225, 0.847, -0.655, -0.923, 1.488])
INTERCEPT = -4.882
"""Of the four groups, of a view being a body, and added. Regularised logistic regression on the worst views of each
photo in benchmarks/fit_swimwear.py; fits of either half agree but for the weight of a body (2.2 and 0.6). The intercept
is moved so that the score of 0.15, from which a photo has always waited, is the operating point of
docs/suitability.md."""

MOST_BODIES = 2
"""Of a third body, small swimmers gain less than other photos lose (docs/suitability.md)."""
_SIDE = 260
"""Side of the picture that the network takes, in pixels."""
_LEAST_PX = 2 * _SIDE
_MEAN, _SCALE = 127.0, 128.0
"""What EfficientNet-Lite was trained with (efficientnet-lite, `MEAN_RGB` and `STDDEV_RGB`)."""


class SwimwearModel:
    """EfficientNet-Lite2, trained on ImageNet; input `float32 [1, 3, 260, 260]` RGB, output 1,000 logits."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def score(self, pixels: Pixels, heads: Float32) -> float:
        """Probability of swimwear in 0..1, as if one photo in twenty showed some.

        `heads` are boxes `[N, 4]` in photo pixels, the likeliest first. Raises ModelError if a logit is not a finite
        number.
        """
        return probability(self.evidence(pixels, heads))

    def evidence(self, pixels: Pixels, heads: Float32) -> NDArray[np.float64]:
        """What is known of each view, `float64 [V, 5]`: the logarithms of the groups' probabilities; 1 for a body.

        Views are the squares that cover the photo, and up to MOST_BODIES bodies. Without any body they are also the
        photo's parts, so that somebody whom nothing found is still looked at.
        """
        around = list(itertools.islice(bodies(pixels, heads), MOST_BODIES))
        photo = halved(pixels, _LEAST_PX)
        plain = list(squares(photo)) or [photo]
        if not around:
            plain += parts(pixels)
        rows = [(*group_logarithms(self._logits(view)), 0.0) for view in plain]
        rows += [(*group_logarithms(self._logits(view)), 1.0) for view in around]
        return np.array(rows)

    def _logits(self, view: Pixels) -> Float32:
        square = resized(halved(view, _LEAST_PX), _SIDE, _SIDE)
        batch = ((square.astype(np.float32) - _MEAN) / _SCALE).transpose(2, 0, 1)[None]
        logits: Float32 = ask(self._network, "EfficientNet-Lite2", ("y",), {"x": batch})[0][0]
        return logits


def group_logarithms(logits: Float32) -> tuple[float, ...]:
    """Logarithms of the sums of the softmax of `float32 [1000]` over each of GROUPS."""
    shifted = logits.astype(np.float64) - logits.max()
    everything = np.log(np.exp(shifted).sum())
    return tuple(float(_log_sum(shifted[list(group)]) - everything) for group in GROUPS)


def probability(evidence: NDArray[np.float64]) -> float:
    """The score of the worst view of `[V, 5]`, as a probability in 0..1."""
    worst = float((evidence @ WEIGHTS).max()) + INTERCEPT
    return 1 / (1 + math.exp(-worst)) if worst > 0 else math.exp(worst) / (1 + math.exp(worst))


def _log_sum(values: NDArray[np.float64]) -> float:
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))
