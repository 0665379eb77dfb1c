from __future__ import annotations

from intake_kit import Invoke, drop, tree

from anonymiser.errors import ExitCode
from anonymiser.workspace import Workspace


def test_watch_once_tells_photos_verdicts_and_a_summary(invoke: Invoke, workspace: Workspace) -> None:
    """The lines of `batch`, and one for each verdict that was made by moving a copy."""
    drop(workspace.inbox, a="review", b="1")
    code, lines, _ = invoke("watch", "--once", "--jobs", "1", "--workspace", workspace.root, "--json")
    assert (code, lines[-1]["summary"]["photos"]) == (ExitCode.DONE, 2)
    item = next(line["item"] for line in lines[:-1] if line["outcome"] == "review")
    (workspace.review / f"{item}.jpg").rename(workspace.reject / f"{item}.jpg")
    code, lines, said = invoke("watch", "--once", "--workspace", workspace.root, "--json")
    assert lines[0] == {"decided": {"item": item, "verdict": "rejected", "output": None}}
    assert f"review {item}: rejected" in said


def test_the_queue_by_command(invoke: Invoke, workspace: Workspace) -> None:
    """list, show, approve, reject and refer, as text and as JSON."""
    drop(workspace.inbox / "Fair", a="review look [here]", b="review b", c="review c")
    invoke("batch", "--workspace", workspace.root)
    drop(workspace.review, stranger="x")
    place = ("--workspace", workspace.root)
    _, lines, said = invoke("review", "list", *place, "--json")
    items = [line["item"] for line in lines]
    assert [(line["event"], line["outcome"], line["verdict"]) for line in lines] == [("Fair", "review", None)] * 3
    assert "not from this program" in said
    _, _, said = invoke("review", "list", *place)
    assert "look [here]" in " ".join(said.split())
    _, _, said = invoke("review", "show", items[0], *place)
    assert "What to do" in said
    code, lines, _ = invoke("review", "approve", items[0], *place, "--json")
    assert (code, lines[0]["verdict"], lines[0]["output"][:7]) == (ExitCode.DONE, "approved", "outbox/")
    assert "rejected" in invoke("review", "reject", items[1], *place)[2]
    assert "referred" in invoke("review", "refer", items[2], *place)[2]
    assert invoke("review", "show", items[1], *place)[2].strip() == f"{items[1]}: rejected"
    assert invoke("review", "show", items[1], *place, "--json")[1][0]["verdict"] == "rejected"
    code, _, said = invoke("review", "approve", items[1], *place)
    assert code == ExitCode.USAGE
    assert len(tree(workspace.outbox)) == 1


def test_a_refused_release_has_its_own_exit_code(invoke: Invoke, workspace: Workspace) -> None:
    """An altered copy: exit code 5."""
    drop(workspace.inbox, a="review")
    _, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    (workspace.root / lines[0]["output"]).write_bytes(b"altered")
    code, _, said = invoke("review", "approve", lines[0]["item"], "--workspace", workspace.root)
    assert code == ExitCode.REFUSED
    assert "was not released" in said


def test_review_alone_lists_what_waits(invoke: Invoke, workspace: Workspace) -> None:
    """The shortest command is the one that an office uses every morning."""
    drop(workspace.inbox, a="review")
    invoke("batch", "--workspace", workspace.root)
    code, lines, _ = invoke("review", "--json", "--workspace", workspace.root)
    assert code == ExitCode.DONE
    assert len(lines) == 1
    assert invoke("review", "--workspace", workspace.root, "list")[0] == ExitCode.USAGE


def test_looking_again_by_command(invoke: Invoke, workspace: Workspace) -> None:
    """One that waits, one that was rejected, and one that cannot be: each is told, and the next batch does it."""
    drop(workspace.inbox / "Fair", a="review a", b="review b", c="c")
    place = ("--workspace", workspace.root)
    _, lines, _ = invoke("batch", *place, "--json")
    waits, rejected, released = (
        next(line["item"] for line in lines[:-1] if line["input"] == f"Fair/{name}.jpg") for name in "abc"
    )
    invoke("review", "reject", rejected, *place)
    code, _, said = invoke("review", "again", waits, released, rejected, *place)
    assert code == ExitCode.USAGE
    assert f"{waits}: is processed again by the next batch" in said
    assert f"{rejected}: is processed again as 2" in said
    assert f"{released}: photo {released} does not wait for a person: released" in said
    _, lines, _ = invoke("batch", *place, "--json")
    assert [line["outcome"] for line in lines[:-1]] == ["review", "review"]


def test_quarantine_by_command(invoke: Invoke, workspace: Workspace) -> None:
    """List and restore, as text and as JSON; JSON holds no name of a file."""
    drop(workspace.inbox / "Fair", beret="bad", cap="bad 2")
    place = ("--workspace", workspace.root)
    _, lines, _ = invoke("batch", *place, "--json")
    items = sorted(line["item"] for line in lines[:-1])
    code, lines, said = invoke("quarantine", "--json", *place)
    assert (code, [line["item"] for line in lines]) == (ExitCode.DONE, items)
    assert "beret" not in str(lines)
    assert "Files that were not processed: 2" in said
    _, _, said = invoke("quarantine", "list", *place)
    assert f"{items[0]}-" in said
    assert "not a picture" in said
    assert "JPEG" in said
    code, lines, said = invoke("quarantine", "restore", items[0], "20200101-000001", *place, "--json")
    assert (code, lines[0]) == (ExitCode.USAGE, {"item": items[0], "restored": True})
    assert lines[1]["refused"] == "there is no file with this id"
    code, _, said = invoke("quarantine", "restore", items[1], *place)
    assert code == ExitCode.DONE
    assert "is in the inbox again as 'Fair/" in said
    assert invoke("quarantine", "restore", items[1], *place)[0] == ExitCode.USAGE
    assert tree(workspace.inbox) == ["Fair/beret.jpg", "Fair/cap.jpg"]
    assert "Files that were not processed: 0" in invoke("quarantine", *place)[2]
