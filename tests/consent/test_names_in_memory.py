"""Names are decrypted no more often than needed, and an answer is never older than the register."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.register import Register
from anonymiser.consent.vault import Vault
from anonymiser.errors import UsageError
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

Load = Callable[..., ImportReport]
HEADER = "person_id,forename,surname,class,website\n"


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the people of whom something was decrypted, in order."""
    opened: list[str] = []
    decrypt = Vault.open

    def counted(vault: Vault, wrapped_key: bytes, person: str, use: str, sealed: bytes) -> bytes:
        opened.append(person)
        return decrypt(vault, wrapped_key, person, use, sealed)

    monkeypatch.setattr(Vault, "open", counted)
    return opened


def test_people_are_decrypted_once_and_anew_after_a_change_by_whichever_program(
    school: ImportReport, load: Load, register: Register, workspace: Workspace, decrypted: list[str]
) -> None:
    """A desk and a command have the same register open: what one of them imports or forgets, both know at once."""
    decrypted.clear()
    with Register.open(workspace) as desk:
        assert [person.names.forename for person in desk.people()] == ["Ella", "Tom", "Mia", "Ali"]
        assert len(decrypted) == 4
        assert desk.find("Mia Khan") == "p02"
        assert len(desk.names().names) == 4
        assert len(decrypted) == 4
        load(HEADER + "p00,Ella,Smith,4A,granted\np01,Tim,Brown,3A,granted\n", coverage=Coverage.PARTIAL)
        assert [(person.names.forename, person.groups) for person in desk.people()][:2] == [
            ("Ella", ("4A",)), ("Tim", ("3A",)),
        ]  # fmt: skip
        with pytest.raises(UsageError):
            desk.find("Tom Brown")
        register.forget(register.find("p02"))
        assert {person.id for person in desk.people()} == {"p00", "p01", "p03"}
        assert "Khan" not in repr(desk.names().names)


def test_one_person_is_read_without_decrypting_anybody_else(
    school: ImportReport, load: Load, register: Register, decrypted: list[str]
) -> None:
    """A withdrawal in a school of 1,500 opens one name; the newest details count."""
    load(HEADER + "p00,Ellie,Smith,4A,granted\n", coverage=Coverage.PARTIAL)
    decrypted.clear()
    register.withdraw(PersonId("p00"), "letter")
    dossier = register.dossier(PersonId("p00"), [])
    assert (dossier.person.names.forename, dossier.person.groups) == ("Ellie", ("4A",))
    assert set(decrypted) == {"p00"}
    with pytest.raises(UsageError):
        register.dossier(PersonId("p99"), [])
