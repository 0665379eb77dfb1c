"""The largest part of a photo in which nobody has to be covered: a suggestion for a person, who may crop to it.

A crop takes away the body too, which a cover does not. What is kept is then processed anew like any photo, so nothing
here has to be safe: it only has to be useful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anonymiser.values.photo import Box

_AROUND_SHOWN = 0.6
"""In heights of a head: what is kept around whoever is shown, so that hair and shoulders stay."""
_AROUND_COVERED = 0.35
"""The same around whoever is covered: no hair and no chin of theirs should reach into the picture."""
_LEAST_SHARE = 0.25
"""Of each side: a smaller part is no picture of an event any more."""
_SHOWN_SHARE = 2 / 3
"""A part with fewer of those who are shown is no good suggestion."""
_WIDEST = 16 / 9
"""Long side by short side: as wide as pictures usually are."""
_MOST_FACES = 30
"""Beyond this no suggestion is made, because the page waits for it: with 30 faces the search takes 0.3 s at most, with
40 up to 3 s (six random layouts each)."""
_DEPTH = 3
"""How often somebody at the edge may be given up for a larger part."""


def best_part(size: tuple[int, int], shown: Sequence[Box], covered: Sequence[Box], least_px: int) -> Box | None:
    """The part with the most of `shown` and none of `covered`, the largest of those; None if there is no good one.

    Boxes are of heads, (left, top, right, bottom) in pixels of a photo of `size` (width, height). No side of the part
    is shorter than `least_px` pixels. Nobody who is shown is cut by its edge.
    """
    if not shown or not covered or len(shown) + len(covered) > _MOST_FACES:
        return None
    keep = [_grown(box, _AROUND_SHOWN, size) for box in shown]
    avoid = [_grown(box, _AROUND_COVERED, size) for box in covered]
    keep = [box for box in keep if not any(_touch(box, other) for other in avoid)]
    if len(keep) < len(shown) * _SHOWN_SHARE:
        return None
    least = tuple(max(least_px, side * _LEAST_SHARE) for side in size)
    best: tuple[tuple[int, float], Box] | None = None
    todo, seen = [(frozenset(avoid), _DEPTH)], set[frozenset[Box]]()
    while todo:
        blockers, depth = todo.pop()
        if blockers in seen:
            continue
        seen.add(blockers)
        for part in _empty_parts(size, blockers):
            if part[2] - part[0] < least[0] or part[3] - part[1] < least[1]:
                continue
            cut = [box for box in keep if _touch(part, box) and not _holds(part, box)]
            if cut and depth:
                todo.append((blockers | set(cut), depth - 1))
            held = sum(_holds(part, box) for box in keep)
            worth = held, (part[2] - part[0]) * (part[3] - part[1])
            if not cut and held and (best is None or worth > best[0]):
                best = worth, part
    if best is None or best[0][0] < len(shown) * _SHOWN_SHARE:
        return None
    return _trimmed(best[1], [box for box in keep if _holds(best[1], box)])


def _empty_parts(size: tuple[int, int], blockers: frozenset[Box]) -> Iterator[Box]:
    """Every rectangle that touches no blocker and could not be larger.

    Its left edge is the photo's or the right one of a blocker, its right edge the photo's or the left one of a blocker.
    """
    width, height = map(float, size)
    for left in sorted({0.0, *(box[2] for box in blockers)}):
        for right in sorted({width, *(box[0] for box in blockers)}):
            top = 0.0
            for start, end in sorted((b[1], b[3]) for b in blockers if b[0] < right and b[2] > left):
                if start > top and right > left:
                    yield left, top, right, start
                top = max(top, end)
            if height > top and right > left:
                yield left, top, right, height


def _trimmed(part: Box, held: Sequence[Box]) -> Box:
    """No longer than `_WIDEST`, as near to the middle of those who are shown as holding them allows."""
    left, top, right, bottom = part
    if right - left > _WIDEST * (bottom - top):
        low, high = min(box[0] for box in held), max(box[2] for box in held)
        left, right = _around(left, right, low, high, _WIDEST * (bottom - top))
    elif bottom - top > _WIDEST * (right - left):
        low, high = min(box[1] for box in held), max(box[3] for box in held)
        top, bottom = _around(top, bottom, low, high, _WIDEST * (right - left))
    return left, top, right, bottom


def _around(start: float, end: float, low: float, high: float, length: float) -> tuple[float, float]:
    length = max(length, high - low)
    first = min(max((low + high - length) / 2, start), end - length)
    return first, first + length


def _grown(box: Box, by: float, size: tuple[int, int]) -> Box:
    margin = by * (box[3] - box[1])
    return (
        max(box[0] - margin, 0.0),
        max(box[1] - margin, 0.0),
        min(box[2] + margin, float(size[0])),
        min(box[3] + margin, float(size[1])),
    )


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _holds(part: Box, box: Box) -> bool:
    return part[0] <= box[0] and part[1] <= box[1] and box[2] <= part[2] and box[3] <= part[3]
