"""An event that cannot be used holds the photos of its folder, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from intake_kit import TWO_PUPILS, InlinePool, drop, import_consents, opened, outcomes, run, tree

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import _FILES, Candidate, Left, listing
from anonymiser.intake.events import Events, is_misnamed_event_file
from anonymiser.ledger.item import Origin
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.wording import say_all
from anonymiser.workspace import Workspace

MISNAMED = [
    "Event.TOML", "EVENT.toml", "event.toml.txt", "EVENT.toml.txt", "Event.txt", "event.rtf", "event.docx", "event",
    "events.toml", "event (1).toml", "event - Copy.toml", "event.toml.rtf", "event_toml.txt", "sports day.toml",
    "event.toml.bak", "event.toml~", "event.toml.icloud", ".event.toml.icloud", "event.toml.part",
    "event.toml.crdownload", "event.toml.tmp", "event.toml.lnk", "event.toml - Shortcut.lnk",
    "event.rtf.part", "event.icloud",
    "event (1).toml.crdownload", "event.toml.sb-1a2b3c4d-AbCdEf", ".event.toml.Xa3bQz", ".syncthing.event.toml.tmp",
    "event.toml.!sync", "Event.toml.cloudf", ".event.toml.~1f", ".event.toml.swp",
    "event.toml (conflicted copy 2026-06-19)", "event.toml.sync-conflict-20260619-1", "event.toml_1", "event,toml",
    "event.toml\u200e", "event\u200b.txt", "event.toml.save", "#event.toml#", "event.toml.pdf", "event.xlsx",
]  # fmt: skip


def test_a_folder_named_after_a_pupil_keeps_its_photos(workspace: Workspace) -> None:
    """Its photos stay in the inbox, the others are processed, and one message with the remedy tells no name."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox / "Amelia Khan", a="1", b="2")
    drop(workspace.inbox / "Fair", a="3")
    with WorkspaceContexts(workspace) as contexts:
        results = run(workspace, contexts=contexts)
    assert outcomes(results) == {"Amelia Khan": "failed", "Fair/a.jpg": "released"}
    assert tree(workspace.inbox) == ["Amelia Khan/a.jpg", "Amelia Khan/b.jpg"]
    assert tree(workspace.quarantine) == []
    held = next(result for result in results if result.relative == "Amelia Khan")
    assert "Sports day" in "".join(say_all(held.report.reasons))
    assert "Amelia" not in "".join(say_all(held.report.reasons))
    assert b"Amelia" not in workspace.ledger_file.read_bytes()


@pytest.mark.parametrize("name", MISNAMED)
def test_a_file_that_was_meant_to_be_event_toml_holds_the_photos(workspace: Workspace, name: str) -> None:
    """What it says (another purpose, perhaps) is not passed over; with the right name the photos are processed."""
    folder = workspace.inbox / "Fair"
    drop(folder / "morning", a="1")
    drop(workspace.inbox, b="2")
    (folder / name).write_text('purpose = "press"\n', encoding="utf-8")
    results = run(workspace)
    assert outcomes(results) == {"Fair": "failed", "b.jpg": "released"}
    assert "event.toml" in "".join(say_all(results[0].report.reasons) + say_all(results[1].report.reasons))
    assert tree(workspace.inbox) == sorted([f"Fair/{name}", "Fair/morning/a.jpg"])
    (folder / name).rename(folder / "event.toml")
    (result,) = run(workspace)
    assert (result.report.kind, result.purpose) == (OutcomeKind.RELEASED, "press")


@pytest.mark.parametrize(
    "name",
    [
        "event.toml",
        "event.jpg",
        "event day.txt",
        "IMG_1.toml.jpg",
        "._event.toml",
        "prevent.txt",
        "eventually",
        "event.jpg.part",
        "IMG_1.jpg.icloud",
        "prevent.txt.tmp",
        ".IMG_1.jpg.Xa3bQz",
    ],
)
def test_other_names_are_nobodys_event_file(name: str) -> None:
    """A photo, or a letter about the event, is what it is."""
    assert not is_misnamed_event_file(name)


@pytest.mark.parametrize("beside", ["event.toml~", "#event.toml#", "event.toml.save", ".event.toml.un~"])
def test_what_an_editor_keeps_beside_an_event_file_holds_nothing(workspace: Workspace, beside: str) -> None:
    """The file itself is there, with its own name."""
    drop(workspace.inbox / "Fair", a="1")
    for name in ("event.toml", beside):
        (workspace.inbox / "Fair" / name).write_text('purpose = "press"\n', encoding="utf-8")
    assert outcomes(run(workspace))["Fair/a.jpg"] == "released"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"label = " + b"[" * 5000, "far too long"),
        (b"date = " + b"9" * 5000, "far too long"),
        ('label = "Fête"'.encode("latin-1"), "UTF-8"),
        ('label = "Fair"'.encode("utf-16"), "UTF-8"),
    ],
    ids=["deep", "long number", "Latin-1", "UTF-16"],
)
def test_no_event_file_ends_a_run(workspace: Workspace, text: bytes, says: str) -> None:
    """Whatever is in it, its own photos stay, the reason is told, and the others are processed."""
    drop(workspace.inbox / "Fair", a="1")
    drop(workspace.inbox, b="2")
    (workspace.inbox / "Fair" / "event.toml").write_bytes(text)
    results = run(workspace)
    assert outcomes(results) == {"Fair/event.toml": "failed", "b.jpg": "released"}
    (held,) = [result for result in results if result.is_folder]
    assert says in "".join(say_all(held.report.reasons))


@pytest.mark.parametrize("name", MISNAMED)
@pytest.mark.parametrize("ending", sorted(_FILES[Left.UNFINISHED] + _FILES[Left.PLACEHOLDER]))
def test_a_misnamed_file_that_is_under_way_is_still_one(name: str, ending: str) -> None:
    """Every mark of an unfinished file or a placeholder that stands behind a name can stand behind an event file's."""
    if ending.startswith("*"):
        assert is_misnamed_event_file("event.toml" + ending[1:].replace("?", "a"))
        assert is_misnamed_event_file(name + ending[1:].replace("?", "a"))


@pytest.mark.parametrize(("name", "held"), [("Event", False), ("Events", False), ("event.rtfd", True)])
def test_a_folder_called_events_is_a_folder(workspace: Workspace, name: str, held: bool) -> None:
    """The photos in it and beside it are processed, unless it is a document that a Mac keeps as a folder."""
    drop(workspace.inbox, a="1")
    drop(workspace.inbox / name / "Fair", b="2")
    assert set(outcomes(run(workspace)).values()) == {"failed" if held else "released"}


def test_what_an_editor_leaves_beside_the_right_file_does_not_matter(workspace: Workspace) -> None:
    """event.toml~ beside event.toml is its older state."""
    drop(workspace.inbox / "Fair", a="1")
    (workspace.inbox / "Fair/event.toml").write_text('purpose = "press"\n', encoding="utf-8")
    (workspace.inbox / "Fair/event.toml~").write_text('purpose = "pres"\n', encoding="utf-8")
    assert "released" in outcomes(run(workspace))["Fair/a.jpg"]


@contextmanager
def looks(workspace: Workspace) -> Iterator[Callable[[], dict[str, str]]]:
    """A watcher's look at the inbox, again and again; each gives what became of the files that it took up."""
    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, lambda _: False)
        intake = Intake(site, InlinePool(), Stop(), events, workspace.inbox, Origin.INBOX)

        def look() -> dict[str, str]:
            found = [entry for entry in listing(workspace.inbox) if isinstance(entry, Candidate)]
            return outcomes(list(intake.run(found)))

        yield look


def test_a_watcher_tells_it_once_until_it_changes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same mistake is not told again at the next look; another mistake is, and so is one made anew."""
    monkeypatch.setattr("anonymiser.intake.events._FRESH_SECONDS", 0.0)
    drop(workspace.inbox / "Fair", a="1", b="2")
    event = workspace.inbox / "Fair/event.toml"
    event.write_text("label = ", encoding="utf-8")
    with looks(workspace) as look:
        assert look() == {"Fair/event.toml": "failed"}
        assert look() == {}
        event.write_text('colour = "red"', encoding="utf-8")
        assert look() == {"Fair/event.toml": "failed"}
        assert look() == {}
        event.write_text('colour = "blu"', encoding="utf-8")
        assert look() == {"Fair/event.toml": "failed"}
        event.write_text('label = "Summer fair"', encoding="utf-8")
        assert look() == {"Fair/a.jpg": "released", "Fair/b.jpg": "released"}
        event.unlink()
        for number in (3, 4):
            drop(workspace.inbox / "Fair", c=f"{number}")
            event.with_name("event.txt").touch()
            assert look() == {"Fair": "failed"}
            event.with_name("event.txt").unlink()
            assert look() == {"Fair/c.jpg": "released"}


def test_a_folder_elsewhere_is_held_too(workspace: Workspace, tmp_path: Path) -> None:
    """One message, no copy, no row, and nothing in quarantine."""
    drop(tmp_path / "elsewhere/Fair", a="1", b="2")
    (tmp_path / "elsewhere/Fair/event.toml.txt").touch()
    (result,) = run(workspace, tmp_path / "elsewhere")
    assert (result.relative, result.item) == ("Fair", "")
    assert [reason.code for reason in result.report.reasons] == [Code.UNUSABLE_EVENT]
    assert tree(workspace.quarantine) == tree(workspace.outbox) == []


def test_quarantine_keeps_folder_and_name(workspace: Workspace) -> None:
    """A person finds the file again; the ledger learns neither, and a crash in between loses neither."""
    drop(workspace.inbox / "Kenilworth trip/Day 2", **{"Blue hat": "bad"})
    (result,) = run(workspace)
    place = "Kenilworth trip/Day 2"
    assert tree(workspace.quarantine) == [f"{place}/{result.item}-Blue hat.jpg", f"{place}/{result.item}.txt"]
    assert tree(workspace.work) == []
    assert b"Blue hat" not in workspace.ledger_file.read_bytes()


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such names")
def test_folder_names_are_made_safe(workspace: Workspace) -> None:
    """What another system could not store is replaced, and nothing leaves the quarantine."""
    drop(workspace.inbox / "a:b" / ".. ", x="bad")
    (result,) = run(workspace)
    assert tree(workspace.quarantine) == [f"a_b/_/{result.item}-x.jpg", f"a_b/_/{result.item}.txt"]


def test_the_remedy_fits_the_reason(workspace: Workspace) -> None:
    """A file that is too large is to be made smaller, a damaged one is looked at, and neither gets the other's."""
    drop(workspace.inbox, large=b"0" * (1024 * 1024 + 1), damaged="bad")
    results = {result.relative: result for result in run(workspace)}
    large, damaged = (
        (workspace.quarantine / f"{results[name].item}.txt").read_text(encoding="utf-8")
        for name in ("large.jpg", "damaged.jpg")
    )
    assert "smaller copy" in large
    assert "smaller copy" not in damaged


def test_a_mistake_in_the_folder_above_is_told_of_that_file_and_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a nested file does not say comes from above, so a mistake there holds its photos too."""
    monkeypatch.setattr("anonymiser.intake.events._FRESH_SECONDS", 0.0)
    drop(workspace.inbox / "Fair/morning", a="1")
    above, nested = workspace.inbox / "Fair/event.toml", workspace.inbox / "Fair/morning/event.toml"
    nested.write_text('label = "Morning"\n', encoding="utf-8")
    with looks(workspace) as look:
        for number, wrong in enumerate(('purpose = "pres"', "purpose = "), start=2):
            above.write_text(wrong, encoding="utf-8")
            assert look() == {"Fair/event.toml": "failed"}
            assert look() == {}
            above.write_text('purpose = "press"', encoding="utf-8")
            assert look() == {f"Fair/morning/{'a' if number == 2 else number}.jpg": "released"}
            drop(workspace.inbox / "Fair/morning", **{"3": "3"})
