"""People by their shoulders: what the network's numbers mean."""

import math

import numpy as np

from anonymiser.detect.blazepose import anchors, decode

ANCHORS = 2254
RNG = np.random.default_rng(21)


def square(x, y, side):
    return [x - side / 2, y - side / 2, x + side / 2, y + side / 2]


def test_anchors_lie_in_the_middles_of_cells_in_the_order_of_the_output():
    """Three grids, row by row, all anchors of a cell together."""
    expected = [
        ((column + 0.5) * 224 / cells, (row + 0.5) * 224 / cells)
        for cells, each in ((28, 2), (14, 2), (7, 6))
        for row in range(cells)
        for column in range(cells)
        for _ in range(each)
    ]
    np.testing.assert_allclose(anchors(), expected)
    assert len(expected) == ANCHORS


def test_decoding_equals_a_plain_loop():
    """Scores and head boxes of a batch are what the formula gives anchor by anchor."""
    regressors = RNG.normal(0, 30, (2, ANCHORS, 12)).astype(np.float32)
    logits = RNG.normal(-4, 3, (2, ANCHORS, 1)).astype(np.float32)
    anchor = anchors().tolist()
    expected = []
    for tile in range(2):
        for row in range(ANCHORS):
            score = 1 / (1 + math.exp(-logits[tile, row, 0]))
            if score < 0.7:
                continue
            (ax, ay), r = anchor[row], regressors[tile, row].tolist()
            sx, sy, ux, uy = ax + r[8], ay + r[9], ax + r[10], ay + r[11]
            side = 0.34 * math.hypot(ux - sx, uy - sy)
            expected.append((tile, score, square(sx + 0.28 * (ux - sx), sy + 0.28 * (uy - sy), side)))
    heads, which = decode(regressors, logits, threshold=0.7)
    assert len(expected) > 50
    assert which.tolist() == [tile for tile, *_ in expected]
    np.testing.assert_allclose(heads.score, [score for _, score, _ in expected], rtol=1e-5)
    np.testing.assert_allclose(heads.xyxy, [box for *_, box in expected], rtol=1e-4, atol=1e-3)
    assert np.isnan(heads.points).all()
