"""Photos that are dropped at the desk lie where the next run takes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_kit import import_consents

from anonymiser.intake.claim import _FOLDERS, Candidate, is_left_alone, listing
from anonymiser.school import School

PUPILS = "person_id,forename,surname,class,website\r\np1,Ben,Okafor,3A,granted\r\n"


@pytest.mark.parametrize(
    "label", ["Trash", "recycler", "Photo.download", "System Volume Information", "#recycle", "con"]
)
def test_no_name_of_an_event_loses_its_photos(school: School, label: str) -> None:
    """An event called like a recycle bin gets a folder that is not taken for one."""
    import_consents(school.workspace, PUPILS)
    with school.events.prepare(label, ["website"]).receive() as photo:
        photo.write(b"\xff\xd8\xff a photo")
        photo.finish()
    found = [entry for entry in listing(school.workspace.inbox) if isinstance(entry, Candidate)]
    assert len(found) == 1


@given(st.sampled_from([name for names in _FOLDERS.values() for name in names]))
def test_every_folder_that_is_left_alone_is_known_as_one(pattern: str) -> None:
    """In any case of letters."""
    name = pattern.replace("*", "x")
    assert is_left_alone(name)
    assert is_left_alone(name.upper())
