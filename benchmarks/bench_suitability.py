"""How well the suitability scores part a folder of photos: one sub-folder a kind, scores and times on stdout.

Usage: python benchmarks/bench_suitability.py DIR
Sub-folders whose name starts with `swim` count as wanted, all others as false flags.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from anonymiser.stages import load_classifier
from anonymiser.values.photo import Pixels


def pixels_of(path: Path) -> Pixels:
    """An upright RGB photo."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def main() -> None:
    """Print, for each sub-folder, the share of photos at or over each threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    classifier = load_classifier()
    seconds = []
    for kind in sorted(path for path in parser.parse_args().folder.iterdir() if path.is_dir()):
        scores = []
        for path in sorted(kind.rglob("*.jpg")):
            pixels = pixels_of(path)
            start = time.process_time()
            scores.append(classifier.assess(pixels))
            seconds.append(time.process_time() - start)
        for axis, thresholds in (("swimwear", (0.1, 0.15, 0.2, 0.25, 0.5)), ("unsuitable", (0.2, 0.3, 0.5, 0.85))):
            values = np.array([getattr(score, axis) for score in scores])
            shares = "  ".join(f">={at}: {(values >= at).sum():3d}" for at in thresholds)
            print(f"{kind.name:12s} n={len(values):3d} {axis:10s} {shares}")
    print(f"CPU seconds a photo: median {np.median(seconds):.3f}, highest {max(seconds):.3f}")


if __name__ == "__main__":
    main()
