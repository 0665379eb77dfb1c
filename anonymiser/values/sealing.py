"""What a safeguarding lead may have done about a picture that is put out of sight."""

from __future__ import annotations

import enum


@enum.unique
class SealAct(enum.StrEnum):
    """One of two, as it is kept in the ledger."""

    POLICE = "police"
    """It was handed to the police."""
    FALSE_ALARM = "false-alarm"
