"""Keys and sealed values, and that no file of the register can be read without them."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from anonymiser.consent.importing import ImportReport
from anonymiser.consent.people import read_people
from anonymiser.consent.register import Register
from anonymiser.consent.vault import KeyFile, Keyring, Vault, choose_key_store
from anonymiser.errors import RegisterError
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.identity import Embedding
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

VAULT = Vault(bytes(32))


class MemoryKeyring(KeyringBackend):
    """Stands for the operating system's store."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def system_keyring() -> MemoryKeyring:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


@given(st.binary(max_size=99))
def test_what_is_sealed_can_be_opened(plain: bytes) -> None:
    """Opening is the inverse of sealing, and two seals of one value differ."""
    key = VAULT.new_data_key("p00")
    first, second = (VAULT.seal(key, "p00", "use", plain) for _ in range(2))
    assert first != second
    assert VAULT.open(key, "p00", "use", first) == plain


@given(st.integers(0, 40), st.integers(1, 255))
def test_an_altered_value_is_not_opened(place: int, change: int) -> None:
    """One changed byte anywhere is noticed."""
    key = VAULT.new_data_key("p00")
    sealed = bytearray(VAULT.seal(key, "p00", "use", b"thirteen bytes"[:13]))
    sealed[place] ^= change
    with pytest.raises(RegisterError, match="altered"):
        VAULT.open(key, "p00", "use", bytes(sealed))


@pytest.mark.parametrize(("person", "use"), [("p01", "use"), ("p00", "other use")])
def test_a_value_moved_to_another_row_is_not_opened(person: str, use: str) -> None:
    """A sealed value belongs to one person and one use."""
    key = VAULT.new_data_key("p00")
    with pytest.raises(RegisterError):
        VAULT.open(key, person, use, VAULT.seal(key, "p00", "use", b"x"))
    with pytest.raises(RegisterError):
        Vault(bytes(31) + b"1").open(key, "p00", "use", VAULT.seal(key, "p00", "use", b"x"))


def test_without_a_keyring_the_key_is_a_private_file_and_the_user_is_told_once(workspace: Workspace) -> None:
    """A headless computer gets a key file for its owner alone, with a notice when it is made."""
    with Register.open(workspace) as register:
        assert str(workspace.key_file) in register.notices[0]
    with Register.open(workspace) as register:
        assert register.notices == ()
    if os.name == "posix":
        assert stat.S_IMODE(workspace.key_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(workspace.register_file.stat().st_mode) == 0o600
        workspace.key_file.chmod(0o644)
        Register.open(workspace).close()
        assert stat.S_IMODE(workspace.key_file.stat().st_mode) == 0o600


def test_a_keyring_is_preferred_and_leaves_no_key_file(workspace: Workspace, system_keyring: MemoryKeyring) -> None:
    """Where the system keeps keys, the workspace holds none, and a second register gets its own."""
    assert isinstance(choose_key_store(workspace.key_file), Keyring)
    with Register.open(workspace) as register:
        assert register.notices == ()
    Register.open(workspace).close()
    Register.open(Workspace.create(workspace.root / "second")).close()
    assert not workspace.key_file.exists()
    assert len(system_keyring.kept) == 2


def test_a_locked_keyring_is_an_error_and_makes_no_second_key(
    workspace: Workspace, system_keyring: MemoryKeyring
) -> None:
    """While the key cannot be read, the register is not opened and no other key takes its place."""
    system_keyring.locked = True
    with pytest.raises(RegisterError):
        Keyring().store("name", bytes(32))
    system_keyring.locked = False
    Register.open(workspace).close()
    system_keyring.locked = True
    with pytest.raises(RegisterError, match="cannot be read"):
        Register.open(workspace)
    assert not workspace.key_file.exists()


@pytest.mark.parametrize("damage", ["missing", "another", "cut short", "not a key"])
def test_a_register_without_its_key_stays_shut(workspace: Workspace, damage: str) -> None:
    """A missing, wrong or damaged key is an error with a remedy, never a new key."""
    Register.open(workspace).close()
    key = workspace.key_file
    match damage:
        case "missing":
            key.unlink()
        case "another":
            KeyFile(key).store("", bytes(32))
        case "cut short":
            key.write_bytes(key.read_bytes()[:20])
        case _:
            key.write_bytes(b"\xff\xfe?")
    before = key.read_bytes() if key.exists() else None
    with pytest.raises(RegisterError) as error:
        Register.open(workspace)
    assert error.value.remedy
    assert (key.read_bytes() if key.exists() else None) == before


def test_a_key_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where no key can be kept, nothing goes on."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RegisterError, match="cannot be written"):
        KeyFile(tmp_path / "file" / "key").store("", bytes(32))


def everything_on_disk(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


SECRETS = ("Ella", "Smith", "Tom", "Brown", "letter by Mrs Smith", "A123456789012")


def spellings(text: str) -> list[bytes]:
    return [form.encode(code) for form in (text, text.lower()) for code in ("utf-8", "utf-16-le")]


def test_no_name_evidence_or_template_can_be_read_from_any_file(
    workspace: Workspace,
    register: Register,
    load: Callable[..., ImportReport],
    agree: Callable[..., None],
    face: Callable[[int], Embedding],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the register is open, after it is closed, and after forgetting, no file shows anybody, temporary or not."""
    (workspace.root / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(workspace.root / "temp"))
    for variable in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(variable, str(workspace.root / "temp"))
    load("person_id,forename,surname,website\nA123456789012,Ella,Smith,granted\np01,Tom,Brown,granted\n")
    person = register.find("A123456789012")
    register.open_gate("DPIA 7", "Head")
    agree(person)
    register.store_templates(person, face(0), "a" * 64)
    register.store_calibration("a" * 64, register.gallery(
        Event("Fair", Purpose("website")), "a" * 64, workspace.settings.recognition).thresholds)  # fmt: skip
    register.withdraw(PersonId("p01"), "letter by Mrs Smith")
    chunks = [face(0).tobytes()[at : at + 32] for at in (0, 512, 700)] + [face(1)[0].tobytes()[:32]]

    def check() -> bytes:
        found = everything_on_disk(workspace.root)
        for secret in SECRETS:
            assert not any(spelling in found for spelling in spellings(secret)), secret
        assert not any(chunk in found for chunk in chunks)
        return found

    check()
    with register._reading() as session:
        wrapped = read_people(session)[person].wrapped_key
    assert wrapped in check()
    register.forget(person)
    found = check()
    assert wrapped not in found
    assert person.encode() not in found
    register.close()
    assert wrapped not in check()


def test_errors_and_reprs_tell_no_name(
    register: Register, load: Callable[..., ImportReport], read: Callable[..., object]
) -> None:
    """What reaches a log or a traceback names nobody."""
    text = "person_id,forename,surname,website\np00,Ella,Smith,maybe\n,Tom,Brown,granted\n"
    shown = repr((read(text), load(text), register.people(), register.names(), register.dossier(PersonId("p00"), [])))
    assert not any(name in shown for name in ("Ella", "Smith", "Tom", "Brown"))
