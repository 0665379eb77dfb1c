"""Which device says that it took a photo, and whether the school approved it; evidence, never proof."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass, field

LONGEST = 80
"""Characters of a make, a model or a serial number that are read; the longest in use have about 40."""


@enum.unique
class DeviceEvidence(enum.StrEnum):
    """What a photo says about the device that took it; camera data can be written by anybody, so it proves nothing."""

    APPROVED = "approved"
    NOT_ON_LIST = "not-on-list"
    NO_EVIDENCE = "no-evidence"
    """Messaging apps and editors strip the camera data of honest photos too."""


def cleaned(value: object) -> str:
    """One short line of visible characters from a value of a file; "" for anything but text.

    Cameras end texts with zeros and fill them up with blanks; what follows the first zero is left out.
    """
    if not isinstance(value, str):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in value.split("\0", 1)[0])
    return re.sub(r"\s+", " ", printable).strip()[:LONGEST].rstrip()


@dataclass(frozen=True, slots=True)
class Camera:
    """A device as it names itself in a photo, or as the school's list names it. At least one text is not empty."""

    make: str
    model: str
    serial: str = field(default="", repr=False)
    """Of the body; empty where the device writes none, as phones and tablets do. Kept in memory and in the school's
    own list, nowhere else."""

    @staticmethod
    def of(make: object, model: object, serial: object = "") -> Camera | None:
        """The device that these values of a file name; None if they name none. A serial number alone names none."""
        camera = Camera(cleaned(make), cleaned(model), cleaned(serial))
        return camera if camera.make or camera.model else None

    @property
    def described(self) -> str:
        """One name for the kind of device: "Canon" and "Canon EOS 80D" give "Canon EOS 80D"."""
        if not self.make or not self.model:
            return self.make or self.model
        if self.model.split()[0].casefold() == self.make.split()[0].casefold():
            return self.model
        return f"{self.make} {self.model}"[:LONGEST]

    def approves(self, other: Camera) -> bool:
        """Whether this entry of the list means `other`; without a serial number, it means every one of its kind.

        Case and blanks make no difference.
        """
        same_kind = _plain(self.make) == _plain(other.make) and _plain(self.model) == _plain(other.model)
        return same_kind and _plain(self.serial) in {"", _plain(other.serial)}


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """What the school's list says, for one photo."""

    cameras: tuple[Camera, ...] = ()
    """Every approved device."""
    from_approved_folder: bool = False
    """Whether the photo came by a folder of the inbox that the school has approved."""

    def evidence(self, camera: Camera | None) -> DeviceEvidence:
        """What there is for a photo whose file names `camera`.

        A folder speaks only for photos that name no device: one that names a device which is not on the list is not on
        the list in any folder.
        """
        if camera is not None:
            approved = any(entry.approves(camera) for entry in self.cameras)
            return DeviceEvidence.APPROVED if approved else DeviceEvidence.NOT_ON_LIST
        return DeviceEvidence.APPROVED if self.from_approved_folder else DeviceEvidence.NO_EVIDENCE


def folder_name(name: str) -> str:
    """A folder's name as it is compared: case and blanks make no difference, nor does how a computer writes accents."""
    return _plain(name)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
