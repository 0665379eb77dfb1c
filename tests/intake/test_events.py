from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.consent.contexts import NoRegister
from anonymiser.errors import UsageError
from anonymiser.intake.events import EventOverrides, Events, output_stem
from anonymiser.settings import Publishing
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.slug import slug


def events(root: Path, overrides: EventOverrides | None = None) -> Events:
    return Events(root, Publishing(), lambda text: "amelia khan" in text.lower(), overrides)


def test_the_folder_names_the_event(tmp_path: Path) -> None:
    """The first folder is the event; files outside any folder have a neutral label."""
    found = events(tmp_path)
    assert found.of(PurePath("Sports day/morning/a.jpg")) == (Event("Sports day", Purpose("website")),)
    assert found.of(PurePath("a.jpg"))[0].label == "School photo"


def test_event_toml_says_more_and_holds_for_the_folders_below(tmp_path: Path) -> None:
    """Label, purpose, group and date come from the nearest event.toml."""
    (tmp_path / "sd/deep").mkdir(parents=True)
    (tmp_path / "sd/event.toml").write_text(
        'label = "Sports day"\npurpose = "press"\ngroup = "3A"\ndate = 2026-06-19\n', encoding="utf-8"
    )
    expected = Event("Sports day", Purpose("press"), group="3A", date=dt.date(2026, 6, 19))
    assert events(tmp_path).of(PurePath("sd/deep/a.jpg")) == (expected,)


@pytest.mark.parametrize(
    ("nested", "expected"),
    [
        ('label = "Morning"', ("Morning", "display", "3A", dt.date(2026, 6, 19))),
        ('purpose = "press"', ("Sports day", "press", "3A", dt.date(2026, 6, 19))),
        ("purpose = []", ("Sports day", "display", "3A", dt.date(2026, 6, 19))),
        ('group = "4B"\ndate = 2026-06-20', ("Sports day", "display", "4B", dt.date(2026, 6, 20))),
        ("", ("Sports day", "display", "3A", dt.date(2026, 6, 19))),
    ],
)
@pytest.mark.parametrize("between", ["", "deep/er/"])
def test_what_a_nested_file_does_not_say_is_taken_from_above(
    tmp_path: Path, nested: str, expected: tuple[object, ...], between: str
) -> None:
    """A label alone keeps the purpose of the folder above; what a nested file says counts."""
    folder = tmp_path / "sd" / between / "in"
    folder.mkdir(parents=True)
    (tmp_path / "sd/event.toml").write_text(
        'label = "Sports day"\npurpose = "display"\ngroup = "3A"\ndate = 2026-06-19\n', encoding="utf-8"
    )
    (folder / "event.toml").write_text(nested, encoding="utf-8")
    (found,) = events(tmp_path).of(PurePath(f"sd/{between}in/a.jpg"))
    assert (found.label, found.purpose, found.group, found.date) == expected


def test_without_any_label_the_folder_of_the_nearest_file_is_the_label(tmp_path: Path) -> None:
    """A purpose above it changes nothing about that."""
    (tmp_path / "sd/in").mkdir(parents=True)
    for place in ("event.toml", "sd/in/event.toml"):
        (tmp_path / place).write_text('purpose = "display"\n', encoding="utf-8")
    (found,) = events(tmp_path).of(PurePath("sd/in/a.jpg"))
    assert (found.label, found.purpose) == ("in", "display")


def test_the_command_line_overrides_both(tmp_path: Path) -> None:
    """Flags beat event.toml and the folder's name."""
    (tmp_path / "sd").mkdir()
    (tmp_path / "sd/event.toml").write_text('purpose = "press"\ngroup = "3A"\n', encoding="utf-8")
    overrides = EventOverrides(label="Fair", purposes=("display",), group="4B")
    (found,) = events(tmp_path, overrides).of(PurePath("sd/a.jpg"))
    assert (found.label, found.purpose, found.group) == ("Fair", "display", "4B")


def test_an_event_may_have_several_purposes(tmp_path: Path) -> None:
    """One event for each, in order and once; the command line replaces the file's, it does not add."""
    (tmp_path / "event.toml").write_text('purpose = ["press", "website", "press"]\n', encoding="utf-8")
    found = events(tmp_path).of(PurePath("a.jpg"))
    assert [event.purpose for event in found] == ["press", "website"]
    found = events(tmp_path, EventOverrides(purposes=("display", "newsletter"))).of(PurePath("a.jpg"))
    assert [event.purpose for event in found] == ["display", "newsletter"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("label = ", "cannot be understood"),
        ('colour = "red"', "colour"),
        ("date = 19", "date"),
        ('purpose = "billboard"', "website"),
        ('purpose = ["website", "billboard"]', "website"),
        ("purpose = [1]", "purpose"),
        ('label = "Amelia Khan wins"', "name of somebody"),
    ],
)
def test_a_wrong_event_toml_is_refused_in_plain_english(tmp_path: Path, content: str, says: str) -> None:
    """The message names the key, never the person."""
    (tmp_path / "event.toml").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        events(tmp_path).of(PurePath("a.jpg"))
    assert "Amelia" not in caught.value.message + caught.value.remedy


def test_an_event_toml_that_is_a_folder_or_huge_is_refused(tmp_path: Path) -> None:
    """Only a small regular file is read."""
    (tmp_path / "event.toml").mkdir()
    with pytest.raises(UsageError, match="small text file"):
        events(tmp_path).of(PurePath("a.jpg"))


def test_a_folder_named_after_a_pupil_is_refused(tmp_path: Path) -> None:
    """A register name never becomes part of an output's name."""
    with pytest.raises(UsageError, match="folder's name"):
        events(tmp_path).of(PurePath("Amelia Khan/a.jpg"))


def test_wrong_flags_are_refused_before_any_photo(tmp_path: Path) -> None:
    """A label with a name, or an unknown purpose, on the command line ends the run at once."""
    with pytest.raises(UsageError):
        events(tmp_path, EventOverrides(label="Amelia Khan"))
    with pytest.raises(UsageError):
        events(tmp_path, EventOverrides(purposes=("website", "billboard")))


@given(st.text(max_size=100))
def test_slugs_are_plain(label: str) -> None:
    """Whatever the label, its part of the file name is short lower-case ASCII."""
    made = slug(label)
    assert 0 < len(made) <= 40
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert made.strip("-") == made


def test_output_names_take_the_best_date() -> None:
    """The event's date, else the camera's, else today."""
    today, event = dt.date(2026, 7, 1), Event("Été!", Purpose("social media"))
    assert output_stem(event, None, today) == "outbox/social-media/ete-2026-07-01"
    assert output_stem(event, "2026-06-30", today) == "outbox/social-media/ete-2026-06-30"
    dated = Event("Fair", Purpose("press"), date=dt.date(2026, 5, 1))
    assert output_stem(dated, "2026-06-30", today) == "outbox/press/fair-2026-05-01"


def test_without_a_register_the_label_is_general(tmp_path: Path) -> None:
    """Nobody can tell whether a folder's name is a child's: only general words become a label."""
    found = Events(tmp_path, Publishing(), NoRegister().names_someone)
    assert found.of(PurePath("Amelia Khan/a.jpg"))[0].label == "School photo"
    assert found.of(PurePath("Sports day/a.jpg"))[0].label == "Sports day"
    (tmp_path / "x").mkdir()
    (tmp_path / "x/event.toml").write_text('label = "Amelia Khan wins"\n', encoding="utf-8")
    assert found.of(PurePath("x/a.jpg"))[0].label == "School photo"
    (tmp_path / "x/event.toml").write_text('purpose = "press"\n', encoding="utf-8")
    assert found.of(PurePath("x/a.jpg"))[0].label == "School photo"
    assert found.generalised == ["Amelia Khan", "x/event.toml", "x"]
    found.of(PurePath("Amelia Khan/b.jpg"))
    assert len(found.generalised) == 3


def test_a_typed_label_is_doubted_like_a_folder_s_name(tmp_path: Path) -> None:
    """Somebody who types a family's name means no harm, and publishes it all the same."""
    found = Events(
        tmp_path, Publishing(), lambda text: None if "Brown" in text else False, EventOverrides(label="The Browns")
    )
    assert {found.unnamed.label, found.of(PurePath("Fair/a.jpg"))[0].label} == {"School photo"}
    assert found.generalised == ["--event"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lable = "Fair"', "line 1: there is no lable: did you mean label?"),
        ('label = "Fair"\ncolour = "red"', "line 2: there is no colour"),
        ("label = 3", "line 1: label must be words in quotation marks"),
        ("purpose = 3", "line 1: purpose must be words in quotation marks"),
        ('purpose = ["press", 3]', "line 1: purpose must be words in quotation marks"),
        ('\ndate = "yesterday"', "line 2: date must be a date, such as 2027-07-31"),
        ("date = 2026-06-19T10:30:00", "line 1: date must be a date, such as 2027-07-31"),
        ("[label]\na = 1", "line 1: label must be words in quotation marks"),
        ("label = Fair", "line 1, cannot be understood"),
        ('label = "Fair', "near its end, cannot be understood"),
    ],
)
def test_a_wrong_event_toml_is_explained_by_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    """In the words of this program, whatever the value is."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x/event.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        events(tmp_path).of(PurePath("x/a.jpg"))
    assert caught.value.message == f"event.toml, {said}"


KEYS = st.sampled_from(["label", "purpose", "group", "date", "labels", "Purpose", "title"])
VALUES = st.one_of(
    st.integers(), st.booleans(), st.floats(), st.dates(), st.datetimes(), st.lists(st.integers(), max_size=2)
)


@given(KEYS, VALUES)
def test_no_validators_english_reaches_a_user(key: str, value: object) -> None:
    """Any key with a value of any other kind."""
    spelled = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    spelled = value.isoformat() if isinstance(value, dt.date) else spelled
    with TemporaryDirectory() as folder:
        Path(folder, "event.toml").write_text(f"{key} = {spelled}\n", encoding="utf-8")
        with suppress(UsageError):
            events(Path(folder)).of(PurePath("a.jpg"))
            return
        with pytest.raises(UsageError) as caught:
            events(Path(folder)).of(PurePath("a.jpg"))
    message = caught.value.message
    foreign = [word for word in ("valid", "Input", "parse", "extra", "type", "tuple", "str") if word in message]
    assert foreign == [], message
