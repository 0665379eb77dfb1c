"""A PhotoReport as JSON and back, for the ledger."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from anonymiser.values.report import FaceReport, LabelReport, Outcome, PhotoReport


def report_to_json(report: PhotoReport) -> str:
    """One line of JSON; holds what the report holds: no pixels, embeddings or names."""
    return json.dumps(dataclasses.asdict(report), ensure_ascii=False)


def report_from_json(text: str) -> PhotoReport:
    """The report that `report_to_json` wrote."""
    fields = json.loads(text)
    return PhotoReport(
        **{
            **fields,
            "outcome": Outcome(fields["outcome"]),
            "reasons": tuple(fields["reasons"]),
            "faces": tuple(map(_face, fields["faces"])),
            "labels": tuple(LabelReport(**{**label, "box": _box(label["box"])}) for label in fields["labels"]),
            "source_wh": _size(fields["source_wh"]),
            "output_wh": _size(fields["output_wh"]),
        }
    )


def _face(face: dict[str, Any]) -> FaceReport:
    return FaceReport(**{**face, "box": _box(face["box"]), "could_be": tuple(face.get("could_be", ()))})


def _box(values: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = values
    return left, top, right, bottom


def _size(values: Sequence[int] | None) -> tuple[int, int] | None:
    return None if values is None else (values[0], values[1])
