"""Where a cluster's scheduler is, and what protects the way to it, on which photos, names and templates travel."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from anonymiser.errors import SafetyRefusal, SettingsError, UsageError, WorkspaceError
from anonymiser.settings import Cluster

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = "20s"
_FORM = "Write tls://HOST:PORT, or tcp://127.0.0.1:PORT for a scheduler on this computer."
_NOT_INSTALLED = 'Install what it needs: pip install "anonymiser[cluster]"'


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The address of a Dask scheduler that may be given pupils' data."""

    address: str
    """`tls://host:port`, or `tcp://host:port` on this computer."""
    settings: Cluster
    """The certificates."""

    @classmethod
    def checked(cls, address: str, settings: Cluster) -> Self:
        """The scheduler at `address`. Nothing is asked of it yet.

        Raises UsageError if the address cannot be one, SafetyRefusal if the way to it is not encrypted and leaves this
        computer, and SettingsError if certificates are needed and missing.
        """
        try:
            parts = urlsplit(address)
            complete = parts.hostname and parts.port and not (parts.path or parts.query or parts.username)
        except ValueError:
            complete = False
        if not complete or parts.scheme not in {"tcp", "tls"}:
            raise UsageError(f"{address} is no address of a scheduler", remedy=_FORM)
        if parts.scheme == "tcp" and not _on_this_computer(parts.hostname or ""):
            raise SafetyRefusal(
                f"the way to {address} may leave this computer, and nothing encrypts it: photos, names and templates "
                "could be read on the network",
                remedy="Start scheduler and workers with TLS, name the certificates in [cluster] of anonymiser.toml, "
                "and use tls://HOST:PORT. docs/trust.md says how.",
            )
        if parts.scheme == "tls":
            _require_certificates(settings)
        return cls(address, settings)

    def connect(self) -> Client:
        """A client of the scheduler. Raises WorkspaceError if there is none, or if it does not trust this computer."""
        try:
            from distributed import Client, Security  # noqa: PLC0415 - only who asks for a cluster has it
        except ImportError as error:
            raise WorkspaceError("Dask, which runs the cluster, is not installed", remedy=_NOT_INSTALLED) from error
        encrypted = self.address.startswith("tls:")
        try:
            security = Security(
                require_encryption=True,
                tls_ca_file=self.settings.tls_ca_file,
                tls_client_cert=self.settings.tls_certificate,
                tls_client_key=self.settings.tls_key or self.settings.tls_certificate,
            )
            return Client(
                self.address,
                timeout=_CONNECT_SECONDS,
                security=security if encrypted else None,
                set_as_default=False,
                direct_to_workers=False,
            )
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise WorkspaceError(
                f"no scheduler that this computer trusts answers at {self.address}",
                remedy="Start it, check host and port, and check that the certificates of both are from the same CA.",
            ) from error

    def require_protected(self, worker: str) -> None:
        """Refuse a worker to which the scheduler would send photos in the clear. Raises SafetyRefusal."""
        parts = urlsplit(worker)
        if self.address.startswith("tls:"):
            protected = parts.scheme == "tls"
        else:
            protected = parts.scheme == "inproc" or _on_this_computer(parts.hostname or "")
        if not protected:
            raise SafetyRefusal(
                f"nothing encrypts the way to the worker {worker}: photos, names and templates could be read on it",
                remedy="Start scheduler and workers with TLS, or, on this computer alone, with --host 127.0.0.1.",
            )


def _on_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_certificates(settings: Cluster) -> None:
    if not settings.tls_ca_file or not settings.tls_certificate:
        raise SettingsError(
            "for a tls:// scheduler, [cluster] of anonymiser.toml must name tls_ca_file and tls_certificate",
            remedy="docs/trust.md says how to make them.",
        )
    for path in filter(None, (settings.tls_ca_file, settings.tls_certificate, settings.tls_key)):
        if not Path(path).is_file():
            raise SettingsError(
                f"[cluster] of anonymiser.toml names {path}, which is not there",
                remedy="Give the whole path of the file.",
            )
