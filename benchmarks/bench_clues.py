"""What besides names is found in photos that tells where somebody is, how long that takes, and which codes are found.

Usage: python benchmarks/bench_clues.py PHOTOS [--crops FOLDER] [--codes-only]
PHOTOS is a folder of photos without QR codes, Aztec codes and barcodes: what is found there of them is needless.
FOLDER gets a picture of every finding, to be judged by eye. Then codes are drawn on the first photos at 4 megapixels,
turned, slanted and blurred, and looked for; "readable" are those that a reader makes out in an enlargement there.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from anonymiser.labels.clues import find_clues
from anonymiser.labels.codes import find_codes
from anonymiser.redaction import redact
from anonymiser.settings import RedactionStyle
from anonymiser.stages import load_reader
from anonymiser.values.faces import Faces
from anonymiser.values.labels import ClueWords
from anonymiser.values.photo import Pixels

WORKING = (2448, 1632)
"""4 megapixels, the size to which photos are reduced by default."""
SIDES = (50, 60, 75, 90, 110, 140, 180, 220, 300, 450)
EACH = 16
CONTENTS = {
    zxingcpp.BarcodeFormat.QRCode: "https://example.org/class/4?photo={}",
    zxingcpp.BarcodeFormat.EAN13: "5012345{:05}",
    zxingcpp.BarcodeFormat.Aztec: "https://example.org/class/4?photo={}",
}


def opened(path: Path, size: tuple[int, int] | None = None) -> Pixels:
    """RGB pixels of a photo."""
    pixels = cv2.imread(str(path))
    return np.ascontiguousarray((pixels if size is None else cv2.resize(pixels, size))[..., ::-1])


def text_and_codes(paths: list[Path], crops: Path | None) -> None:
    """Photos by kind of finding, and seconds of each step."""
    reader = load_reader()
    kinds: Counter[str] = Counter()
    seconds: dict[str, list[float]] = defaultdict(list)
    for number, path in enumerate(paths):
        pixels = opened(path)
        start = time.process_time()
        lines = reader.read(pixels)
        read = time.process_time()
        clues = find_clues(lines, ClueWords(), ())
        sorted_out = time.process_time()
        clues += find_codes(pixels)
        seconds["read"].append(read - start)
        seconds["clues"].append(sorted_out - read)
        seconds["codes"].append(time.process_time() - sorted_out)
        kinds.update({str(clue.kind) for clue in clues})
        for row, clue in enumerate(clues if crops else ()):
            low, high = clue.quad.min(0).clip(0).astype(int), clue.quad.max(0).astype(int) + 1
            name = f"{number:03}-{row:02}-{clue.kind}.png"
            cv2.imwrite(str(crops / name), pixels[low[1] : high[1], low[0] : high[0], ::-1])
    print(f"{len(paths)} photos; with findings of each kind: {dict(kinds)}")
    for step, values in seconds.items():
        print(
            f"  {step}: {1000 * np.mean(values):.1f} ms of processor on average, {1000 * np.median(values):.1f} median"
        )


def drawn(
    kind: zxingcpp.BarcodeFormat, photo: Pixels, side: int, rng: np.random.Generator
) -> tuple[Pixels, list[float]]:
    """The photo with a code, and where its middle is."""
    code = np.asarray(zxingcpp.create_barcode(CONTENTS[kind].format(rng.integers(99_999)), kind).to_image(scale=4))
    height, width = code.shape
    half = np.array([side, side * height / width]) / 2
    slant = rng.choice([0, 0.1, 0.25])
    turn = np.radians(rng.choice([0, 0, 7, -12, 25, 45, 90, 180]))
    corners = np.array([[-1, -1], [1, -1], [1 - slant, 1], [slant - 1, 1]]) * half
    middle = rng.uniform([500, 500], np.array(WORKING) - 500)
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + middle
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_photo = cv2.getPerspectiveTransform(source, turned.astype(np.float32))
    layer = cv2.GaussianBlur(cv2.warpPerspective(code, to_photo, WORKING), (0, 0), 0.5 + rng.choice([0, 0.3, 0.8]))
    inside = cv2.warpPerspective(np.full_like(code, 255), to_photo, WORKING) > 127
    _, jpeg = cv2.imencode(".jpg", np.where(inside[..., None], layer[..., None], photo), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), middle.tolist()


def readable(pixels: Pixels, middle: list[float], side: int) -> bool:
    """Whether a reader makes out a code near a place, at up to three times the size."""
    x, y = map(int, middle)
    part = pixels[y - side : y + side, x - side : x + side]
    return any(
        zxingcpp.read_barcodes(
            np.ascontiguousarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
        )
        for scale in (1, 2, 3)
    )


def codes(paths: list[Path]) -> None:
    """Of drawn codes: how many are found, how many a reader makes out, and how many it still does in the copy."""
    rng = np.random.default_rng(7)
    photos = [opened(path, WORKING) for path in paths[:6]]
    spent = []
    for kind in CONTENTS:
        for side in SIDES:
            found = legible = both = left = 0
            for number in range(EACH):
                pixels, middle = drawn(kind, photos[number % len(photos)], side, rng)
                start = time.process_time()
                clues = find_codes(pixels)
                spent.append(time.process_time() - start)
                is_there = any(cv2.pointPolygonTest(clue.quad, middle, measureDist=False) >= 0 for clue in clues)
                is_legible = readable(pixels, middle, side)
                found += is_there
                legible += is_legible
                both += is_there and is_legible
                if is_there:
                    quads = np.array([clue.quad for clue in clues])
                    left += readable(redact(pixels, Faces.none(), quads, RedactionStyle.FILL), middle, side)
            print(f"{kind} {side} px: {found} of {EACH} found; {both} of {legible} readable; {left} left in copies")
    median, most = 1000 * np.median(spent), 1000 * max(spent)
    print(f"{median:.0f} ms of processor for a photo of 4 megapixels with a code, {most:.0f} at most")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--crops", type=Path)
    parser.add_argument("--codes-only", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    paths = sorted(path for path in arguments.photos.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if arguments.crops:
        arguments.crops.mkdir(parents=True, exist_ok=True)
    if not arguments.codes_only:
        text_and_codes(paths, arguments.crops)
    codes(paths)


if __name__ == "__main__":
    main()
