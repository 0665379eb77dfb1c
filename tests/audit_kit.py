"""A school after a day on which everything happened that the audit record tells of."""

from __future__ import annotations

from pathlib import Path

from intake_kit import drop, fake_workers, import_consents, new_workspace

from anonymiser.audit.entry import Entry, parsed
from anonymiser.school import School

BEN = "p-4711"
PUPILS = f"person_id,forename,surname,class,website\r\n{BEN},Ben,Okafor,3A,granted\r\np2,Amelia,Khan,3A,granted\r\n"


def new_school(root: Path) -> Path:
    """Two pupils, and no photo yet."""
    workspace = new_workspace(root)
    import_consents(workspace, PUPILS)
    (workspace.root / "consents.csv").unlink()
    return root


def work(root: Path) -> Path:
    """Photos of every outcome, verdicts, a place, a withdrawal and a copy made anew."""
    with School.open(root, workers=fake_workers) as school:
        drop(
            school.workspace.inbox / "Fair", a=f"show {BEN}", b="show p2", c="review 1", d="review 2", e="seal", f="bad"
        )
        drop(school.workspace.inbox / "Fair", g=f"show {BEN}", h="review 3")
        with school.run(jobs=1) as run:
            list(run)
        first, second, third = (item.id for item in school.review.waiting())
        school.review.approve(first, by="Miss Honey")
        school.review.reject(second, by="head")
        school.review.refer(third, by="head")
        person = school.person(BEN)
        school.record_place([school.find(person)[0].item.id], "the newsletter of June")
        school.register.withdraw(person, "letter of 3 May")
        school.take_back(person)
        with school.resume(jobs=1) as run:
            list(run)
    return root


def entries(school: School) -> list[Entry]:
    """The whole record."""
    return [parsed(row.text) for row in school._site.ledger.audit_rows()]
