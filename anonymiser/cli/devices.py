"""`anonymise devices`: the school's list of approved devices and folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, emit, json_option, list_without_command, open_school, say, workspace_option
from anonymiser.errors import UsageError
from anonymiser.school import DeviceEntry, FolderEntry


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def devices(context: click.Context, as_json: bool, workspace: Path | None) -> None:
    """List the devices and folders that the school has approved, and change the list.

    What a photo says about its device is evidence, never proof: anybody can write it.
    """
    list_without_command(context, list_devices, as_json=as_json, workspace=workspace)


@devices.command()
@click.option(
    "--from",
    "photo",
    metavar="PHOTO",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Approve the device that took this photo.",
)
@click.option("--folder", metavar="NAME", help="Approve what comes by this folder of the inbox and names no device.")
@click.option("--any-serial", is_flag=True, help="Approve every device of the same make and model.")
@click.option("--note", default="", help='What the school calls it, such as "iPad 7".')
@json_option
@workspace_option
def add(
    photo: Path | None, folder: str | None, any_serial: bool, note: str, as_json: bool, workspace: Path | None
) -> None:
    """Put a device or a folder on the list, which is made if there is none. Nothing is done with PHOTO itself."""
    if (photo is None) == (folder is None):
        raise UsageError("add either a device or a folder", remedy="Give --from PHOTO, or --folder NAME.")
    words = " ".join(note.split())
    with open_school(workspace) as school:
        if photo is not None:
            camera = school.devices.camera_of(photo)
            say(f"The photo names: {escape(_told(camera.make, camera.model, camera.serial))}")
            added = school.devices.add_camera(camera, note=words, any_serial=any_serial)
        else:
            added = school.devices.add_folder(str(folder), note=words)
            if not (school.workspace.inbox / str(folder)).is_dir():
                say("There is no folder of this name in the inbox yet.")
    if as_json:
        emit({**_to_json(added.entry), "new": added.new})
    say("It is on the list now." if added.new else "It was on the list already.")
    if added.approves_all_of_its_kind:
        say("It has no serial number on the list, so every device of its make and model is approved, whoever owns it.")


@devices.command("list")
@json_option
@workspace_option
def list_devices(as_json: bool, workspace: Path | None) -> None:
    """List what is approved, each with its number."""
    with open_school(workspace) as school:
        entries = school.devices.entries()
    for number, entry in enumerate(entries or (), start=1):
        if as_json:
            emit({"number": number, **_to_json(entry)})
    if entries and not as_json:
        table = Table("number", "approved", "note", box=None)
        for number, entry in enumerate(entries, start=1):
            table.add_row(str(number), escape(_of(entry)), escape(entry.note))
        console().print(table)
    if entries is None:
        say("There is no list, so no devices are checked. To begin one: anonymise devices add --from PHOTO")
    else:
        say(f"Approved: {len(entries)}")


@devices.command()
@click.argument("number", type=int)
@workspace_option
def remove(number: int, workspace: Path | None) -> None:
    """Take entry NUMBER off the list; `anonymise devices list` shows the numbers."""
    with open_school(workspace) as school:
        gone = school.devices.remove(number)
        left = len(school.devices.entries() or ())
    say(f"No longer approved: {escape(_of(gone))}")
    if not left:
        say("The list is empty now: every photo that names a device is not on it. To check no devices any more, delete")
        say("devices.toml.")


def _of(entry: DeviceEntry | FolderEntry) -> str:
    if isinstance(entry, DeviceEntry):
        return _told(entry.make, entry.model, entry.serial)
    return f"folder {entry.name}"


def _told(make: str, model: str, serial: str) -> str:
    return f"make {make or 'not said'}, model {model or 'not said'}, serial number {serial or 'not said'}"


def _to_json(entry: DeviceEntry | FolderEntry) -> dict[str, Any]:
    if isinstance(entry, DeviceEntry):
        return {"make": entry.make, "model": entry.model, "serial": entry.serial or None, "note": entry.note}
    return {"folder": entry.name, "note": entry.note}
