from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from intake_kit import import_consents

from anonymiser.consent.contexts import NoRegister, WorkspaceContexts, digest_of
from anonymiser.consent.register import Register
from anonymiser.errors import SafetyRefusal
from anonymiser.values.consent import Event, Hold, Purpose
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

EVENT = Event("Sports day", Purpose("website"), group="3A")
PUPILS = "person_id,forename,surname,class,website\r\nP1,Ben,Okafor,3A,granted\r\nP2,Amelia,Khan,3A,refused\r\n"


def test_without_a_register_nobody_has_agreed() -> None:
    """Everybody is obscured, and nobody is recognised."""
    context = NoRegister().current(EVENT).context
    assert context.consents.granted == frozenset()
    assert context.gallery.closed_because
    assert not NoRegister().names_someone("Amelia Khan")


def test_the_digest_tells_every_difference_that_matters() -> None:
    """Consents, holds, templates and names alter it; the day and the version number alone do not."""
    context = NoRegister().current(EVENT).context
    person = PersonId("P1")
    gallery, consents = context.gallery, context.consents
    others = [
        replace(context, consents=replace(consents, granted=frozenset({person}))),
        replace(context, consents=replace(consents, holds={person: Hold.NEVER_PUBLISH})),
        replace(context, consents=replace(consents, lookalikes=frozenset({frozenset({person})}))),
        replace(context, names=NameIndex.build([("Ben Okafor", person)])),
        replace(context, gallery=replace(gallery, people=(person,))),
        replace(context, gallery=replace(gallery, templates=np.ones((1, 128), np.float32))),
        replace(context, gallery=replace(gallery, people=(person,), cohort=np.ones((1, 128), np.float32))),
        replace(context, gallery=replace(gallery, people=(person,), thresholds=replace(gallery.thresholds, most=11))),
        replace(context, gallery=replace(gallery, lookalikes=frozenset({frozenset({person})}))),
        replace(context, gallery=replace(gallery, closed_because=None)),
        replace(context, event=replace(EVENT, group="4B")),
    ]
    assert len({digest_of(other) for other in [context, *others]}) == len(others) + 1
    same = replace(context, consents=replace(consents, version=9, on=dt.date(2030, 1, 1)))
    assert digest_of(same) == digest_of(context)


def test_a_workspace_gets_its_register_while_somebody_watches(workspace: Workspace) -> None:
    """Before the first import nobody has agreed; afterwards the register is asked, and again after each change."""
    with WorkspaceContexts(workspace) as contexts:
        assert "no consents were imported" in str(contexts.freshness_warning())
        assert contexts.current(EVENT).digest == NoRegister().current(EVENT).digest
        assert not contexts.names_someone("Amelia Khan")
        import_consents(workspace, PUPILS)
        first = contexts.current(EVENT)
        assert len(first.context.consents.granted) == 1
        assert contexts.current(EVENT) is first
        with Register.open(workspace) as register:
            register.set_hold(register.find("Ben Okafor"), Hold.NEVER_PUBLISH)
        second = contexts.current(EVENT)
    assert second.digest != first.digest
    assert second.context.consents.holds


def test_labels_are_searched_for_names(workspace: Workspace) -> None:
    """A possessive, another case or a longer sentence hides no name; a forename alone names nobody."""
    import_consents(workspace, PUPILS)
    with WorkspaceContexts(workspace) as contexts:
        assert contexts.names_someone("AMELIA KHAN'S birthday")
        assert not contexts.names_someone("Sports day")


def test_consents_too_old_to_publish_by_are_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a batch nor a watcher that is already running goes on with them."""
    import_consents(workspace, PUPILS)
    later = dt.datetime.now().astimezone().date() + dt.timedelta(days=400)
    for module in ("answers", "register"):
        monkeypatch.setattr(f"anonymiser.consent.{module}.local_today", lambda: later)
    with WorkspaceContexts(workspace) as contexts, pytest.raises(SafetyRefusal, match="days old"):
        contexts.current(EVENT)
