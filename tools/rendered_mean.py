"""Measure what the invented pupils' faces have in common, which recognition subtracts from every face.

    python tools/rendered_mean.py

It prints anonymiser/recognise/rendered.py anew; redirect it there if the weights or the sample portraits have changed.
"""

from __future__ import annotations

import sys
import textwrap

import numpy as np

from anonymiser.evaluate.identity import main_face
from anonymiser.recognise.align import align
from anonymiser.recognise.rendered import __doc__ as explanation
from anonymiser.samples import sample_images
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.identity import Embedding


def rendered_mean() -> Embedding:
    """`float32 [128]`: the mean over the pupils of the mean of each one's portraits, as they are (no copies)."""
    detector, embedder = load_detector(), load_embedder()
    people = []
    for folder in sorted((sample_images() / "enrolment").iterdir()):
        found = [main_face(path, detector) for path in sorted(folder.glob("*.jpg"))]
        chips = [align(pixels, face.points) for pixels, face in filter(None, found)]
        people.append(embedder.embed(np.concatenate(chips)).mean(0))
    mean: Embedding = np.mean(people, axis=0, dtype=np.float32)
    return mean


def main() -> None:
    """Print the module."""
    numbers = " ".join(f"{number:g}" for number in np.round(rendered_mean() * 1e4))
    lines = [
        f'"""{explanation}"""\n',
        "from __future__ import annotations\n\nimport numpy as np\n",
        "from anonymiser.values.identity import Embedding\n",
        f'MODEL_SHA256 = "{load_embedder().model_sha256}"',
        '"""The weights that the portraits were described with; beside others the mean is worth nothing."""\n',
        '_TEN_THOUSANDTHS = """\n' + "\n".join(textwrap.wrap(numbers, 118)) + '\n"""\n',
        "MEAN: Embedding = (np.array(_TEN_THOUSANDTHS.split(), np.float64) / 1e4).astype(np.float32)",
        '"""`float32 [128]`, of length 0.666."""',
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
