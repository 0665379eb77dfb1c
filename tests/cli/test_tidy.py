"""`anonymise tidy` asks whether to look or to delete, and says what went."""

from __future__ import annotations

import datetime as dt

import pytest
from intake_kit import Invoke, drop, tree

from anonymiser.errors import ExitCode
from anonymiser.workspace import Workspace


def test_tidy_looks_first_and_deletes_when_told(
    workspace: Workspace, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither or both options are refused; a dry run deletes nothing; a legal hold is refused with 5."""
    drop(workspace.inbox, a="1")
    where = ("--workspace", workspace.root)
    with monkeypatch.context() as patch:
        long_ago = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=500)
        patch.setattr("anonymiser.ledger.ledger._now", lambda: long_ago)
        assert invoke("batch", *where)[0] == 0
    assert invoke("tidy", *where)[0] == invoke("tidy", "--apply", "--dry-run", *where)[0] == ExitCode.USAGE
    code, (line, summary), said = invoke("tidy", "--dry-run", "--json", *where)
    assert (code, line["what"], line["deleted"]) == (0, "original", False)
    assert summary["summary"]["counts"] == {"original": 1}
    assert "Would be deleted: original: 1" in said
    assert len(tree(workspace.originals)) == 1
    (workspace.root / "legal-hold.txt").touch()
    assert invoke("tidy", "--apply", *where)[0] == ExitCode.REFUSED
    assert "Nothing can be deleted now" in invoke("tidy", "--dry-run", *where)[2]
    (workspace.root / "legal-hold.txt").unlink()
    assert invoke("tidy", "--apply", *where)[0] == 0
    assert tree(workspace.originals) == []
    assert "Nothing has been kept for longer" in invoke("tidy", "--apply", *where)[2]
    assert invoke("audit", "verify", *where)[0] == 0
