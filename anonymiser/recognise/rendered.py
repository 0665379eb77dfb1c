"""What the faces of the invented pupils have in common; nobody real is in it.

The mean of the 14 people of sample_images/enrolment, made by tools/rendered_mean.py and held to those portraits by a
test. A gallery of few people says little about what all faces share. With the gallery's own mean subtracted, 44% of
children's photos were found where 30% were without, and 47% with this mean counted as ten more people
(docs/recognition.md says how that was measured). With portraits of 3, 6 or 12 of them it was the same within 2 points.
"""

from __future__ import annotations

import numpy as np

from anonymiser.values.identity import Embedding

MODEL_SHA256 = "6b74a7f2211001ea0a12cb14c819e70f2b0c96ac6e6a3fa249835b026bd9e561"
"""The weights that the portraits were described with; beside others the mean is worth nothing."""

_TEN_THOUSANDTHS = """
-1041 -709 638 -161 719 1054 54 913 -493 -66 -6 1340 1095 -146 -156 522 -1276 138 227 -295 204 148 527 42 48 580 6
-423 -1057 402 -124 57 -69 200 49 113 481 653 -1000 158 864 237 336 -594 -58 -963 594 120 243 1507 -625 69 -305 663
355 -324 32 -1804 -1190 -591 186 251 -585 -330 417 -515 -50 -1228 480 277 -417 -328 5 -375 -262 -316 -41 -205 -761
-478 -139 -112 1268 -12 87 788 -424 -446 -475 614 -780 614 767 1004 411 -1322 338 -243 -143 -446 135 396 -150 -396
-356 36 -465 -524 1069 -504 642 16 -245 -21 379 323 1244 -100 -622 579 -218 -390 480 957 -24 27 -352 -556
"""

MEAN: Embedding = (np.array(_TEN_THOUSANDTHS.split(), np.float64) / 1e4).astype(np.float32)
"""`float32 [128]`, of length 0.666."""
