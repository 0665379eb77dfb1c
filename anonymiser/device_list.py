"""devices.toml: the devices and folders that a school has approved. Without the file, nothing is checked.

A list that cannot be read stops the run: a photo must not pass because of a slip in it.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from anonymiser.errors import SettingsError
from anonymiser.settings_errors import parsed, unreadable_line
from anonymiser.values.devices import LONGEST, Camera, DeviceCheck, cleaned, folder_name
from anonymiser.workspace import Workspace

LARGEST_FILE = 1 << 20
"""Bytes; some thousand devices."""

_Text = Annotated[str, Field(max_length=LONGEST)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str = ""
    """What the school calls it."""

    @field_validator("note")
    @classmethod
    def _is_one_line(cls, note: str) -> str:
        if not note.isprintable():
            raise PydanticCustomError("nothing", "has a note of more than one line")
        return note


class DeviceEntry(_Entry):
    """One `[[device]]`."""

    make: _Text = ""
    model: _Text = ""
    serial: Annotated[str, Field(max_length=LONGEST, repr=False)] = ""

    @model_validator(mode="after")
    def _names_a_kind(self) -> Self:
        if self.camera is None:
            raise PydanticCustomError("nothing", "needs a make or a model")
        if self.serial and not cleaned(self.serial):
            raise PydanticCustomError("nothing", "has a serial number without a visible character")
        return self

    @property
    def camera(self) -> Camera | None:
        """The device; None if the entry names none, which the file's reader refuses."""
        return Camera.of(self.make, self.model, self.serial)


class FolderEntry(_Entry):
    """One `[[folder]]`: by it comes what an account of the school uploads."""

    name: Annotated[str, Field(max_length=255)]

    @model_validator(mode="after")
    def _is_one_folder(self) -> Self:
        no_name = not folder_name(self.name) or self.name.strip(" .") == "" or not self.name.isprintable()
        if no_name or set(self.name) & set("/\\"):
            raise PydanticCustomError("nothing", "must name one folder of the inbox, without its path")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    device: tuple[DeviceEntry, ...] = ()
    folder: tuple[FolderEntry, ...] = ()


Entry = DeviceEntry | FolderEntry
_REMEDY = "Correct it, or take it away: without a list, no devices are checked. docs/devices.md shows a list."


class DeviceList:
    """The list of one workspace, read again whenever its file has changed."""

    def __init__(self, workspace: Workspace) -> None:
        self.path = workspace.devices_file
        self._inbox = workspace.inbox
        self._read: tuple[tuple[int, int], _File] | None = None

    def entries(self) -> tuple[Entry, ...] | None:
        """Devices, then folders, in the order of the file; None if there is no list.

        Raises SettingsError if there is one that cannot be read.
        """
        file = self._current()
        return None if file is None else (*file.device, *file.folder)

    def check(self, came_by: Callable[[str], bool]) -> DeviceCheck | None:
        """What the list says for a photo of which `came_by` knows its folder, named as by `folder_of`.

        None without a list. Raises SettingsError if there is one that cannot be read.
        """
        file = self._current()
        if file is None:
            return None
        cameras = tuple(camera for entry in file.device if (camera := entry.camera) is not None)
        return DeviceCheck(cameras, any(came_by(folder_name(entry.name)) for entry in file.folder))

    def folder_of(self, root: Path, relative: PurePath) -> str | None:
        """The folder of the inbox by which a file came, as it is compared; None for a file of any other place."""
        if root != self._inbox or len(relative.parts) < 2:
            return None
        return folder_name(relative.parts[0])

    def require(self, text: str) -> None:
        """Refuse a text that would be no list in place of the file. Raises SettingsError."""
        _parsed_text(self.path, text)

    def _current(self) -> _File | None:
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for whoever writes into it
                raise SettingsError(
                    f"{self.path} is not a file", remedy="Take it away: without a list, no devices are checked."
                )
            if self._read is None or self._read[0] != (status.st_mtime_ns, status.st_size):
                self._read = ((status.st_mtime_ns, status.st_size), _parsed(self.path, status.st_size))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingsError(
                f"{self.path} cannot be read: {error.strerror}", remedy="Ask for access to it."
            ) from error
        return self._read[1]


def _parsed(path: Path, size: int) -> _File:
    if size > LARGEST_FILE:
        raise SettingsError(f"{path} is too large to be a list of devices", remedy=_REMEDY)
    try:
        return _parsed_text(path, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not plain text", remedy="Save it as UTF-8 text.") from error


def _parsed_text(path: Path, text: str) -> _File:
    try:
        return _File.model_validate(parsed(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}, {unreadable_line(error)}, cannot be understood", remedy=_REMEDY) from error
    except ValidationError as error:
        raise SettingsError(f"{path}: {_explained(error)}", remedy=_REMEDY) from error


def _explained(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = first["loc"]
    which = f"{place[0]} {place[1] + 1}" if len(place) > 1 and isinstance(place[1], int) else "the file"
    key = str(place[-1]) if place and not isinstance(place[-1], int) else ""
    match first["type"]:
        case "extra_forbidden":
            return f"{which} has the unknown key {key}"
        case "nothing":
            return f"{which} {first['msg']}"
        case "missing":
            return f"{which} has no {key}"
        case "string_too_long":
            return f"{which} has a longer {key} than any file that is read"
        case "string_type":
            return f"{which} must have words in quotation marks for {key}"
    return f"{which} is not written as an entry: it begins with [[device]] or [[folder]]"
