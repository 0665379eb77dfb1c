"""Where the sample photos of invented pupils are."""

from __future__ import annotations

from pathlib import Path

from anonymiser.errors import WorkspaceError

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE / "_sample_images", _PACKAGE.parent / "sample_images")
"""In a wheel, and in a checkout, which an editable install runs from."""


def sample_images() -> Path:
    """The folder with the sample portraits, inbox and consents; only read from it.

    Raises WorkspaceError if this installation has none.
    """
    for place in _PLACES:
        if place.is_dir():
            return place
    raise WorkspaceError(
        "the sample images are missing",
        remedy="Install anonymiser again from where it came: pip install --force-reinstall --no-deps FOLDER_OR_WHEEL",
    )
