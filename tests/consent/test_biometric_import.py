"""Lists of consents to face recognition."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.rules import BiometricFact
from anonymiser.errors import ImportRefused

HEADER = "person_id,parents_notified,evidence,consented,objection,expires,child_refused\n"


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ("p1,01/09/2025,form 3,yes,no,31/08/2026,", BiometricFact.CONSENT),
        ("p1,01/09/2025,form 3,Yes,No,,no", BiometricFact.CONSENT),
        ("p1,01/09/2025,form 3,yes,yes,,", BiometricFact.OBJECTION),
        ("p1,,,no,,,", BiometricFact.OBJECTION),
        ("p1,01/09/2025,form 3,yes,no,,yes", BiometricFact.CHILD_REFUSAL),
        ("p1,01/09/2025,form 3,yes,no,,rather not", BiometricFact.CHILD_REFUSAL),
        ("p1,01/09/2025,form 3,,no,,", None),
        ("p1,01/09/2025,form 3,yes,,,", None),
        ("p1,01/09/2025,form 3,pending,no,,", None),
        ("p1,,form 3,yes,no,,", None),
        ("p1,31/02/2026,form 3,yes,no,,", None),
        ("p1,01/09/2025,,yes,no,,", None),
        ("p1,01/09/2025,form 3,yes,no,soon,", None),
        (",01/09/2025,form 3,yes,no,,", None),
        ("p1,01/09/2025,form 3", None),
    ],
)
def test_only_a_complete_row_is_a_consent(tmp_path: Path, row: str, fact: BiometricFact | None) -> None:
    """A consent needs id, notice, evidence, yes and no objection; every no is a refusal; the rest is listed."""
    path = tmp_path / "b.csv"
    path.write_text(HEADER + row + "\n")
    listed = read_biometric_file(path)
    assert [entry.record.fact for entry in listed.rows] == ([fact] if fact else [])
    assert list(listed.doubtful) == ([] if fact else [2])
    if fact is BiometricFact.CONSENT:
        assert listed.rows[0].record.parents_notified == dt.date(2025, 9, 1)
        assert not listed.rows[0].record.lifts_refusal


def test_a_photo_consent_file_is_not_a_biometric_one(tmp_path: Path) -> None:
    """The headings must be those of the biometric list."""
    path = tmp_path / "b.csv"
    path.write_text("person_id,forename,surname,website\np1,Ella,Smith,granted\n")
    with pytest.raises(ImportRefused, match="parents_notified"):
        read_biometric_file(path)
