"""Keys, and what is sealed with them.

A workspace key is in the operating system's keyring or, if there is none, in a key file. It wraps one data key for each
person, and that seals the person's names, evidence and face templates. So destroying a person's wrapped key makes every
copy of what it sealed unreadable, even in old backups of the database if they are kept apart from the key of their day.

AES-256-GCM throughout (NIST SP 800-38D) with random 96-bit nonces: far fewer than 2**32 messages are sealed
under one key. The associated data names the person and the use, so that no sealed value can be moved to
another row.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from abc import ABC, abstractmethod
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anonymiser.errors import RegisterError

KEY_BYTES = 32
_NONCE_BYTES = 12
_SERVICE = "anonymiser"


class KeyStore(ABC):
    """A place that keeps one workspace key."""

    notice: str = ""
    """What the user should know about this place, in plain English; empty if there is nothing to say."""

    @abstractmethod
    def load(self, name: str) -> bytes | None:
        """The key called `name`; None if it was never stored.

        Raises RegisterError if it may exist but cannot be read.
        """

    @abstractmethod
    def store(self, name: str, key: bytes) -> None:
        """Keep `key` under `name`.

        Raises RegisterError if the place refuses.
        """


class KeyFile(KeyStore):
    """A file that only its owner may read; holds one key whatever its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notice = (
            f"This computer offers no safe place for keys, so the register's key is kept in {path}. "
            "Keep that file out of shared folders, and never beside a copy of the register."
        )

    def load(self, name: str) -> bytes | None:  # noqa: ARG002 - one file, one key
        """Read the file; a file cut short by a crash holds no key."""
        try:
            if os.name == "posix" and self._path.stat().st_mode & 0o077:
                self._path.chmod(0o600)
            key = base64.b64decode(self._path.read_bytes(), validate=True)
        except FileNotFoundError:
            return None
        except (OSError, binascii.Error) as error:
            raise RegisterError(
                f"the key file {self._path} cannot be read: {type(error).__name__}", remedy=_RESTORE_KEY
            ) from error
        return key if len(key) == KEY_BYTES else None

    def store(self, name: str, key: bytes) -> None:  # noqa: ARG002 - one file, one key
        """Write the file beside its place, then move it there in one step."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(key))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise RegisterError(
                f"the key file {self._path} cannot be written: {error.strerror}",
                remedy="Give your account the right to write there.",
            ) from error


class Keyring(KeyStore):
    """The operating system's own store: Credential Manager, Keychain, Secret Service."""

    def load(self, name: str) -> bytes | None:
        """Ask the keyring."""
        import keyring  # noqa: PLC0415 - looks for backends when imported
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            text = keyring.get_password(_SERVICE, name)
        except (KeyringError, OSError, RuntimeError) as error:
            raise RegisterError(
                f"the key store of this computer cannot be read: {type(error).__name__}",
                remedy="Unlock it (sign in again) and start again.",
            ) from error
        return None if text is None else base64.b64decode(text)

    def store(self, name: str, key: bytes) -> None:
        """Give the key to the keyring."""
        import keyring  # noqa: PLC0415 - looks for backends when imported
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            keyring.set_password(_SERVICE, name, base64.b64encode(key).decode())
        except (KeyringError, OSError, RuntimeError) as error:
            raise RegisterError(
                f"the key store of this computer cannot be written: {type(error).__name__}",
                remedy="Unlock it (sign in again) and start again.",
            ) from error


_RESTORE_KEY = (
    "Restore the key of this workspace from a backup, and use the account that made the workspace. Without the key "
    "names and templates are lost: then move data/register.sqlite3 away, import the consents and enrol again."
)


def choose_key_store(key_file: Path) -> KeyStore:
    """The keyring if a real one exists, unless the workspace already has a key file.

    Backends below priority 1 are not recommended by keyring itself: they fail, store nothing, or store in the
    clear.
    """
    if key_file.exists():
        return KeyFile(key_file)
    import keyring  # noqa: PLC0415 - looks for backends when imported

    return Keyring() if keyring.get_keyring().priority >= 1 else KeyFile(key_file)


class Vault:
    """Seals and opens with one workspace key; its repr does not show the key."""

    def __init__(self, workspace_key: bytes) -> None:
        self._wrapping = AESGCM(_derived(workspace_key, b"wrap person keys"))
        self._searching = _derived(workspace_key, b"find source ids")
        self.check = _derived(workspace_key, b"recognise this key")[:16]
        """Shows whether a key is the one that a register was sealed with."""

    def new_data_key(self, person: str) -> bytes:
        """A fresh data key for `person`, wrapped; only the wrapped form is ever stored."""
        return self._seal(self._wrapping, AESGCM.generate_key(KEY_BYTES * 8), f"key\0{person}")

    def seal(self, wrapped_key: bytes, person: str, use: str, plain: bytes) -> bytes:
        """Encrypt `plain` for one person and one use."""
        return self._seal(self._data_cipher(wrapped_key, person), plain, f"{use}\0{person}")

    def open(self, wrapped_key: bytes, person: str, use: str, sealed: bytes) -> bytes:
        """The inverse of `seal`.

        Raises RegisterError if the value was altered, moved from another row, or sealed with another key.
        """
        return self._open(self._data_cipher(wrapped_key, person), sealed, f"{use}\0{person}")

    def token(self, kind: str, text: str) -> bytes:
        """A keyed hash (HMAC-SHA-256): a value can be found again by it, but not read."""
        return hmac.digest(self._searching, f"{kind}\0{text}".encode(), hashlib.sha256)

    def _data_cipher(self, wrapped_key: bytes, person: str) -> AESGCM:
        return AESGCM(self._open(self._wrapping, wrapped_key, f"key\0{person}"))

    @staticmethod
    def _seal(cipher: AESGCM, plain: bytes, context: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, context.encode())

    @staticmethod
    def _open(cipher: AESGCM, sealed: bytes, context: str) -> bytes:
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise RegisterError(
                "a sealed value of the register was altered, or belongs to another key",
                remedy="Restore the register and its key from the same backup.",
            ) from error


def unlock(store: KeyStore, name: str, check: bytes | None) -> Vault:
    """The vault for the register called `name`; makes its key if the register is new (`check` is None).

    Raises RegisterError if an existing register's key is missing or wrong.
    """
    key = store.load(name)
    if key is None and check is None:
        key = secrets.token_bytes(KEY_BYTES)
        store.store(name, key)
    if key is None:
        raise RegisterError("the key of this workspace's register is missing", remedy=_RESTORE_KEY)
    vault = Vault(key)
    if check is not None and not hmac.compare_digest(vault.check, check):
        raise RegisterError("the key of this workspace belongs to another register", remedy=_RESTORE_KEY)
    return vault


def forbid_core_dumps() -> None:
    """Keep keys and templates out of crash dumps of this process and of those it starts, where POSIX limits apply."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    # One byte is too little for a file. A limit of 0 would not stop Linux from handing the memory to a crash reporter
    # (core_pattern with a pipe): the only limit that the kernel respects there is 1.
    resource.setrlimit(resource.RLIMIT_CORE, (1 if hard else 0, hard))


def _derived(workspace_key: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"anonymiser register: " + use).derive(workspace_key)
