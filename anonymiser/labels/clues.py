"""Which text tells where a child is, without naming anybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from anonymiser.labels.kinds import kinds
from anonymiser.labels.layout import neighbours
from anonymiser.labels.spelling import pieces
from anonymiser.labels.words import word_search
from anonymiser.values.labels import Clue, ClueKind, ClueWords, NameLabel, TextLine
from anonymiser.values.photo import Box
from anonymiser.values.ruling import area, shared_area

_INSIDE = 0.9
"""Share of a line in another from which it is the same text, read once more at another size or in a mirror."""


def find_clues(lines: Sequence[TextLine], words: ClueWords, labels: Sequence[NameLabel]) -> tuple[Clue, ...]:
    """The kind of every line that is a clue, by itself or with a neighbouring line; one line may be of several.

    A line that names a pupil is in `labels`, and no clue as well.
    """
    found: dict[ClueKind, set[int]] = defaultdict(set)
    cut = [pieces(line.text, row) for row, line in enumerate(lines)]
    search = word_search(words)
    for row, line in enumerate(lines):
        for kind in kinds(line.text):
            found[kind].add(row)
        for kind, _ in search.find(cut[row]):
            found[kind].add(row)
    for first, second in neighbours([line.quad for line in lines]):
        for kind, rows in search.find(cut[first] + cut[second]):
            if len(rows) > 1:
                found[kind] |= rows
    named = [_box(label) for label in labels]
    return tuple(
        Clue(lines[row].quad, kind)
        for kind in ClueKind
        for row in _once(lines, found[kind])
        if not any(_is_inside(_box(lines[row]), label) for label in named)
    )


def _once(lines: Sequence[TextLine], rows: set[int]) -> list[int]:
    """`rows` without lines that lie in another, from the largest."""
    kept: list[int] = []
    for row in sorted(rows, key=lambda row: (-area(_box(lines[row])), row)):
        if not any(_is_inside(_box(lines[row]), _box(lines[other])) for other in kept):
            kept.append(row)
    return sorted(kept)


def _is_inside(box: Box, other: Box) -> bool:
    return shared_area(box, other) >= _INSIDE * area(box)


def _box(line: TextLine | NameLabel) -> Box:
    (left, top), (right, bottom) = line.quad.min(0).tolist(), line.quad.max(0).tolist()
    return left, top, right, bottom
