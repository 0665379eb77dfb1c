"""Everything on disk that a command works with, opened once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anonymiser.consent.contexts import Contexts
from anonymiser.delivery import files
from anonymiser.delivery.deliver import Deliverer
from anonymiser.device_list import DeviceList
from anonymiser.errors import ModelError
from anonymiser.ledger.item import Item
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.rulings_json import acts_to_json
from anonymiser.settings import Settings
from anonymiser.values.consent import EventContext
from anonymiser.values.devices import DeviceCheck
from anonymiser.values.ruling import Rulings
from anonymiser.weights import listing
from anonymiser.workspace import Workspace

DRY_RUN_PREFIX = "dry-run-"


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that the decisions on one photo can rest on at one moment, apart from its pixels."""

    context: EventContext
    """What the register says about the event."""
    rulings: Rulings | None
    """What people have said about the photo."""
    digest: str
    """Equal for two moments if, and only if, both are equal; who ruled, and when, makes no difference."""
    devices: DeviceCheck | None
    """What the school's list of devices says; like a setting, it makes no copy out of date."""
    version: int = 0
    """Of the register."""


@dataclass(frozen=True, slots=True)
class Site:
    """A workspace with its ledger and its source of consents."""

    workspace: Workspace
    ledger: Ledger
    deliverer: Deliverer
    contexts: Contexts
    devices: DeviceList

    def basis(self, item: Item) -> Basis:
        """What counts for the item now.

        Raises SafetyRefusal if the register is too old to publish by, SettingsError if the list of devices cannot be
        read.
        """
        resolved, rulings = self.contexts.current(item.event), self.ledger.rulings(item.id)
        if resolved.version != self.ledger.noted_version:
            self.note_changes()
        digest = resolved.digest
        if rulings is not None:
            digest = hashlib.sha256(f"{digest}\0{acts_to_json(rulings.acts)}".encode()).hexdigest()
        return Basis(resolved.context, rulings, digest, self.device_check(item), resolved.version)

    def device_check(self, item: Item) -> DeviceCheck | None:
        """What the list of devices says for the item; None if there is none. Raises SettingsError."""
        key = self.ledger.arrived_by(item.id)
        return self.devices.check(lambda folder: self.ledger.folder_key(folder) == key)

    def note_changes(self) -> None:
        """Bring what became of the register into the audit record, before a photo is decided on it.

        The register is another database, so this cannot be one transaction with its change. But every change has its
        number there: the record takes up after the last one that it has, whenever the program is used again.
        """
        version, at = self.ledger.noted_change()
        changes = self.contexts.changes(version, at)
        if changes.rows or changes.replaced:
            self.ledger.note_changes(changes)


def made_by(settings: Settings, program: str) -> dict[str, str]:
    """With what copies are made, as the audit record tells it: the program's version, hashes of models and settings."""
    try:
        models = ",".join(f"{weights.id}={weights.sha256}" for weights in listing())
    except ModelError:
        models = ""  # no copy can be made without them
    return {
        "program": program,
        "models": hashlib.sha256(models.encode()).hexdigest(),
        "settings": hashlib.sha256(settings.model_dump_json().encode()).hexdigest(),
    }


@contextmanager
def open_site(
    workspace: Workspace, contexts: Contexts, program: str = "", *, devices: DeviceList | None = None
) -> Iterator[Site]:
    """A site for as long as the block runs; `program` is the version that makes copies, for the audit record.

    `devices` is the list that counts (default: the workspace's own). Raises WorkspaceError if the ledger cannot be
    used.
    """
    with Ledger(workspace.ledger_file, made_by(workspace.settings, program)) as ledger:
        yield Site(workspace, ledger, Deliverer(workspace, ledger), contexts, devices or DeviceList(workspace))


@contextmanager
def open_dry_site(workspace: Workspace, contexts: Contexts) -> Iterator[Site]:
    """A site of its own inside the workspace's restricted folder, removed afterwards with all its copies."""
    root = Path(tempfile.mkdtemp(prefix=DRY_RUN_PREFIX, dir=workspace.work))
    try:
        scratch = Workspace(root, workspace.settings)
        for folder in scratch.folders:
            folder.mkdir(parents=True, exist_ok=True)
        with open_site(scratch, contexts, devices=DeviceList(workspace)) as site:
            yield site
    finally:
        files.remove_tree(root)
