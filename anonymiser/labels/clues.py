"""Which text tells where a child is, without naming anybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from anonymiser.labels.kinds import kinds
from anonymiser.labels.layout import neighbours
from anonymiser.labels.spelling import pieces
from anonymiser.labels.words import word_search
from anonymiser.values.labels import Clue, ClueKind, ClueWords, NameLabel, TextLine
from anonymiser.values.quads import SAME_TEXT, quad_area, shared_part


def find_clues(lines: Sequence[TextLine], words: ClueWords, labels: Sequence[NameLabel]) -> tuple[Clue, ...]:
    """The kind of every line that is a clue, by itself or with a neighbouring line; one line may be of several.

    One in a line that names a pupil has the quad of the label, which comes first as long as it is a name.
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
    return tuple(_clue(lines[row], kind, labels) for kind in ClueKind for row in _once(lines, found[kind]))


def _clue(line: TextLine, kind: ClueKind, labels: Sequence[NameLabel]) -> Clue:
    named = [row for row, label in enumerate(labels) if shared_part(line.quad, label.quad) >= SAME_TEXT]
    return Clue(labels[named[0]].quad if named else line.quad, kind, frozenset(named))


def _once(lines: Sequence[TextLine], rows: set[int]) -> list[int]:
    """`rows` without lines that lie in another, from the largest."""
    kept: list[int] = []
    for row in sorted(rows, key=lambda row: (-quad_area(lines[row].quad), row)):
        if not any(shared_part(lines[row].quad, lines[other].quad) >= SAME_TEXT for other in kept):
            kept.append(row)
    return sorted(kept)
