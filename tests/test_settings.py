"""A settings file that does not fit is refused with its line, its key and what is expected there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.errors import SettingsError
from anonymiser.settings import FILE_NAME, Settings
from anonymiser.values.slug import slug


def refusal(tmp_path, text):
    """What is said about a file with this text."""
    path = tmp_path / FILE_NAME
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return caught.value.message.removeprefix(str(path)).lstrip(", ")


def test_thresholds_that_nobody_changed_are_passed_over(tmp_path):
    """A file that an earlier version wrote still opens, and its thresholds count for nothing."""
    (tmp_path / FILE_NAME).write_text("[recognition]\nsure = 0.53\ncould_be = 0.4\nmargin = 0.08\n", encoding="utf-8")
    assert Settings.load(tmp_path / FILE_NAME) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[intake]\npolling = 3\n", "line 2: [intake] polling must be true or false"),
        ('[intake]\nquiet_seconds = "3"x\n', "line 2, cannot be understood"),
        ("[intake]\n\nquiet_second = 3\n", "line 3: there is no [intake] quiet_second: did you mean quiet_seconds?"),
        ("[intake]\njpeg_quality = 80\n",
         "line 2: there is no [intake] jpeg_quality: jpeg_quality belongs below [publishing]"),
        ('[text]\ncover = ["codes"]\n',
         'line 2: [text] cover must be one of: "school", "class", "address", "phone", "web", "plate", "code"'),
        ('[text]\nschool_words = ["St"]\n',
         "line 2: [text] school_words must each have at least 3 letters, or digits 0 to 9"),
        ('[text]\nschool_words = ["\u0661\u0662\u0663\u0664"]\n',
         "line 2: [text] school_words must each have at least 3 letters, or digits 0 to 9"),
        ("[intak]\n", "line 1: there is no [intak]: did you mean intake?"),
        ("sure = 0.6\n", "line 1: there is no [sure]"),
        ("[recognition]\none_in = 10000\n",
         "line 2: [recognition] one_in must be 1000, 300 or 100; for less risk: anonymise recognition calibrate "
         "--help"),
        ("[recognition]\nsure = 0.6\n",
         "line 2: [recognition] sure is a threshold of an earlier version; write one_in instead, with 1000, 300 or "
         "100"),
        ("[recognition]\nsure = 0.53\ncould_be = nan\n",
         "line 3: [recognition] could_be is a threshold of an earlier version; write one_in instead, with 1000, 300 or "
         "100"),
        ("[recognition]\nmargin = nan\n", "line 2: [recognition] margin must be a number"),
        ("[recognition]\nmargin = 0.07\n", "line 2: [recognition] margin must be at least 0.08"),
        ("[recognition]\ntemplate_expiry = 'soon'\n",
         "line 2: [recognition] template_expiry must be a date, such as 2027-07-31"),
        ("[suitability]\nunsuitable_seal = 1.0\n", "line 2: [suitability] unsuitable_seal must be at most 0.95"),
        ("[suitability]\nunsuitable_review = 0.9\n",
         "line 2: [suitability] unsuitable_review must not be more than unsuitable_seal"),
        ('[publishing]\npurposes = ["press"]\n',
         "line 1: [publishing] default_purpose must be one of the purposes: press"),
        ('[publishing]\npurposes = ["press", "Press"]\n',
         "line 2: [publishing] purposes must not hold two with the same folder name"),
        (f'[publishing]\npurposes = ["website", "{"a" * 40} for parents", "{"a" * 40} for everybody"]',
         "line 2: [publishing] purposes must not hold two with the same folder name"),
        ('[publishing]\npurposes = ["..."]\n', "line 2: [publishing] purposes must each have a letter or a digit"),
        ("[publishing]\npurposes = []\n", "line 2: [publishing] purposes must name at least one"),
        ('[publishing]\nrelease = "now"\n',
         'line 2: [publishing] release must be one of: "automatic", "after-review", "two-people"'),
        ('[publishing]\nstyle = "balloon"\n',
         'line 2: [publishing] style must be one of: "tones", "sticker", "blur", "mosaic", "fill"'),
        ("[consent]\nstale_warning_days = 200\n",
         "line 2: [consent] stale_warning_days must not be more than stale_refusal_days"),
        ('[consent]\nregister_url = "mysql://x"\n',
         "line 2: [consent] register_url must be empty, or look like postgresql://user@host/database"),
        ("publishing = 3\n", "line 1: [publishing] must be a section with keys below it"),
        (b"\xff\xfe", "is not plain text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, said):
    """Nobody has to know TOML, pydantic or Python to mend the file."""
    assert refusal(tmp_path, text).removesuffix(f"{tmp_path / FILE_NAME} ") in {said, f" {said}"}


@given(st.sampled_from(sorted(Settings.model_fields)), st.data())
def test_no_validators_english_reaches_anybody(tmp_path_factory, section, data):
    """Whatever a key is set to, the refusal names it and never speaks of inputs, parsing or types."""
    key = data.draw(st.sampled_from(sorted(Settings.model_fields[section].annotation.model_fields)))
    value = data.draw(st.sampled_from(["true", "-1", "1e9", "nan", '"x"', "[1]", "{}", "0.5", "2027-01-01"]))
    path = tmp_path_factory.mktemp("s") / FILE_NAME
    path.write_text(f"[{section}]\n{key} = {value}\n")
    said = ""
    try:
        Settings.load(path)
    except SettingsError as error:
        said = error.message.removeprefix(str(path))
    assert not said or key in said or "purpose" in said
    for word in ("Input", "input", "valid ", "pars", "type", "pydantic", "does not fit"):
        assert word not in said.replace("template_expiry", "")


def test_a_deleted_file_has_a_way_back(tmp_path):
    """In what was a workspace the remedy is to write the file again, elsewhere to make a workspace."""
    with pytest.raises(SettingsError) as caught:
        Settings.load(tmp_path / FILE_NAME)
    assert "Make a workspace" in caught.value.remedy
    (tmp_path / "data").mkdir()
    with pytest.raises(SettingsError) as caught:
        Settings.load(tmp_path / FILE_NAME)
    assert "To write it again with every default: anonymise init" in caught.value.remedy


def test_every_default_keeps_every_bound():
    """The defaults themselves are a file that is accepted."""
    Settings.model_validate(Settings().model_dump())
    assert slug("Social Media!") == "social-media"


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000], ids=["deep", "long number"])
def test_a_file_that_the_reader_gives_up_on_is_refused(tmp_path, text):
    """As any other file that cannot be understood, with the remedy."""
    assert "far too long" in refusal(tmp_path, text)
