"""A page and a JSON value about recognition: curves, and what they mean at a few rates; no photos and no names."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anonymiser.evaluate.identity import THRESHOLDS, Curve, NamedFaces, Plan
from anonymiser.values.identity import SURE_BY_RISK

RATES = (0.1, 0.01, 0.001)
"""The table gives TPIR at these FPIR."""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse } th, td { padding: .2rem .9rem .2rem 0; text-align: right }
"""


def identity_page(curves: Sequence[Curve], plan: Plan, faces: NamedFaces) -> str:
    """One self-contained HTML page."""
    body = "".join("".join(_section(curve)) for curve in curves)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Recognition</title>'
        f"<style>{_STYLE}</style><h1>Recognition</h1>"
        f"<p>{len(set(faces.person))} people in {len(faces.person)} photos; {plan.enrolled} of them enrolled with "
        f"{plan.photos_each} photos each, {plan.others} more in other groups, "
        f"chosen at random {plan.draws} times. {faces.unusable} photos had no face "
        f"that could be used.</p>{body}</html>"
    )


def identity_json(curves: Sequence[Curve], plan: Plan, faces: NamedFaces) -> dict[str, Any]:
    """The same as a value for JSON."""
    return {
        "people": len(set(faces.person)),
        "photos": len(faces.person),
        "unusable": faces.unusable,
        "enrolled": plan.enrolled,
        "photos_each": plan.photos_each,
        "draws": plan.draws,
        "others": plan.others,
        "thresholds": THRESHOLDS.tolist(),
        "groups": [
            {
                "group": curve.group,
                "enrolled_faces": curve.enrolled_faces,
                "stranger_faces": curve.stranger_faces,
                "fpir": _numbers(curve.fpir),
                "tpir": _numbers(curve.tpir),
                "misnamed": _numbers(curve.misnamed),
            }
            for curve in curves
        ],
    }


def _numbers(rates: NDArray[np.float64]) -> list[float | None]:
    """JSON has no NaN."""
    return [None if math.isnan(rate) else round(rate, 5) for rate in rates.tolist()]


def _section(curve: Curve) -> Iterator[str]:
    yield f"<h2>{html.escape(curve.group)}</h2>"
    yield f"<p>{curve.enrolled_faces} faces of enrolled people, {curve.stranger_faces} of strangers.</p>"
    yield "<table><tr><th>strangers taken for somebody</th><th>from a score of</th><th>recognised</th></tr>"
    for rate in RATES:
        found = curve.at_fpir(rate)
        cells = (f"{found[0]:.2f}", f"{found[1]:.1%}") if found else ("", "no threshold does")
        yield f"<tr><td>at most {rate:.1%}</td><td>{cells[0]}</td><td>{cells[1]}</td></tr>"
    yield "</table>"
    yield "<table><tr><th>standard threshold for</th><th>score</th><th>strangers taken for somebody</th>"
    yield "<th>recognised</th></tr>"
    for one_in, sure in SURE_BY_RISK.items():
        strangers, recognised = curve.at(sure)
        yield f"<tr><td>1 in {one_in:,}</td><td>{sure:.2f}</td><td>{strangers:.2%}</td><td>{recognised:.1%}</td></tr>"
    yield "</table>"
    yield (
        '<svg width="420" height="200" role="img" aria-label="rates over the threshold">'
        '<path d="M40 10V160H400" fill="none" stroke="#888"/>'
        f'<polyline points="{_line(curve.tpir)}" fill="none" stroke="#36c"/>'
        f'<polyline points="{_line(curve.fpir)}" fill="none" stroke="#c33"/>'
        '<text x="0" y="16" font-size="12">100%</text><text x="40" y="178" font-size="12">0.2</text>'
        '<text x="385" y="178" font-size="12">0.8</text><text x="60" y="196" font-size="12">'
        "blue: enrolled people recognised; red: strangers taken for somebody</text></svg>"
    )


def _line(rates: NDArray[np.float64]) -> str:
    across = np.interp(THRESHOLDS, (THRESHOLDS[0], THRESHOLDS[-1]), (40, 400))
    return " ".join(
        f"{x:.1f},{160 - 150 * rate:.1f}" for x, rate in zip(across, rates, strict=True) if math.isfinite(rate)
    )
