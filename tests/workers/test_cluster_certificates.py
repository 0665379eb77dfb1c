"""The certificates of a cluster are looked at before anything is asked of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster_kit import certificates
from cryptography.hazmat.primitives import serialization

from anonymiser.errors import SettingsError
from anonymiser.settings import Cluster
from anonymiser.workers.scheduler import Scheduler


@pytest.mark.parametrize("wrong", ["the key of another", "swapped", "empty", "junk", "a key with a password"])
def test_certificates_that_cannot_be_used_are_told_before_anybody_is_asked(tmp_path: Path, wrong: str) -> None:
    """At once, with the remedy; a password is never asked for on a terminal where nobody may be."""
    ca, certificate, key = certificates(tmp_path / "ours")
    match wrong:
        case "the key of another":
            key = certificates(tmp_path / "theirs")[2]
        case "swapped":
            certificate, key = key, certificate
        case "empty":
            ca.write_bytes(b"")
        case "junk":
            certificate.write_bytes(b"\xff\xfe certificate")
        case _:
            form = serialization.PrivateFormat.PKCS8
            private = serialization.load_pem_private_key(key.read_bytes(), None)
            locked = serialization.BestAvailableEncryption(b"secret")
            key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, locked))
    settings = Cluster(tls_ca_file=str(ca), tls_certificate=str(certificate), tls_key=str(key))
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        Scheduler.checked("tls://192.0.2.7:8786", settings)
    assert "PEM" in caught.value.remedy
