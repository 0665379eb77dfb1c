"""A Dask cluster on this computer, with worker processes of their own, and certificates for it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TESTS = Path(__file__).parent


@contextmanager
def cluster_of(workers: int, folder: Path, *, security: Any = None, **settings: Any) -> Iterator[Any]:
    """A scheduler with so many workers, each with a nanny that starts another when it dies.

    Dask may put what it likes into `folder`. `settings` are Dask's, with `__` for each dot.
    """
    distributed = pytest.importorskip("distributed", reason='no Dask here: pip install ".[test]"')
    import dask  # noqa: PLC0415 - only where there is one

    path = [str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")]
    values = {key.replace("__", "."): value for key, value in settings.items()}
    # A LocalCluster, unlike the command dask worker, ends a nanny some time after its worker, restarted or not.
    values["distributed.deploy.lost-worker-timeout"] = "1 day"
    with (
        dask.config.set({"distributed.admin.system-monitor.gil.enabled": False, **values}),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            protocol="tls://" if security else "tcp://",
            security=security,
            dashboard_address="127.0.0.1:0",
            local_directory=str(folder),
            env={"PYTHONPATH": os.pathsep.join(path)},
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A new authority's certificate, one that it signed, and the key of that; as PEM files."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("cluster authority", authority_key, "cluster authority", authority_key, is_authority=True)
    signed = _certificate("cluster", key, "cluster authority", authority_key, is_authority=False)
    pem = serialization.Encoding.PEM
    files = {
        "ca.pem": authority.public_bytes(pem),
        "certificate.pem": signed.public_bytes(pem),
        "key.pem": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    ca, certificate, private = (folder / name for name in files)
    return ca, certificate, private


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    public = issuer_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
