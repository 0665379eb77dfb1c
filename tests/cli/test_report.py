"""`anonymise report`: a term's page, and its figures for programs."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

from intake_kit import Invoke, drop

from anonymiser.errors import ExitCode
from anonymiser.school.term import term_of
from anonymiser.workspace import Workspace


def test_the_page_of_the_present_term_is_written_beside_the_settings(invoke: Invoke, workspace: Workspace) -> None:
    """With and without --term; the figures of --json are those of the page."""
    drop(workspace.inbox, a="1", b="review", c="bad")
    invoke("batch", "--workspace", workspace.root)
    for arguments in (("--term", "--json"), ("--json",)):
        code, (line,), said = invoke("report", *arguments, "--workspace", workspace.root)
        assert code == ExitCode.DONE
        file = Path(line["file"])
        assert file.parent == workspace.root
        assert term_of(dt.datetime.now().astimezone().date()).name in file.name
        assert line["photos"] == 3
        assert {name: n for name, n in line["outcomes"].items() if n} == {"released": 1, "waiting": 1, "quarantined": 1}
        assert "3 photos" in said
        assert "<td>3</td>" in file.read_text(encoding="utf-8")
    assert "a.jpg" not in file.read_text(encoding="utf-8")


def test_days_and_a_place_may_be_chosen(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """A file of any name, and days in either of the ways to write them."""
    place = tmp_path / "page.html"
    options = ("--from", "01/09/2020", "--until", "2020-12-31", "--output", place)
    code, _, said = invoke("report", *options, "--workspace", workspace.root)
    assert code == ExitCode.DONE
    assert "01/09/2020 to 31/12/2020: 0 photos" in said
    assert "No photos arrived in this time." in place.read_text(encoding="utf-8")


def test_what_contradicts_itself_is_refused(invoke: Invoke, workspace: Workspace) -> None:
    """A term and days, days in the wrong order, and a term that is none."""
    for arguments in (
        ("--term", "autumn-2026", "--from", "2026-09-01"),
        ("--from", "2026-10-01", "--until", "2026-09-01"),
        ("--term", "winter-2026"),
    ):
        code, _, said = invoke("report", *arguments, "--workspace", workspace.root)
        assert code == ExitCode.USAGE
        assert "what to do:" in said


def test_a_place_that_cannot_be_written_is_an_error_with_a_remedy(invoke: Invoke, workspace: Workspace) -> None:
    """Not a traceback."""
    nowhere = workspace.root / "no such folder" / "page.html"
    code, _, said = invoke("report", "--output", nowhere, "--workspace", workspace.root)
    assert code == ExitCode.WORKSPACE
    assert "choose another place" in said


def test_a_record_that_was_changed_gives_no_report(invoke: Invoke, workspace: Workspace) -> None:
    """Figures from a record that somebody has written to would be theirs."""
    drop(workspace.inbox, a="1")
    invoke("batch", "--workspace", workspace.root)
    with sqlite3.connect(workspace.ledger_file) as outside:
        outside.execute("UPDATE audit SET entry = replace(entry, 'website', 'press') WHERE number = 1")
    outside.close()
    code, _, said = invoke("report", "--workspace", workspace.root)
    assert code == ExitCode.REFUSED
    assert "the audit record is broken" in said
    assert not list(workspace.root.glob("report-*"))


def test_a_file_of_another_kind_is_never_replaced(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """A slip in a name costs no record; a page of the same name is what was asked for."""
    invoke("report", "--workspace", workspace.root)
    for place in (workspace.ledger_file, workspace.root / "anonymiser.toml"):
        before = place.read_bytes()
        code, _, said = invoke("report", "--output", place, "--workspace", workspace.root)
        assert code == ExitCode.USAGE
        assert "would be replaced" in said
        assert place.read_bytes() == before
    page = tmp_path / "page.html"
    page.write_text("of last week", encoding="utf-8")
    assert invoke("report", "--output", page, "--workspace", workspace.root)[0] == ExitCode.DONE
    assert "of last week" not in page.read_text(encoding="utf-8")
