from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from intake_kit import Invoke, import_consents

from anonymiser.consent.register import Register
from anonymiser.errors import ExitCode
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.samples import sample_images
from anonymiser.values.identity import Embedding
from anonymiser.values.people import PersonId
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace

SFACE = model_sha256(ModelId.SFACE)
ELSIE, TOBI, MEERA = map(PersonId, ("pupil-001", "pupil-002", "pupil-004"))


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    """Two portraits of Elsie (one file named after her), one of Tobi, and one of somebody whom no register knows."""
    root = tmp_path / "portraits"
    for target, source in {
        "pupil-001/Elsie Marlow.jpg": "pupil-001/1.jpg",
        "pupil-001/blank.jpg": "",
        "pupil-002/1.jpg": "pupil-002/1.jpg",
        "Nora Unknown/1.jpg": "pupil-004/1.jpg",
    }.items():
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        if source:
            shutil.copyfile(sample_images() / "enrolment" / source, root / target)
        else:
            (root / target).write_bytes(b"not a picture")
    return root


@pytest.fixture
def school(workspace: Workspace, invoke: Invoke) -> Workspace:
    """The sample register with the gate open; Tobi's family has objected."""
    code, _, said = invoke("consent", "import", sample_images() / "consents.csv", "--workspace", workspace.root)
    assert code == 0, said
    with Register.open(workspace) as register:
        for person in (ELSIE, MEERA):
            register.record_biometric_consent(person, evidence="letter", parents_notified=dt.date(2025, 9, 1))
        register.open_gate("DPIA-1", "the head")
    return workspace


def test_people_with_consent_are_enrolled(school: Workspace, portraits: Path, invoke: Invoke) -> None:
    """Good photos become templates of this model; refusals are told and make the exit code 4."""
    code, lines, _ = invoke("enrol", portraits, "--workspace", school.root, "--json")
    assert code == ExitCode.INCOMPLETE
    *people, summary = lines
    by_person = {line["person"]: line for line in people}
    assert by_person["pupil-001"]["enrolled"]
    assert [photo["used"] for photo in by_person["pupil-001"]["photos"]] == [True, False]
    assert by_person["pupil-001"]["photos"][1]["reason"]
    assert not by_person["pupil-002"]["enrolled"]
    assert by_person["pupil-002"]["reason"]
    assert by_person["pupil-002"]["photos"] == []
    assert by_person[None]["reason"] == "the register has no such person"
    assert summary["summary"] == {
        "people": 3, "enrolled": 1, "look_alikes": [], "look_alikes_to_rule_on": [], "loose_files": 0,
    }  # fmt: skip
    with Register.open(school) as register:
        assert register.enrolled(SFACE) == {ELSIE}


def test_who_gives_few_photos_is_told_what_more_bring(school: Workspace, portraits: Path, invoke: Invoke) -> None:
    """Only where somebody enrolled has fewer than three."""
    _, _, said = invoke("enrol", portraits, "--workspace", school.root)
    assert "few photos (1 with fewer than 3)" in said
    assert "62%" in said.replace("\n", " ")
    shutil.copytree(sample_images() / "enrolment" / "pupil-001", portraits / "pupil-001", dirs_exist_ok=True)
    _, _, said = invoke("enrol", portraits, "--workspace", school.root)
    assert "62%" not in said


def test_names_stay_out_of_json_and_reach_the_terminal(school: Workspace, portraits: Path, invoke: Invoke) -> None:
    """File and folder names may be pupils' names: JSON has numbers and ids, the terminal says which file."""
    (portraits / "pupil-001" / "Elsie Marlow.jpg").write_bytes(b"not a picture either")
    _, lines, _ = invoke("enrol", portraits, "--workspace", school.root, "--json")
    assert "Elsie" not in str(lines)
    assert "Nora" not in str(lines)
    code, _, said = invoke("enrol", portraits, "--workspace", school.root)
    assert code == ExitCode.INCOMPLETE
    assert "Elsie Marlow.jpg: the file holds" in said
    assert "0 of 3 people enrolled" in said


@pytest.mark.parametrize("folder", ["Meera Solanki", "Solanki, Meera", "Solanki Meera", "PUPIL-004"])
def test_a_folder_may_have_the_person_s_full_name(
    school: Workspace, tmp_path: Path, invoke: Invoke, caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    """In either order; what is told and logged has the id."""
    portraits = tmp_path / "portraits"
    (portraits / folder).mkdir(parents=True)
    shutil.copyfile(sample_images() / "enrolment/pupil-004/1.jpg", portraits / folder / "1.jpg")
    code, (person, _), said = invoke("enrol", portraits, "--workspace", school.root, "--json")
    assert (code, person["person"], person["enrolled"]) == (ExitCode.DONE, "pupil-004", True)
    assert "Meera" not in str(person) + said + caplog.text
    with Register.open(school) as register:
        assert register.enrolled(SFACE) == {MEERA}


def test_a_name_of_two_people_enrols_neither(
    workspace: Workspace, tmp_path: Path, invoke: Invoke, caplog: pytest.LogCaptureFixture
) -> None:
    """The refusal names both ids; no photo is opened."""
    import_consents(
        workspace,
        "person_id,forename,surname,class,website\r\nP1,Ella,Smith,3A,granted\r\nP2,Ella,Smith,5B,granted\r\n",
    )
    with Register.open(workspace) as register:
        register.open_gate("DPIA-1", "the head")
    portraits = tmp_path / "portraits"
    (portraits / "Ella Smith").mkdir(parents=True)
    (portraits / "Ella Smith/1.jpg").write_bytes(b"not opened")
    code, (person, _), _ = invoke("enrol", portraits, "--workspace", workspace.root, "--json")
    assert code == ExitCode.INCOMPLETE
    assert (person["person"], person["photos"]) == (None, [])
    assert person["reason"] == "2 people have that name: name the folder after an id (P1, P2)"
    assert "Ella" not in str(person) + caplog.text


def test_later_folders_are_compared_with_everybody(school: Workspace, portraits: Path, invoke: Invoke) -> None:
    """A look-alike of somebody enrolled earlier is reported, until a person has ruled on the pair."""
    invoke("enrol", portraits, "--workspace", school.root, "--json")
    shutil.rmtree(portraits)
    (portraits / "pupil-004").mkdir(parents=True)
    shutil.copyfile(sample_images() / "enrolment/pupil-001/2.jpg", portraits / "pupil-004/1.jpg")
    (portraits / "loose.jpg").write_bytes(b"")
    code, _, said = invoke("enrol", portraits, "--workspace", school.root)
    assert code == ExitCode.DONE
    assert "pupil-004 and pupil-001" in said
    assert "--different" in said
    assert "passed over 1 photo" in said
    invoke("consent", "look-alikes", "pupil-001", "pupil-004", "--different", "--workspace", school.root)
    _, lines, said = invoke("enrol", portraits, "--workspace", school.root, "--json")
    assert lines[-1]["summary"]["look_alikes"] == [["pupil-004", "pupil-001"]]
    assert lines[-1]["summary"]["look_alikes_to_rule_on"] == []


def test_a_closed_gate_stops_before_any_photo(
    workspace: Workspace, portraits: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an approved impact assessment nothing is read, and the exit code is 5."""

    def forbidden(*_: object) -> Embedding:
        raise AssertionError

    monkeypatch.setattr("anonymiser.school.faces.decode", forbidden)
    monkeypatch.setattr(FaceEmbedder, "embed", forbidden)
    code, lines, said = invoke("enrol", portraits, "--workspace", workspace.root, "--json")
    assert code == ExitCode.REFUSED
    assert lines == []
    assert "face recognition is switched off" in said


def test_a_folder_without_people_is_a_usage_error(school: Workspace, tmp_path: Path, invoke: Invoke) -> None:
    """The message says how the folder should look, and the exit code is 2."""
    (tmp_path / "empty").mkdir()
    code, _, said = invoke("enrol", tmp_path / "empty", "--workspace", school.root)
    assert code == ExitCode.USAGE
    assert "folder named with their id" in said
