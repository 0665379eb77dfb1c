"""Draw the picture by which every worker checks its networks before it looks at a photo: anonymiser/canary.jpg.

    python tools/make_canary.py

Two sample portraits of one invented pupil, one of another, and a name badge. Prints what the networks say of it, which
stands in anonymiser/canary.py: correct it there when the picture or a network changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from anonymiser.canary import CELL_WH, NAME, PICTURE, scores, similarities
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.recognise import describe
from anonymiser.samples import sample_images
from anonymiser.stages import load_stages

PORTRAITS = {(0, 0): "pupil-002/1.jpg", (1, 0): "pupil-002/3.jpg", (0, 1): "pupil-006/1.jpg"}
"""By column and row."""


def draw(portraits: Path) -> Image.Image:
    """The picture, two cells by two."""
    width, height = CELL_WH
    picture = Image.new("RGB", (2 * width, 2 * height), (250, 250, 250))
    for (column, row), file in PORTRAITS.items():
        with Image.open(portraits / file) as portrait:
            cell = portrait.convert("RGB").resize(CELL_WH, Image.Resampling.LANCZOS)
        picture.paste(cell, (column * width, row * height))
    ImageDraw.Draw(picture).multiline_text(
        (1.5 * width, 1.5 * height),
        NAME.replace(" ", "\n"),
        (20, 20, 20),
        ImageFont.load_default(22),
        anchor="mm",
        align="center",
    )
    return picture


def measured() -> str:
    """What the networks say of the picture."""
    stages, pixels = load_stages(), decode(PICTURE.read_bytes(), DecodeLimits()).pixels
    faces = stages.detector.detect(pixels)
    # The top row first, from left to right: the same pupil twice, then the other.
    faces = faces[np.lexsort((faces.xyxy[:, 0], faces.xyxy[:, 1] > CELL_WH[1]))]
    return (
        f"FACES {faces.xyxy.round().astype(int).tolist()}\n"
        f"similarities {np.round(similarities(describe(pixels, faces, stages.embedder).embeddings), 2)}\n"
        f"heads {stages.people.heads(pixels).xyxy.round().astype(int).tolist()}\n"
        f"text {[(line.text, round(line.score, 2)) for line in stages.reader.read(pixels)]}\n"
        f"SCORES {scores(pixels, stages)}\n"
    )


if __name__ == "__main__":
    draw(sample_images() / "enrolment").save(PICTURE, quality=92)
    sys.stdout.write(measured())
