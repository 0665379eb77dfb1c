"""How many photos of some batches waited for a person, by reason.

    anonymise batch PHOTOS --output OUT --json > results.jsonl
    python benchmarks/waiting_reasons.py results.jsonl [more.jsonl ...]

One column a file. A photo that waits for two reasons counts in two rows, and once in the last. Results of versions that
gave no reason codes are counted by their sentences.
"""

from __future__ import annotations

import collections
import json
import re
import sys
from pathlib import Path

from anonymiser.ledger.earlier import read_reason
from anonymiser.values.reasons import WAITING, Code
from anonymiser.values.report import OutcomeKind

_PLACE = re.compile(r"(?<=near the )[a-z ]+?(?=,|$)")


def photos(results: Path) -> list[dict]:
    """The result of every photo; the summary is left out."""
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if "outcome" in line]


def reasons(result: dict) -> set[str]:
    """Stable names of the reasons for which a photo waits; a sentence that nobody knows stands for itself."""
    codes = {entry["code"] for entry in result.get("reason_codes", ())}
    if codes:
        return codes & {code.stable_name for code in WAITING}
    read = {sentence: read_reason(sentence).code for sentence in result["reasons"]}
    return {_PLACE.sub("...", text) if code is Code.EARLIER else code.stable_name for text, code in read.items()}


def column(results: Path) -> collections.Counter[str]:
    """Counts by reason, and those of all photos and of all that wait."""
    counts: collections.Counter[str] = collections.Counter()
    for result in photos(results):
        counts["photos"] += 1
        counts[str(result["outcome"])] += 1
        if result["outcome"] == OutcomeKind.REVIEW:
            counts.update(f"  {name}" for name in reasons(result))
    return counts


def main(files: list[str]) -> None:
    """Print the table."""
    columns = [column(Path(file)) for file in files]
    rows = sorted(set().union(*columns) - {"photos"}, key=lambda row: (not row.startswith(" "), row))
    width = max(map(len, rows), default=0)
    print(f"{'':{width}} " + " ".join(f"{Path(file).stem:>20}" for file in files))
    for row in ("photos", *rows):
        cells = [f"{counts[row]} ({counts[row] / max(1, counts['photos']):.1%})" for counts in columns]
        print(f"{row:{width}} " + " ".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1:])
