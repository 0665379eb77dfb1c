"""Photos that wait for a person, and the queue in which they are decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from intake_kit import drop, opened, run

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.reconcile import reconcile
from anonymiser.review.queue import ReviewQueue
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace


@contextmanager
def queue(workspace: Workspace) -> Iterator[ReviewQueue]:
    """The queue of an open workspace."""
    with WorkspaceContexts(workspace) as contexts, opened(workspace, contexts) as site:
        yield ReviewQueue(site)


def waiting(workspace: Workspace, content: str = "review please look") -> str:
    """Put one photo into review; its id."""
    drop(workspace.inbox / "Fair", a=content)
    with WorkspaceContexts(workspace) as contexts:
        (result,) = run(workspace, contexts=contexts)
    assert result.report.kind is OutcomeKind.REVIEW
    return result.item


def differences(workspace: Workspace) -> list[str]:
    """Between records and files."""
    with opened(workspace) as site:
        return reconcile(site).differences
