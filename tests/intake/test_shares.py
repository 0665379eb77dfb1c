from __future__ import annotations

import sys
from pathlib import Path, PureWindowsPath

import pytest

from anonymiser.intake.shares import is_on_a_share

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
//nas/photos /mnt/nas cifs rw,vers=3.1.1 0 0
nas:/school /mnt/school\\040photos nfs4 rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
office@nas:/ /home/office/nas fuse.sshfs rw 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
C:\\134 /mnt/c 9p rw 0 0
/dev/sdc1 /mnt/stick fuseblk rw 0 0
tmpfs /over tmpfs rw 0 0
nas:/x /over nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/srv/school/inbox", False),
        ("/mnt/nas/inbox", True),
        ("/mnt/nas", True),
        ("/mnt/nasty/inbox", False),
        ("/mnt/school photos/inbox", True),
        ("/mnt/nas/local/inbox", False),
        ("/home/office/nas/inbox", True),
        ("/run/user/1000/doc/x", False),
        ("/mnt/c/School/inbox", True),
        ("/mnt/stick/inbox", False),
        ("/over/inbox", True),
    ],
)
def test_linux_names_the_file_system_of_the_nearest_mount(folder: str, expected: bool) -> None:
    """Blanks in mount points are octal there, a mount within another counts, and of two on one point the later."""
    assert is_on_a_share(Path(folder), system="linux", mounts=lambda: MOUNTS) is expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (r"C:\School\inbox", False),
        (r"S:\School\inbox", True),
        (r"\\server\photos\inbox", True),
        (r"\\?\UNC\server\photos", True),
        (r"\\?\S:\inbox", True),
        (r"\\?\C:\inbox", False),
        ("//server/photos", True),
    ],
)
def test_windows_knows_network_drives_and_paths(folder: str, expected: bool) -> None:
    """A letter that stands for a share, or a path that begins with its server."""
    kinds = {"C:\\": 3, "S:\\": 4}
    place = PureWindowsPath(folder) if not folder.startswith("//") else folder
    found = is_on_a_share(place, system="win32", drive_type=kinds.__getitem__)  # type: ignore[arg-type]
    assert found is expected


def test_where_the_system_does_not_say_it_is_no_share() -> None:
    """Without /proc, and on macOS; the rescan finds everything all the same."""

    def no_proc() -> str:
        raise FileNotFoundError("/proc/self/mounts")

    assert not is_on_a_share(Path("/x"), system="linux", mounts=no_proc)
    assert not is_on_a_share(Path("/x"), system="darwin")


@pytest.mark.skipif(sys.platform not in {"linux", "win32"}, reason="only these two say")
def test_this_computer_answers(tmp_path: Path) -> None:
    """The system's own answer can be read; the tests' folder may be anywhere."""
    assert is_on_a_share(tmp_path) in {True, False}
