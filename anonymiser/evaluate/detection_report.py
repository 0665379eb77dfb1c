"""A page about a detector: tables, the precision-recall curve, and every miss to look at.

The page contains pieces of the photos, so it is written where the user says and nowhere else.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from anonymiser.evaluate.detection import Miss, Point, Summary, load_photo
from anonymiser.photo.warp import turned

_TILE_PX = 144
_SURROUNDINGS = 2.5
"""Side of the piece around a missed face, in sides of the face."""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse } th, td { padding: .2rem .9rem .2rem 0; text-align: left } td.n { text-align: right }
.sheet { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; width: 9rem }
figcaption { font-size: 12px; overflow-wrap: anywhere }
"""


def detection_page(directory: Path, summaries: list[Summary]) -> str:
    """One self-contained HTML page for the photos of `directory`."""
    body = "".join("".join(_section(directory, summary)) for summary in summaries)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Detection</title>'
        f"<style>{_STYLE}</style><h1>Detection</h1>"
        "<p>This page shows pieces of the photos. Keep it where the photos may be kept, and delete it with them.</p>"
        f"{body}</html>"
    )


def _section(directory: Path, summary: Summary) -> Iterator[str]:
    turn = f"turned by {summary.turn_degrees:g} degrees" if summary.turn_degrees else "as they are"
    yield f"<h2>{summary.photos} photos {turn}</h2>"
    yield (
        f"<p>{summary.false_boxes:.2f} boxes a photo are on nobody's head; they change {summary.needless:.2%} of it. "
        f"{summary.seconds * 1000:.0f} ms a photo.</p>"
    )
    yield "<table><tr><th>faces</th><th>covered</th><th>of</th><th>share</th></tr>"
    for count in summary.counts:
        numbers = (f"{count.covered}", f"{count.of}", f"{count.recall:.2%}")
        yield f"<tr><td>{html.escape(count.kind)}</td>{''.join(f'<td class=n>{n}</td>' for n in numbers)}</tr>"
    yield f"</table>{_curve(summary.curve)}"
    yield f"<h3>{len(summary.misses)} missed</h3><div class=sheet>"
    for miss in summary.misses:
        yield _figure(directory, miss)
    yield "</div>"


def _curve(points: tuple[Point, ...]) -> str:
    """Recall (0.8 to 1, upwards) over precision (0 to 1), one dot for each threshold."""

    def at(point: Point) -> str:
        return f"{40 + 300 * point.precision:.1f},{160 - 750 * max(point.recall - 0.8, 0):.1f}"

    dots = "".join(
        f'<circle cx="{at(point).split(",")[0]}" cy="{at(point).split(",")[1]}" r="3">'
        f"<title>score {point.threshold:g}: recall {point.recall:.4f}, precision {point.precision:.3f}</title></circle>"
        for point in points
    )
    return (
        '<svg width="360" height="190" role="img" aria-label="precision-recall curve">'
        '<path d="M40 10V160H340" fill="none" stroke="#888"/>'
        f'<polyline points="{" ".join(map(at, points))}" fill="none" stroke="#36c"/>{dots}'
        '<text x="0" y="16" font-size="12">100%</text><text x="4" y="162" font-size="12">80%</text>'
        '<text x="140" y="180" font-size="12">precision 0 to 100%, recall upwards</text></svg>'
    )


def _figure(directory: Path, miss: Miss) -> str:
    pixels, scale = load_photo(directory, miss.score.file)
    left, top, width, height = (value * scale for value in miss.face.box)
    side = max(width, height) * _SURROUNDINGS
    zoom = _TILE_PX / side
    # Enlarges and cuts in one step; outside the photo the piece is grey.
    affine = np.array([[zoom, 0, _TILE_PX / 2], [0, zoom, _TILE_PX / 2]])
    affine[:, 2] -= zoom * np.array([left + width / 2, top + height / 2])
    grey = (128, 128, 128)
    piece = cv2.warpAffine(pixels, affine, (_TILE_PX, _TILE_PX), flags=cv2.INTER_AREA, borderValue=grey)
    shown = turned(np.asarray(piece, np.uint8), miss.score.turn_degrees).pixels
    coded = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))[1].tobytes()
    facts = (
        f"{miss.face.side:.0f} px, blur {miss.face.blur}, occlusion {miss.face.occlusion}, pose {miss.face.pose}, "
        f"{miss.covered:.0%} covered"
    )
    return (
        f'<figure><img alt="" width="{_TILE_PX}" src="data:image/jpeg;base64,{base64.b64encode(coded).decode()}">'
        f"<figcaption>{html.escape(miss.score.file)}: {facts}</figcaption></figure>"
    )
