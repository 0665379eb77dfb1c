"""How long reading and name matching take, and what is found on drawn badges by letter height.

Usage: python benchmarks/bench_labels.py [BACKGROUND.jpg ...]
Badges with invented names are drawn on the given photos, or on noise, and read again.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from anonymiser.labels.names import find_names
from anonymiser.stages import load_reader
from anonymiser.values.labels import NameIndex, TextLine
from anonymiser.values.people import PersonId

FORENAMES = (
    "Ella", "Oliver", "Amelia", "Noah", "Isla", "George", "Zoe", "Mohammed", "Aisha", "Jack", "Freya", "Leo", "Poppy",
    "Kwame", "Priya", "Callum",
)  # fmt: skip
SURNAMES = (
    "Smith", "Jones", "Taylor", "O'Brien", "Patel", "Khan", "Williams", "Brown", "Wilson", "Okafor", "Hughes", "Nowak",
    "Hall", "Green-Lloyd",
)  # fmt: skip
COLOURS = (((250, 250, 250), (20, 20, 20)), ((250, 235, 110), (30, 30, 70)), ((20, 35, 110), (245, 245, 245)))
BADGES = 8


def badge(name: str, height: int, rng: random.Random) -> Image.Image:
    """`name` on one line or two, capitals `height` pixels high, tilted by up to 8 degrees."""
    words = name.replace(" ", "\n", 1) if rng.random() < 0.5 else name
    font = ImageFont.load_default(round(height / 0.7))
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), words, font)
    ground, ink = rng.choice(COLOURS)
    image = Image.new("RGBA", (round(right - left + 2 * height), round(bottom - top + 2 * height)), (*ground, 255))
    ImageDraw.Draw(image).multiline_text((height - left, height - top), words, ink, font, align="center")
    return image.rotate(rng.uniform(-8, 8), expand=True, resample=Image.Resampling.BICUBIC)


def scene(background: Image.Image, height: int, rng: random.Random) -> tuple[np.ndarray, set[str]]:
    """A photo with badges that do not touch, saved once as JPEG."""
    image = background.copy()
    taken: list[tuple[int, int, int, int]] = []
    names = set()
    for name in rng.sample([f"{first} {last}" for first in FORENAMES for last in SURNAMES], BADGES):
        drawn = badge(name, height, rng)
        for _ in range(100):
            x, y = rng.randrange(image.width - drawn.width), rng.randrange(image.height - drawn.height)
            box = (x, y, x + drawn.width, y + drawn.height)
            if all(box[2] < b[0] - 40 or b[2] + 40 < box[0] or box[3] < b[1] - 40 or b[3] + 40 < box[1] for b in taken):
                image.paste(drawn, (x, y), drawn)
                taken.append(box)
                names.add(name)
                break
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=88)
    return np.asarray(Image.open(saved)), names


def bench_reading(backgrounds: list[Image.Image]) -> None:
    """Recall and CPU time by letter height."""
    reader = load_reader()
    register = NameIndex.build((name, PersonId(name)) for name in (f"{a} {b}" for a in FORENAMES for b in SURNAMES))
    for height in (8, 10, 12, 14, 20, 40):
        found = drawn = needless = 0
        seconds = 0.0
        for seed, background in enumerate(backgrounds):
            pixels, names = scene(background, height, random.Random(seed * 1000 + height))  # noqa: S311 - no secret
            start = time.process_time()
            lines = reader.read(pixels)
            seconds += time.process_time() - start
            people = {str(person) for label in find_names(lines, register) for person in label.people}
            found += len(people & names)
            needless += len(people - names)
            drawn += len(names)
        print(
            f"capitals {height:2d} px: {found} of {drawn} names, {needless} others named, "
            f"{seconds / len(backgrounds):.2f} s of CPU a photo of {pixels.shape[1]}x{pixels.shape[0]}"
        )


def bench_matching() -> None:
    """Time for a large register and a picture full of text."""
    rng = random.Random(1)  # noqa: S311 - no secret
    endings = ("", "s", "son", "ley", "field", "ton", "man", "a", "ine")
    register = NameIndex.build(
        (
            f"{rng.choice(FORENAMES)}{rng.choice(endings)} {rng.choice(SURNAMES)}{rng.choice(endings)}",
            PersonId(str(row)),
        )
        for row in range(5000)
    )
    words = (
        "science",
        "museum",
        "reading",
        "corner",
        "number",
        "weather",
        "chart",
        "superb",
        "writing",
        "fire",
        "exit",
    )
    for count in (10, 50, 200):
        lines = []
        for _ in range(count):
            text = " ".join(rng.choices(words, k=4))
            corner = np.array([rng.randrange(3000), rng.randrange(2000)], np.float32)
            box = np.array([[0, 0], [len(text) * 12, 0], [len(text) * 12, 20], [0, 20]], np.float32)
            lines.append(TextLine(corner + box, text, 0.99))
        find_names(lines[:1], register)
        start = time.process_time()
        labels = find_names(lines, register)
        taken = (time.process_time() - start) * 1000
        print(f"{len(register)} names, {count} lines: {taken:.1f} ms of CPU, {len(labels)} labels")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backgrounds", type=Path, nargs="*")
    given = [Image.open(path).convert("RGB") for path in parser.parse_args().backgrounds]
    noise = np.random.default_rng(1).integers(90, 160, (1067, 1600, 3), dtype=np.uint8)
    bench_matching()
    bench_reading(given or [Image.fromarray(noise)])


if __name__ == "__main__":
    main()
