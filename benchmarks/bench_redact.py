"""How long the redaction of a photo of 12 megapixels with 30 heads takes on one core.

    python benchmarks/bench_redact.py

CPU time of this process, so that other load on the computer counts little; the best of several rounds.
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from anonymiser.recognise.align import TEMPLATE
from anonymiser.redaction import redact
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces

_NO_LABELS = np.zeros((0, 4, 2), np.float32)


def heads(count: int, face_px: float, turn_degrees: float, random: np.random.Generator) -> Faces:
    """Faces somewhere in a photo of 4000 x 3000 pixels, with landmarks turned about their centres."""
    turn = np.radians(turn_degrees)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centres = random.uniform((face_px, face_px), (4000 - face_px, 3000 - face_px), (count, 2))
    corner = np.array([0.4, 0.5]) * face_px
    points = (TEMPLATE - TEMPLATE.mean(0)) / 96 * face_px @ rotation + centres[:, None]
    boxes = np.concatenate([centres - corner, centres + corner], 1)
    return Faces(boxes.astype(np.float32), np.ones(count, np.float32), points.astype(np.float32))


def milliseconds(photo: np.ndarray, faces: Faces, style: RedactionStyle, rounds: int = 7) -> float:
    """CPU time of the quickest round, after one to warm up."""
    redact(photo, faces, _NO_LABELS, style)
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        redact(photo, faces, _NO_LABELS, style)
        taken.append(time.process_time() - start)
    return min(taken) * 1e3


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (3000, 4000, 3), np.uint8)
    for face_px in (50, 100, 200, 300):
        for turn in (0.0, 45.0):
            faces = heads(30, face_px, turn, random)
            taken = {style.value: milliseconds(photo, faces, style) for style in RedactionStyle}
            columns = "   ".join(f"{name} {ms:6.1f} ms" for name, ms in taken.items())
            print(f"30 faces of {face_px:3} px, turned by {turn:2.0f} degrees   {columns}")


if __name__ == "__main__":
    main()
