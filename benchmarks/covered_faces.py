"""Share of annotated faces that are destroyed in the copies of a batch, judged from pixels, by size of the face.

    anonymise batch PHOTOS --output OUT --json > results.jsonl
    python benchmarks/covered_faces.py TRUTH.json PHOTOS OUT results.jsonl

TRUTH.json maps a photo's file name to {"event": ..., "faces": [{"box": [x, y, w, h], "blur": 0-2, "occlusion": 0-2}]}.
The program's own boxes play no part. A face counts as recognisable with blur and occlusion of at most 1; events with
helmets (football, hockey) are left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from anonymiser.evaluate.covered import DESTROYED_BELOW, box_quad, surviving_share

HELMETS = ("36--Football", "58--Hockey")
SIZES = (8, 16, 24, 48, 96)


def upright(path: Path) -> np.ndarray:
    """RGB pixels as a viewer shows them."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def main(truth_file: str, photos: str, out: str, results_file: str) -> None:
    """Print the table and every recognisable face of 24 px and more that is still to be seen."""
    truth = json.loads(Path(truth_file).read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in Path(results_file).read_text(encoding="utf-8").splitlines()]
    rows, changed, visible = [], [], []
    for result in lines:
        entry = truth.get(Path(result.get("input", "")).name)
        if entry is None or not result["output"]:
            continue
        original, copy = upright(Path(photos, result["input"])), upright(Path(out, result["output"]))
        if original.shape == copy.shape:
            changed.append((np.abs(original.astype(int) - copy).max(2) > 24).mean())
        for face in entry["faces"]:
            x, y, w, h = face["box"]
            if min(w, h) <= 0:  # some annotations mark no area
                continue
            recognisable = face["blur"] <= 1 and face["occlusion"] <= 1 and entry["event"] not in HELMETS
            share = surviving_share(original, copy, box_quad(np.array([x, y, x + w, y + h])))
            rows.append((max(w, h), recognisable, share))
            if recognisable and max(w, h) >= 24 and share >= DESTROYED_BELOW:
                visible.append((result["input"], face["box"], round(share, 2)))
    table = np.array(rows)
    print(f"{len(changed)} copies; {100 * np.mean(changed):.2f} % of their pixels clearly changed")
    for low in SIZES:
        for name, chosen in (("all", table[:, 0] >= low), ("recognisable", (table[:, 0] >= low) & (table[:, 1] == 1))):
            covered = table[chosen, 2] < DESTROYED_BELOW
            share = f"{covered.sum():5} of {covered.size:5} = {covered.mean():.4f}"
            print(f"faces of {low:3} px and more, {name:12}: {share}")
    for miss in visible:
        print("visible:", *miss)


if __name__ == "__main__":
    main(*sys.argv[1:5])
