"""Opens malformed files of every format in the process that is made for it, with valid ones among them.

    python benchmarks/open_hostile_files.py --files 2000 --valid 200 --seed 1

Says what became of them, whether every valid file came through to the pixel, how often the process was ended and begun
anew, how long the slowest file took, and how much memory this process, which holds what is worth protecting, gained.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from hostile_files import mutated, valid_files

from anonymiser.errors import PhotoError
from anonymiser.isolation import IsolatedDecoder
from anonymiser.photo.decode import DecodeLimits, decode


def main() -> None:
    """Print one line for each outcome and one for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000, help="malformed files")
    parser.add_argument("--valid", type=int, default=200, help="valid files among them")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    valid, limits, isolated = valid_files(), DecodeLimits(), IsolatedDecoder()
    kinds = sorted(valid)
    expected = {kind: decode(valid[kind], limits).pixels for kind in kinds}
    order = rng.permutation([True] * asked.valid + [False] * asked.files)
    this, before = psutil.Process(), psutil.Process().memory_info().rss
    isolated.start()
    outcomes, ended, slowest, spoilt, processes = Counter[str](), Counter[str](), (0.0, ""), 0, set[int]()
    for number, is_valid in enumerate(order.tolist()):
        kind = kinds[number % len(kinds)]
        data = valid[kind] if is_valid else mutated(kind, valid[kind], rng)
        begun = time.perf_counter()
        try:
            pixels = isolated(data, limits).pixels
        except PhotoError as error:
            outcomes[f"{'valid, but ' if is_valid else ''}refused as {type(error).__name__}"] += 1
            spoilt += is_valid
            ended[kind] += "was ended" in error.message or "too long" in error.message
        else:
            outcomes["valid, came through" if is_valid else "malformed, opened all the same"] += 1
            spoilt += is_valid and not np.array_equal(pixels, expected[kind])
        slowest = max(slowest, (time.perf_counter() - begun, kind))
        processes.update(child.pid for child in this.children())
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6,}  {outcome}")
    print(f"{spoilt} of {asked.valid} valid files spoilt")
    print(f"{len(processes)} processes; ended by {dict(+ended) or 'no file'}")
    print(f"slowest file: {slowest[0]:.2f} s ({slowest[1]})")
    print(f"memory gained by the asking process: {(this.memory_info().rss - before) / 2**20:.0f} MiB")
    isolated.close()
    sys.exit(bool(spoilt))


if __name__ == "__main__":
    main()
