"""The newest entry's hash, kept where nobody of the school's computer can change it, and signed if somebody wishes.

The key for signing belongs to the officer, and never stays in the workspace: who can write there could sign as well.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from anonymiser.audit.entry import Head
from anonymiser.errors import AuditBroken, UsageError

_NOT_A_HEAD = "Give the file head.json that anonymise audit export wrote."


@dataclass(frozen=True, slots=True)
class KeptHead:
    """What an exported file of a head says."""

    head: Head
    signed_with: str | None
    """The public key in hexadecimal, if the file is signed and the signature is right. Compare it with your own."""


def head_to_json(head: Head, at: dt.datetime, key: Ed25519PrivateKey | None = None) -> str:
    """The head as a file for the officer; signed with Ed25519 if there is a key."""
    fields: dict[str, object] = {"entries": head.number, "hash": head.hash, "at": at.isoformat(timespec="seconds")}
    if key is not None:
        signed = {"signature": key.sign(_message(head)).hex(), "public_key": _hex(key.public_key())}
        fields |= signed
    return json.dumps(fields, indent=2) + "\n"


def head_from_json(text: str) -> KeptHead:
    """The inverse. Raises UsageError if `text` is no head, AuditBroken if its signature is wrong."""
    try:
        fields = json.loads(text)
        head = Head(int(fields["entries"]), str(fields["hash"]))
        signature, public = fields.get("signature"), fields.get("public_key")
        if signature is None:
            return KeptHead(head, None)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), _message(head))
    except InvalidSignature:
        raise AuditBroken(
            "the signature of the kept hash is wrong", remedy="Use the file as it was exported."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("this file holds no hash of an audit record", remedy=_NOT_A_HEAD) from error
    return KeptHead(head, _hex(key))


def signing_key(path: Path) -> tuple[Ed25519PrivateKey, bool]:
    """The key in the PEM file `path`, and whether it was made just now because there was no such file.

    Raises UsageError if the file cannot be used.
    """
    try:
        if path.exists():
            return _loaded(path.read_bytes()), False
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except OSError as error:
        raise UsageError(
            f"the key {path} cannot be read or written: {error.strerror}", remedy="Choose another place."
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"{path} is not an Ed25519 key without a password", remedy="Give the name of a new file: the key is made."
        ) from error
    return key, True


def _loaded(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("another kind of key")
    return key


def _message(head: Head) -> bytes:
    return f"anonymiser audit head {head.number} {head.hash}".encode()


def _hex(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
