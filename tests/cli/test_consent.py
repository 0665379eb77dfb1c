"""The commands `consent` and `recognition`, from arguments to output and exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from anonymiser.cli import cli
from anonymiser.cli.console import console, run
from anonymiser.consent.register import Register
from anonymiser.errors import ExitCode
from anonymiser.values.consent import Event, Hold, Purpose
from anonymiser.workspace import Workspace

NAMES = ("Ella", "Smith", "Tom", "Brown")
CONSENTS = (
    "person_id,forename,surname,class,website,press\np00,Ella,Smith,3A,granted,\np01,Tom,Brown,3B,granted,maybe\n"
)
Run = Callable[..., tuple[int, list[dict], str]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "school")


@pytest.fixture
def anonymise(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Run a command in the workspace; returns exit code, JSON lines, and what people read."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    monkeypatch.setenv("ANONYMISER_WORKSPACE", str(workspace.root))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: object) -> tuple[int, list[dict], str]:
        console.cache_clear()
        capsys.readouterr()
        code = run(cli, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, [json.loads(line) for line in captured.out.splitlines()], captured.err

    yield command
    console.cache_clear()
    keyring.set_keyring(before)


@pytest.fixture
def consents(tmp_path: Path) -> Path:
    path = tmp_path / "consents.csv"
    path.write_text(CONSENTS)
    return path


def granted(workspace: Workspace, purpose: str = "website") -> set[str]:
    with Register.open(workspace) as register:
        return set(register.snapshot(Event("Fair", Purpose(purpose))).granted)


def test_import_show_and_list(anonymise: Run, consents: Path, workspace: Workspace) -> None:
    """A file in the program's format is imported as it is; people see names, programs see ids."""
    code, lines, told = anonymise("consent", "import", consents, "--dry-run", "--json")
    assert (code, lines[0]["new"], lines[0]["dry_run"]) == (0, ["p00", "p01"], True)
    assert granted(workspace) == set()
    code, lines, told = anonymise("consent", "import", consents, "--json")
    assert code == ExitCode.DONE
    assert lines[0]["statements"] == 4
    assert [problem["kind"] for problem in lines[0]["refused"]] == ["blank", "unlisted"]
    assert "2 people, 4 answers recorded" in told
    assert granted(workspace) == {"p00", "p01"}
    assert "nothing has changed" in anonymise("consent", "import", consents)[2]

    code, lines, told = anonymise("consent", "show", "p00")
    assert (code, lines) == (0, [])
    assert "Ella Smith" in told
    assert "row 2 of import" in told
    code, lines, _ = anonymise("consent", "show", "p00", "--json")
    assert lines[0]["consents"][0] == {"purpose": "website", "medium": "image", "granted": True, "because": ""}

    assert "Tom Brown" in anonymise("consent", "list")[2]
    assert "Tom Brown" not in anonymise("consent", "list", "--group", "3a")[2]
    _, lines, told = anonymise("consent", "list", "--json")
    assert [line["person"] for line in lines] == ["p00", "p01"]
    assert not any(name in json.dumps(lines) + told for name in NAMES)


def test_json_never_holds_a_name(anonymise: Run, consents: Path) -> None:
    """Machine-readable output of every command names nobody."""
    out = [
        anonymise("consent", "import", consents, "--json")[1],
        anonymise("consent", "show", "Ella Smith", "--json")[1],
        anonymise("consent", "list", "--json")[1],
        anonymise("recognition", "status", "--json")[1],
    ]
    assert all(out)
    assert not any(name in json.dumps(out) for name in NAMES)


def test_a_list_for_a_spreadsheet_runs_no_formula(anonymise: Run, tmp_path: Path) -> None:
    """Names that begin like formulas are written as text."""
    path = tmp_path / "c.csv"
    path.write_text("person_id,forename,surname,website\np00,=cmd|calc!A0,@Smith,granted\n")
    assert anonymise("consent", "import", path)[0] == 0
    code, lines, told = anonymise("consent", "list", "--csv", tmp_path / "list.csv")
    assert (code, lines) == (0, [])
    assert (tmp_path / "list.csv").read_text(encoding="utf-8-sig").splitlines()[1] == "p00,'=cmd|calc!A0,'@Smith,"
    assert "delete it" in told


def test_a_foreign_export_gets_a_proposal_that_a_person_confirms(
    anonymise: Run, tmp_path: Path, workspace: Workspace
) -> None:
    """The first run writes a mapping and stops with 5; unconfirmed it stops again; confirmed it imports."""
    export = tmp_path / "arbor.csv"
    export.write_text("Student ID,Forename,Surname,Consent for website photos,Consent denied\nA1,Ella,Smith,Yes,No\n")
    code, _, told = anonymise("consent", "import", export)
    assert code == ExitCode.REFUSED
    assert 'under "Consent denied" a yes may mean NO' in told
    mapping = tmp_path / "arbor.mapping.toml"
    assert str(mapping) in told.replace("\n", "")
    text = mapping.read_text(encoding="utf-8")
    code, _, told = anonymise("consent", "import", export, "--mapping", mapping)
    assert code == ExitCode.REFUSED
    checked = text.replace("confirmed = false", "confirmed = true").replace(
        'purpose = ""', 'purpose = "press"'
    ).replace("granted = []", 'granted = ["No"]')  # fmt: skip
    mapping.write_text(checked, encoding="utf-8")
    assert anonymise("consent", "import", export, "--dry-run")[0] == ExitCode.DONE
    assert mapping.read_text(encoding="utf-8") == checked
    assert anonymise("consent", "import", export, "--mapping", mapping)[0] == ExitCode.DONE
    assert granted(workspace) == granted(workspace, "press") == {"A1"}


def test_partial_and_complete(anonymise: Run, consents: Path, workspace: Workspace) -> None:
    """A list that is much shorter is refused with both ways on; each of them does what it says."""
    anonymise("consent", "import", consents)
    consents.write_text(CONSENTS.splitlines()[0] + "\np01,Tom,Brown,3B,refused,\n")
    code, _, told = anonymise("consent", "import", consents)
    assert code == ExitCode.REFUSED
    assert "--partial" in told
    assert anonymise("consent", "import", consents, "--partial", "--complete")[0] == ExitCode.USAGE
    assert anonymise("consent", "import", consents, "--partial")[0] == 0
    assert granted(workspace) == {"p00"}
    assert "no longer in the list" in anonymise("consent", "import", consents, "--complete")[2]
    assert granted(workspace) == set()


def test_withdraw_grant_hold_and_look_alikes(anonymise: Run, consents: Path, workspace: Workspace) -> None:
    """What families say after the import bites at once, and is undone only by its own opposite."""
    anonymise("consent", "import", consents)
    assert anonymise("consent", "withdraw", "p00")[0] == ExitCode.USAGE
    assert anonymise("consent", "withdraw", "p00", "--evidence", "letter", "--purpose", "webiste")[0] == ExitCode.USAGE
    assert granted(workspace) == {"p00", "p01"}
    assert anonymise("consent", "withdraw", "p00", "--evidence", "letter", "--purpose", "website")[0] == 0
    assert granted(workspace) == {"p01"}
    assert anonymise("consent", "grant", "p00", "--purpose", "website", "--evidence", "form", "--from", "01/01/2026",
                     "--until", "2099-08-31", "--video")[0] == 0  # fmt: skip
    assert granted(workspace) == {"p00", "p01"}
    assert anonymise("consent", "hold", "p00", "never-publish")[0] == 0
    assert granted(workspace) == {"p01"}
    with Register.open(workspace) as register:
        assert register.snapshot(Event("Fair", Purpose("press"))).holds == {"p00": Hold.NEVER_PUBLISH}
    assert "never-publish" in anonymise("consent", "show", "p00")[2]
    assert anonymise("consent", "hold", "p00", "never-publish", "--lift")[0] == 0
    assert granted(workspace) == {"p00", "p01"}
    assert anonymise("consent", "look-alikes", "p00", "p01")[0] == 0
    assert anonymise("consent", "show", "nobody")[0] == ExitCode.USAGE


def test_biometric_consent_has_its_own_commands(
    anonymise: Run, consents: Path, workspace: Workspace, tmp_path: Path
) -> None:
    """Consent to recognition is recorded singly or from its own list; a refusal stands until it is lifted."""
    anonymise("consent", "import", consents)

    def agreed() -> int:
        return anonymise("recognition", "status", "--json")[1][0]["people_with_consent"]

    assert agreed() == 0
    assert anonymise("consent", "biometric", "p00", "--evidence", "form")[0] == ExitCode.USAGE
    told = anonymise("consent", "biometric", "p00", "--evidence", "form", "--parents-notified", "01/09/2025")[2]
    assert "may be used" in told
    assert agreed() == 1
    assert anonymise("consent", "biometric", "p00", "--refused", "child")[0] == 0
    told = anonymise("consent", "biometric", "p00", "--evidence", "form", "--parents-notified", "01/09/2025")[2]
    assert "may NOT be used" in told
    assert agreed() == 0
    told = anonymise("consent", "biometric", "p00", "--evidence", "form 2", "--parents-notified", "01/09/2025",
                     "--expires", "31/08/2099", "--lifts-refusal")[2]  # fmt: skip
    assert "may be used" in told

    listed = tmp_path / "b.csv"
    listed.write_text(
        "person_id,parents_notified,evidence,consented,objection\n"
        "p00,01/09/2025,form,no,no\np01,01/09/2025,form,yes,no\np99,01/09/2025,form,yes,no\np01,,form,yes,no\n"
    )
    code, lines, told = anonymise("consent", "biometric-import", listed, "--dry-run", "--json")
    assert (code, agreed()) == (ExitCode.INCOMPLETE, 1)
    assert [entry["row"] for entry in lines[0]["not_recorded"]] == [4, 5]
    assert not lines[0]["people"]["p01"]["granted"]  # row 3 agrees, and row 5 is not clear
    code, lines, told = anonymise("consent", "biometric-import", listed)
    assert code == ExitCode.INCOMPLETE
    assert "2 rows are recorded" in told
    with Register.open(workspace) as register:
        assert not register.agreed_to_recognition()
    listed.write_text(
        "person_id,parents_notified,evidence,consented,objection\n"
        "p00,01/09/2025,form,no,no\np01,01/09/2025,form,yes,no\n"
    )
    assert anonymise("consent", "biometric-import", listed)[0] == 0
    with Register.open(workspace) as register:
        assert register.agreed_to_recognition() == {"p01"}


def test_the_gate(anonymise: Run) -> None:
    """Recognition is off until an assessment and an approver are named, and off again at once."""
    assert anonymise("recognition", "enable")[0] == ExitCode.USAGE
    assert anonymise("recognition", "enable", "--dpia", "", "--approved-by", "Head")[0] == ExitCode.REFUSED
    assert "off" in anonymise("recognition", "status")[2]
    assert (
        "DPIA 7, approved by Head" in anonymise("recognition", "enable", "--dpia", "DPIA 7", "--approved-by", "Head")[2]
    )
    (line,) = anonymise("recognition", "status", "--json")[1]
    assert (line["open"], line["dpia"], line["approved_by"]) == (True, "DPIA 7", "Head")
    assert "off" in anonymise("recognition", "disable")[2]
    assert anonymise("recognition", "status", "--json")[1][0]["open"] is False


FORM = """Child Name,Class,Parent Name,{0} School website,{0} Facebook,Snapgram,Date submitted
"O'Connor, Niamh",3A,Mrs O'Connor,Yes,No,Yes,12/09/2025
Ali Khan,3A,Mr Khan,Yes,Yes,No,14/09/2025
""".format("Do you give permission for your child's photo on:")


def test_a_form_is_imported_in_one_dialogue(
    anonymise: Run, tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the proposal leaves open is asked at the terminal, one confirmation follows, and no file is edited."""
    export = tmp_path / "form.csv"
    export.write_text(FORM)
    monkeypatch.setattr("anonymiser.cli.consent._somebody_is_there", lambda: True)

    def answer(*lines: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        code, _, told = anonymise("consent", "import", export)
        return code, told

    code, told = answer("0", "n")
    assert code == ExitCode.REFUSED
    assert "left out" in told
    assert granted(workspace) == set()
    code, told = answer("nonsense", "3", "2", "display", "y")
    assert code == ExitCode.DONE
    assert "how many agree" in told
    assert len(granted(workspace)) == 2
    assert len(granted(workspace, "display")) == 1
    mapping = (tmp_path / "form.mapping.toml").read_text(encoding="utf-8")
    assert "confirmed = true" in mapping
    code, told = answer()
    assert code == ExitCode.DONE
    assert "nothing has changed" in told


def test_a_no_becomes_a_yes_only_when_somebody_says_so(anonymise: Run, consents: Path, workspace: Workspace) -> None:
    """The import goes on without it, counts it by itself, and names both ways to record it."""
    consents.write_text(CONSENTS.replace("3B,granted", "3B,refused"))
    anonymise("consent", "import", consents)
    consents.write_text(CONSENTS)
    code, lines, told = anonymise("consent", "import", consents, "--json")
    assert code == ExitCode.DONE
    assert lines[0]["held_back"] == [{"person": "p01", "purpose": "website", "medium": "image"}]
    after = lines[0]["counts"][1]["after"]
    assert after == {"yes": 1, "no": 1, "blank": 0, "held": 0, "ended": 0, "withdrawn": 0}
    assert "no stays" in told
    assert "--accept-new-yes" in told
    assert "consent grant" in told
    assert granted(workspace) == {"p00"}
    code, lines, told = anonymise("consent", "import", consents, "--accept-new-yes", "--json")
    assert lines[0]["from_no_to_yes"] == [{"person": "p01", "purpose": "website", "medium": "image"}]
    assert "from no to yes" in told
    assert granted(workspace) == {"p00", "p01"}


def test_a_grant_says_what_it_does_not_change(anonymise: Run, consents: Path) -> None:
    """A hold, a last day that has passed, and days the wrong way round."""
    anonymise("consent", "import", consents)
    anonymise("consent", "hold", "p00", "never-shown")
    told = anonymise("consent", "grant", "p00", "--purpose", "press", "--evidence", "form", "--until", "01/01/2020")[2]
    assert "stay hidden" in told
    assert "hold p00 never-shown --lift" in told
    assert "has passed" in told
    code, _, told = anonymise("consent", "grant", "p00", "--purpose", "press", "--evidence", "form", "--from",
                              "02/01/2030", "--until", "01/01/2030")  # fmt: skip
    assert code == ExitCode.USAGE
    assert "before it begins" in told


def test_an_export_turned_round_is_refused(anonymise: Run, tmp_path: Path, workspace: Workspace) -> None:
    """With the way to say that it is right."""
    path = tmp_path / "c.csv"
    head = "person_id,forename,surname,website\n"
    rows = [f"p0{n},{name},Smith," for n, name in enumerate(("Ella", "Tom", "Mia", "Ali"))]
    path.write_text(head + "".join(f"{row}refused\n" for row in rows))
    anonymise("consent", "import", path)
    path.write_text(head + "".join(f"{row}granted\n" for row in rows))
    code, _, told = anonymise("consent", "import", path, "--accept-new-yes")
    assert code == ExitCode.REFUSED
    assert "4 of 4 answers" in told
    assert granted(workspace) == set()
    assert anonymise("consent", "import", path, "--accept-new-yes", "--accept-turned")[0] == ExitCode.DONE
    assert len(granted(workspace)) == 4
