"""Where a cluster's scheduler is, and what protects the way to it, on which photos, names and templates travel."""

from __future__ import annotations

import ipaddress
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from anonymiser.errors import SafetyRefusal, SettingsError, UsageError, WorkspaceError
from anonymiser.settings import Cluster

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = 20.0
_SLICE_SECONDS = 0.25
"""Longest wait before a stop is noticed."""
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-f:.]+\]|[0-9a-z_.-]+):([0-9]{1,5})", re.IGNORECASE | re.ASCII)
"""Nothing else: neither names and passwords, which Dask would not use, nor what urlsplit passes over in silence."""
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
        shown = address if address.isprintable() else ascii(address)
        try:
            complete = _ADDRESS.fullmatch(address) and urlsplit(address).port
        except ValueError:
            complete = None
        if not complete:
            raise UsageError(f"{shown} is no address of a scheduler", remedy=_FORM)
        found = cls(address.lower(), settings)
        if not found._is_encrypted and not _on_this_computer(urlsplit(address).hostname or ""):
            raise SafetyRefusal(
                f"the way to {address} may leave this computer, and nothing encrypts it: photos, names and templates "
                "could be read on the network",
                remedy="Start scheduler and workers with TLS, name the certificates in [cluster] of anonymiser.toml, "
                "and use tls://HOST:PORT. docs/trust.md says how.",
            )
        if found._is_encrypted:
            _require_certificates(settings)
        return found

    @property
    def _is_encrypted(self) -> bool:
        return self.address.startswith("tls:")

    def connect(self, is_stopped: Callable[[], bool] = lambda: False) -> Client:
        """A client of the scheduler.

        Raises WorkspaceError if there is none, if it does not trust this computer, or if something else is at its
        address, and KeyboardInterrupt as soon as `is_stopped`.
        """
        try:
            from distributed import Client, Security  # noqa: PLC0415 - only who asks for a cluster has it
        except ImportError as error:
            raise WorkspaceError("Dask, which runs the cluster, is not installed", remedy=_NOT_INSTALLED) from error

        made = Client.__new__(Client)

        def start() -> None:
            security = Security(
                require_encryption=True,
                tls_ca_file=self.settings.tls_ca_file,
                tls_client_cert=self.settings.tls_certificate,
                tls_client_key=self.settings.tls_key or self.settings.tls_certificate,
            )
            Client.__init__(
                made,
                self.address,
                timeout=_CONNECT_SECONDS,
                security=security if self._is_encrypted else None,
                set_as_default=False,
                direct_to_workers=False,
            )

        try:
            _in_time(start, is_stopped)
        except BaseException as error:
            made.status = "closed"  # its destructor would wait for the connection to end
            if not isinstance(error, Exception):
                raise
            # Whatever Dask makes of an answer that is no scheduler's: MemoryError if it is HTTP.
            raise WorkspaceError(
                f"no scheduler that this computer trusts answers at {self.address}",
                remedy="Start it, check host and port, and check that the certificates of both are from the same CA "
                "and have not expired.",
            ) from error
        return made

    def require_protected(self, worker: str) -> None:
        """Refuse a worker to which the scheduler would send photos in the clear. Raises SafetyRefusal."""
        parts = urlsplit(worker)
        if self._is_encrypted:
            protected = parts.scheme == "tls"
        else:
            protected = parts.scheme == "inproc" or _on_this_computer(parts.hostname or "")
        if not protected:
            raise SafetyRefusal(
                f"nothing encrypts the way to the worker {worker}: photos, names and templates could be read on it",
                remedy="Start scheduler and workers with TLS, or, on this computer alone, with --host 127.0.0.1.",
            )


def _in_time(step: Callable[[], None], is_stopped: Callable[[], bool]) -> None:
    """Do `step`. Raises what it raises, TimeoutError if it takes too long, and KeyboardInterrupt if stopped.

    Dask's own limit does not count while something that is no scheduler keeps the connection open. Then the thread is
    left behind, which keeps no process from ending.
    """
    answers: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def answer() -> None:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for it
            answers.put(error)
        else:
            answers.put(None)

    threading.Thread(target=answer, name="connect to the scheduler", daemon=True).start()
    until = time.monotonic() + _CONNECT_SECONDS + 1  # Dask's own answer says more, if there is one
    while time.monotonic() < until:
        try:
            error = answers.get(timeout=_SLICE_SECONDS)
        except queue.Empty:
            if is_stopped():
                raise KeyboardInterrupt from None
        else:
            if error is not None:
                raise error
            return
    raise TimeoutError


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
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file)
        # Without an answer OpenSSL would ask for a password on the terminal, where nobody may be.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key or None, password=lambda: "")
    except (OSError, ValueError) as error:  # of which SSLError is one
        reason = str(getattr(error, "reason", None) or "one of them is no PEM file")
        raise SettingsError(
            "the certificates that [cluster] of anonymiser.toml names cannot be used: "
            + reason.replace("_", " ").lower(),
            remedy="Each must be a PEM file, and tls_key the key of tls_certificate, without a password. docs/trust.md "
            "says how to make them.",
        ) from error
