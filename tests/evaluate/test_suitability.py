"""What is counted about photos of known kinds, with stages that see nothing but brightness."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from anonymiser.detect.interface import HeadFinder
from anonymiser.errors import UsageError
from anonymiser.evaluate.suitability import WANTED, Judged, Summary, error_sheet, judge, load_kinds
from anonymiser.settings import SuitabilitySettings
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.values.faces import Faces
from anonymiser.values.suitability import Suitability


class Brightness(SuitabilityClassifier, HeadFinder):
    """The brighter, the more swimwear; nobody is ever undressed."""

    def unsuitable(self, pixels):
        return 0.0

    def swimwear(self, pixels, heads):
        assert heads.shape == (0, 4)
        return float(pixels.mean()) / 255

    def heads(self, pixels):
        return Faces.none()


def summary(*rows):
    """Photos as (kind, swimwear, unsuitable), named by their order."""
    photos = (Judged(f"{kind}/{n}.jpg", kind, Suitability(*scores), 0.1) for n, (kind, *scores) in enumerate(rows))
    return Summary(tuple(photos), SuitabilitySettings())


@pytest.fixture
def folder(tmp_path):
    """A bright and a dark photo of the wanted kind, a dark one of another, and a file that is no photo."""
    for name, grey in (("swimwear/a.jpg", 200), ("swimwear/b.jpg", 10), ("other/c.jpg", 10)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((80, 80, 3), grey, np.uint8)).save(tmp_path / name)
    (tmp_path / "other" / "notes.txt").write_text("no photo", encoding="utf-8")
    return tmp_path


def test_each_sub_folder_is_a_kind(folder):
    """Photos are scored in order; other files are not photos."""
    kinds = load_kinds(folder)
    assert kinds == {"other": ("other/c.jpg",), "swimwear": ("swimwear/a.jpg", "swimwear/b.jpg")}
    judged = Summary(tuple(judge(folder, kinds, Brightness(), Brightness())), SuitabilitySettings())
    assert judged.kinds == {"swimwear": 2, "other": 1}
    assert judged.waiting == {"swimwear": 1, "other": 0}
    assert [photo.file for photo in judged.errors] == ["swimwear/b.jpg"]


def test_labels_say_the_kinds_if_there_are_any(folder):
    """Then folders mean nothing."""
    (folder / "labels.json").write_text(json.dumps({"pool": ["swimwear/b.jpg"]}), encoding="utf-8")
    assert load_kinds(folder) == {"pool": ("swimwear/b.jpg",)}


@pytest.mark.parametrize("labels", ["[1]", "{", '{"pool": "a.jpg"}', '{"pool": []}'])
def test_labels_of_another_form_are_a_usage_error(folder, labels):
    """Nothing is guessed from them."""
    (folder / "labels.json").write_text(labels, encoding="utf-8")
    with pytest.raises(UsageError):
        load_kinds(folder)


def test_a_photo_that_is_missing_is_a_usage_error(folder):
    """It is not left out of the count."""
    with pytest.raises(UsageError, match="cannot be read"):
        list(judge(folder, {"pool": ("gone.jpg",)}, Brightness(), Brightness()))


def test_missed_swimwear_comes_before_what_was_flagged_needlessly():
    """The worst of each first; what waits for the other network is an error, too, unless it was wanted."""
    rows = [(WANTED, 0.1, 0.9), (WANTED, 0.01, 0.0), (WANTED, 0.9, 0.0), ("pool", 0.2, 0.0), ("pool", 0.0, 0.4)]
    assert [photo.file for photo in summary(*rows).errors] == [
        "swimwear/1.jpg", "swimwear/0.jpg", "pool/4.jpg", "pool/3.jpg"
    ]  # fmt: skip


def test_a_score_that_is_no_number_waits():
    """As the product decides."""
    assert summary(("pool", float("nan"), 0.0), ("pool", 0.0, float("nan"))).waiting == {"pool": 2}


@given(st.lists(st.tuples(st.sampled_from([WANTED, "pool"]), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_a_higher_threshold_never_flags_more(rows):
    """Both curves fall from left to right, and the area under the curve is a share."""
    curves = summary(*rows)
    for before, after in zip(curves.rates, curves.rates[1:], strict=False):
        if before.score == after.score:
            assert all(before.flagged[kind] >= after.flagged[kind] for kind in curves.kinds)
    assert curves.area is None or 0 <= curves.area <= 1


def test_the_area_is_one_where_a_threshold_parts_the_kinds():
    """And a half where nothing does."""
    assert summary((WANTED, 0.9, 0.0), ("pool", 0.1, 0.0)).area == 1
    assert summary((WANTED, 0.5, 0.0), ("pool", 0.5, 0.0)).area == 0.5
    assert summary((WANTED, 0.5, 0.0)).area is None


def test_the_sheet_names_photos_and_shows_none():
    """Names are escaped, and there is neither a picture nor a link to one."""
    page = error_sheet(summary((WANTED, 0.01, 0.0), ("<b>", 0.9, 0.0)))
    assert "swimwear/0.jpg" in page
    assert "&lt;b&gt;/1.jpg" in page
    assert not any(piece in page for piece in ("<img", "<b>", "src=", "href=", "url(", "base64"))
