"""The sheet of covers in the documentation shows what the program draws."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

TOOL = Path(__file__).parents[1] / "tools" / "cover_pictures.py"


def test_the_sheet_is_up_to_date() -> None:
    """Made again, it is the stored one, but for the rounding of a JPEG."""
    spec = importlib.util.spec_from_file_location("cover_pictures", TOOL)
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with Image.open(tool.SHEET) as stored:
        difference = np.array(tool.sheet().reduce(8), int) - np.array(stored.reduce(8), int)
    assert np.abs(difference).max() < 12, "run: python tools/cover_pictures.py"
    assert tool.SHEET.stat().st_size < 300_000
