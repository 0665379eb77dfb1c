"""`anonymise audit` prints what the record says, and its exit code tells whether it is whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from intake_kit import TWO_PUPILS, Invoke, drop, import_consents

from anonymiser.errors import ExitCode
from anonymiser.workspace import Workspace


def test_the_record_is_verified_exported_and_explained(workspace: Workspace, invoke: Invoke, tmp_path: Path) -> None:
    """Whole it is 0; broken it is 5, and the first broken entry is named."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox, a="show P1")
    where = ("--workspace", workspace.root)
    _, (line, _), _ = invoke("batch", "--json", *where)
    code, (whole,), said = invoke("audit", "verify", "--json", *where)
    assert code == 0
    assert "is whole" in said
    code, (exported,), said = invoke(
        "audit", "export", tmp_path / "out", "--sign", tmp_path / "k.pem", "--json", *where
    )
    assert (code, exported["hash"], exported["entries"]) == (0, whole["hash"], whole["entries"])
    assert "was made" in said
    code, (again,), said = invoke("audit", "verify", "--head", tmp_path / "out/head.json", "--json", *where)
    assert (code, again["kept_entries"]) == (0, whole["entries"])
    assert f"signed with {again['signed_with']}" in said
    code, told, _ = invoke("audit", "explain", line["item"], "--json", *where)
    assert [one["entry"] for one in told[:4]] == [1, 2, 4, 5]
    assert any("archived in originals" in one.get("held", "") for one in told)
    assert "the copy may be published" in invoke("audit", "explain", line["item"], *where)[2]
    said = invoke("audit", "explain", "P1", *where)[2]
    assert "released copies that show them, or may: 1" in said
    assert invoke("audit", "explain", "nobody", *where)[0] == ExitCode.USAGE
    with sqlite3.connect(workspace.ledger_file) as outside:
        outside.execute("UPDATE audit SET entry = replace(entry, 'released', 'rejected') WHERE number = 4")
    outside.close()
    code, _, said = invoke("audit", "verify", *where)
    assert code == ExitCode.REFUSED
    assert "entry 4" in said
    assert invoke("audit", "export", tmp_path / "out", *where)[0] == ExitCode.REFUSED
