"""`anonymise evaluate detection` and `suitability`, with the product's own detector."""

import json

import pytest
from PIL import Image

from anonymiser.errors import ExitCode
from anonymiser.samples import sample_images


@pytest.fixture
def folder(tmp_path):
    """One portrait with its truth, and a box on the wall beside it that is nobody."""
    root = tmp_path / "set"
    (root / "images").mkdir(parents=True)
    path = min(sample_images().glob("enrolment/*/*.jpg"))
    with Image.open(path) as image:
        width, height = image.size
        image.save(root / "images" / "a.jpg")
    face = {"box": [width * 0.3, height * 0.3, width * 0.4, height * 0.4]}
    truth = {"a.jpg": {"faces": [face, {"box": [0, 0, 20, 20]}]}}
    (root / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return root


def test_evaluation_counts_and_writes_the_page(invoke, folder, tmp_path):
    """One JSON line a turn; the portrait is covered either way up, and the empty corner is a miss on the page."""
    page = tmp_path / "page.html"
    code, lines, said = invoke(
        "evaluate", "detection", folder, "--turn", "0", "--turn", "180", "--report", page, "--json"
    )
    assert code == ExitCode.DONE
    assert [line["turn_degrees"] for line in lines] == [0, 180]
    for line in lines:
        assert line["recall"][0] == {"faces": "recognisable, 24 px and more", "covered": 1, "of": 1, "share": 1.0}
        assert [miss["box"] for miss in line["misses"]] == [[0, 0, 20, 20]]
        assert line["precision_recall"][0]["recall"] == 0.5
    assert "base64" in page.read_text(encoding="utf-8")
    assert "Keep" in said or "keep" in said


def test_a_folder_without_truth_is_a_usage_error(invoke, tmp_path):
    """The missing file is named, with what to do."""
    code, _, said = invoke("evaluate", "detection", tmp_path)
    assert code == ExitCode.USAGE
    assert "truth.json" in said


def test_suitability_is_told_by_kind(invoke, folder, tmp_path):
    """A portrait is not flagged; the page names nothing but errors and shows no picture."""
    page = tmp_path / "page.html"
    code, (line,), said = invoke("evaluate", "suitability", folder, "--report", page, "--json")
    assert code == ExitCode.DONE
    assert line["photos"] == {"images": 1}
    assert line["waiting"] == {"images": 0}
    assert line["errors"] == []
    assert {rate["score"] for rate in line["rates"]} == {"swimwear", "unsuitable"}
    assert "images (1)" in said
    assert "<img" not in page.read_text(encoding="utf-8")
