"""Every bad input gets one plain reason, or is processed and says what was left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_inputs import BadFile, make_awkward_paths

from anonymiser.errors import PhotoError
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.wording import say_all

REFUSED = (
    *("empty", "truncated", "cut-and-closed", "text", "noise", "bomb", "dot", "mov", "mp4", "renamed-mp4", "pdf"),
    *("zip", "svg", "cr2", "nef", "arw", "dng", "cr3"),
)
PROCESSED = ("panorama", "motion-photo", "depth")


def test_every_bad_file_is_tested(bad_files: dict[str, BadFile]) -> None:
    """The two lists above leave no bad file out."""
    assert {*REFUSED, *PROCESSED} == set(bad_files)
    assert {key for key, bad in bad_files.items() if bad.error is None} == set(PROCESSED)


@pytest.mark.parametrize("key", REFUSED)
def test_refused_with_a_reason_and_a_remedy(bad_files: dict[str, BadFile], key: str) -> None:
    """What cannot be processed raises the right error, in one sentence without file names or jargon."""
    bad = bad_files[key]
    assert bad.error is not None
    with pytest.raises(bad.error) as caught:
        decode(bad.path.read_bytes(), DecodeLimits())
    assert bad.says in caught.value.message
    assert caught.value.remedy.endswith(".")
    assert "\n" not in caught.value.message
    assert bad.path.name not in caught.value.message


@pytest.mark.parametrize("key", PROCESSED)
def test_processed_with_a_notice(bad_files: dict[str, BadFile], key: str) -> None:
    """What can be processed is, and the notice names the part that was dropped."""
    bad = bad_files[key]
    photo = decode(bad.path.read_bytes(), DecodeLimits())
    assert photo.pixels.shape[:2] == photo.source_wh[::-1]
    assert photo.notices == () if not bad.says else bad.says in " ".join(say_all(photo.notices))


def test_errors_are_photo_errors(bad_files: dict[str, BadFile]) -> None:
    """One type stands for all of them, so that a batch can go on."""
    assert all(issubclass(bad.error, PhotoError) for bad in bad_files.values() if bad.error)


def test_awkward_paths_hold_good_photos(tmp_path: Path) -> None:
    """What is wrong with these files is their names or their kind, never their content."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    made = make_awkward_paths(inbox)
    for key in {"spaces", "emoji", "pupil", "long", "twice", "newline", "outside"} & set(made):
        assert decode(made[key].read_bytes(), DecodeLimits()).source_wh == (320, 240)
    assert made["spaces"].read_bytes() == made["twice"].read_bytes()
    assert len(made["long"].name) == 250
