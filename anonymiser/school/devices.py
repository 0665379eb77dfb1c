"""The school's list of devices, changed without an editor: what a photo says about its device is what is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.device_list import DeviceEntry, Entry, FolderEntry
from anonymiser.errors import PhotoError, UnreadablePhoto, UsageError, WorkspaceError
from anonymiser.isolation import decode
from anonymiser.locks import devices_lock
from anonymiser.photo.decode import DecodeLimits
from anonymiser.values.devices import Camera, folder_name

_HEADING = """\
The devices and folders that this school has approved: docs/devices.md explains each line. Photos are compared with it
as [devices] in anonymiser.toml says. While this file is here, a photo of any other device is not on the list.
"""
_SMALL_MEGAPIXELS = 0.1
"""Only what is beside the pixels is wanted."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was to be added to the list."""

    entry: Entry
    new: bool
    """False if the list had it already."""
    approves_all_of_its_kind: bool = False
    """Whether every device of the same make and model is approved by it, because there is no serial number."""


class Devices:
    """The list of one workspace."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._list = site.devices

    def entries(self) -> tuple[Entry, ...] | None:
        """Devices, then folders; None if there is no list. Raises SettingsError if it cannot be read."""
        return self._list.entries()

    def camera_of(self, photo: Path) -> Camera:
        """The device that a photo names.

        Raises PhotoError if the file is no photo or cannot be read, UsageError if it names no device.
        """
        intake = self._site.workspace.settings.intake
        try:
            if not photo.is_file():
                raise UnreadablePhoto("this is not a file", remedy="Use a photo of the device.")
            if photo.stat().st_size > intake.max_file_megabytes * 1024 * 1024:
                raise UnreadablePhoto("the file is too large to be read", remedy="Use another photo of the device.")
            data = photo.read_bytes()
        except OSError as error:
            raise UnreadablePhoto("the file cannot be read", remedy="Ask for access to it.") from error
        limits = DecodeLimits(intake.max_source_megapixels, intake.min_side_pixels)
        try:
            camera = decode(data, limits, max_megapixels=_SMALL_MEGAPIXELS).camera
        except PhotoError as error:
            raise type(error)(error.message, remedy="Use another photo of the device.") from error
        if camera is None:
            raise UsageError(
                "no evidence in this photo: it does not say which device took it",
                remedy="Use a photo straight from the device, because messaging apps and editors strip this. Or "
                "approve the folder by which its photos come: anonymise devices add --folder NAME",
            )
        return camera

    def add_camera(self, camera: Camera, *, note: str = "", any_serial: bool = False) -> Added:
        """Approve a device, or with `any_serial` every device of its make and model.

        Raises SettingsError if the list cannot be read, WorkspaceError if it cannot be written.
        """
        serial = "" if any_serial else camera.serial
        entry = DeviceEntry(make=camera.make, model=camera.model, serial=serial, note=_one_line(note))
        with self._alone():
            return self._add_camera(entry, Camera(camera.make, camera.model, serial))

    def _add_camera(self, entry: DeviceEntry, wanted: Camera) -> Added:
        serial = wanted.serial
        known = [one.camera for one in self.entries() or () if isinstance(one, DeviceEntry)]
        if any(one is not None and one.approves(wanted) for one in known):
            return Added(entry, new=False, approves_all_of_its_kind=not serial)
        self._append("device", entry)
        return Added(entry, new=True, approves_all_of_its_kind=not serial)

    def add_folder(self, name: str, *, note: str = "") -> Added:
        """Approve what comes by a folder of the inbox and names no device.

        Raises UsageError if `name` is a path, and like `add_camera`.
        """
        note = _one_line(note)
        try:
            entry = FolderEntry(name=name, note=note)
        except ValueError as error:
            raise UsageError(
                "that is not the name of a folder of the inbox",
                remedy="Give the name of one folder that is directly in the inbox, without its path.",
            ) from error
        with self._alone():
            known = [folder_name(one.name) for one in self.entries() or () if isinstance(one, FolderEntry)]
            if folder_name(name) in known:
                return Added(entry, new=False)
            self._append("folder", entry)
        return Added(entry, new=True)

    def remove(self, number: int) -> Entry:
        """Take an entry off the list, counted from 1 in the order of `entries`. Raises UsageError if there is none."""
        with self._alone():
            return self._remove(number)

    def _remove(self, number: int) -> Entry:
        entries = self.entries() or ()
        if not 1 <= number <= len(entries):
            raise UsageError(f"the list has no entry {number}", remedy="See: anonymise devices list")
        devices = sum(isinstance(entry, DeviceEntry) for entry in entries)
        kind, row = ("device", number - 1) if number <= devices else ("folder", number - 1 - devices)
        document = tomlkit.parse(self._list.path.read_text(encoding="utf-8-sig"))
        del document[kind][row]
        if not document[kind]:
            del document[kind]
        self._write(document, "removed")
        return entries[number - 1]

    def _append(self, kind: str, entry: Entry) -> None:
        if self._list.path.exists():
            document = tomlkit.parse(self._list.path.read_text(encoding="utf-8-sig"))
        else:
            document = tomlkit.document()
            for line in _HEADING.splitlines():
                document.add(tomlkit.comment(line))
        if not isinstance(document.get(kind), AoT):  # none yet, or all on one line
            document.add(kind, AoT([_table(row) for row in document.pop(kind, [])]))
        document[kind].append(_table(entry.model_dump()))
        self._write(document, "added")

    def _write(self, document: Any, what: str) -> None:  # noqa: ANN401 - tomlkit's own types are its secret
        text = tomlkit.dumps(document)
        self._list.require(text)
        try:
            with files.full_disk_is_said():
                files.write_text(self._list.path, text)
        except OSError as error:
            raise WorkspaceError(
                f"{self._list.path} cannot be written: {files.why(error)}", remedy="Close it and try again."
            ) from error
        self._site.ledger.note_devices(what, len(self.entries() or ()))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with devices_lock(self._site.workspace.data):
            yield


def _table(row: Mapping[str, str]) -> Table:
    """An entry as it is written, the note last."""
    table = tomlkit.table()
    for key in sorted(row, key=lambda key: key == "note"):
        if row[key]:
            table.add(key, str(row[key]))
    return table


def _one_line(note: str) -> str:
    if not note.isprintable():
        raise UsageError("this cannot be a note", remedy="Give one line of visible characters.")
    return note
