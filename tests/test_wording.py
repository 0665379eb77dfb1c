"""Every reason has its English, and nothing but the code and its data decides what it says."""

import pytest

from anonymiser.ledger.earlier import read_reason
from anonymiser.ledger.report_json import reason_from_json, reason_to_json
from anonymiser.values.reasons import Code
from anonymiser.wording import say

DATA = {"first_day": "2026-05-02", "last_day": "2026-05-03", "why": "blank"}


def example(code: Code):
    """The reason with some data."""
    return code(**{name: DATA.get(name, f"<{name}>") for name in code.fields})


@pytest.mark.parametrize("code", Code)
def test_every_reason_has_english_that_shows_its_data(code):
    """No code is without a sentence, no datum is lost in it, and it ends without a full stop."""
    said = say(example(code))
    assert said
    assert not said.endswith(".")
    for name in code.fields:
        assert f"<{name}>" in said or name in DATA


@pytest.mark.parametrize("code", Code)
def test_a_reason_survives_json(code):
    """Code and data are read back; the text beside them is for people alone."""
    written = reason_to_json(example(code))
    assert reason_from_json({**written, "text": "reworded since"}) == example(code)


def test_a_code_of_a_newer_version_keeps_its_text():
    """A reason that this version does not know is never silently dropped."""
    read = reason_from_json({"code": "from-the-future", "text": "something new"})
    assert read == Code.EARLIER(sentence="something new")


def test_data_that_a_code_does_not_carry_are_refused():
    """A reason with missing or foreign data is a defect where it is made, not where it is read."""
    with pytest.raises(TypeError, match="carries place"):
        Code.NO_FACE_FOUND(where="top")
    with pytest.raises(TypeError, match="no data"):
        Code.HOLD(person="p1")


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("somebody who must not be shown may be in this picture", Code.HOLD()),
        ("somebody may be near the top left, where no face was found", Code.NO_FACE_FOUND(place="top left")),
        ("no consent for website: the family said no", Code.NO_CONSENT(purpose="website", why="said-no")),
        ("consent for press ended on 03/05/2026", Code.ENDED(purpose="press", last_day="2026-05-03")),
        ("consent for press was withdrawn", Code.WITHDRAWN(purpose="press")),
        ("consent for press", Code.AGREED(purpose="press")),
        ("a sentence of nobody's", Code.EARLIER(sentence="a sentence of nobody's")),
    ],
)
def test_sentences_of_earlier_versions_are_read_as_codes(sentence, reason):
    """What a rule depends on is recognised whatever the present wording is; the rest keeps its text."""
    assert read_reason(sentence) == reason
