"""The account of the operating system that runs the program: who acts where nobody gave a name."""

from __future__ import annotations

import getpass


def account() -> str:
    """Its name, as a short printable line."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such account, or a system that does not say
        name = ""
    return " ".join(name.split())[:60] or "desk"
