"""The rules against a model of ten lines that was written from the policy, not from the code."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.consent.rules import (
    BiometricFact,
    BiometricRecord,
    Source,
    Statement,
    Why,
    biometric_ruling,
    rule,
    strongest,
)
from anonymiser.values.consent import Hold, Purpose
from anonymiser.values.reasons import Code

TODAY = dt.date(2026, 5, 3)
DAYS = st.none() | st.dates(TODAY - dt.timedelta(3), TODAY + dt.timedelta(3))
SAID = st.sampled_from([None, Why.SAID_NO, Why.BLANK, Why.CONFLICT])
ACTS = st.lists(
    st.tuples(st.just("import"), SAID, DAYS, DAYS)
    | st.tuples(st.just("written"), st.none(), DAYS, DAYS)
    | st.tuples(st.just("withdrawal"))
    | st.tuples(st.sampled_from(["hold", "lift"]), st.sampled_from(list(Hold))),
    max_size=8,
)


def may_be_shown(acts: list[tuple]) -> bool:
    """The policy, act by act."""
    statement, word, withdrawn, holds = (Why.BLANK, None, None), (None, None, None), False, set()
    for kind, *rest in acts:
        if kind in {"import", "written"}:
            statement = rest
            word = rest if kind == "written" else word
        withdrawn = kind == "withdrawal" or (withdrawn and kind != "written")
        holds = holds | set(rest) if kind == "hold" else holds - set(rest) if kind == "lift" else holds
    live = all((first or TODAY) <= TODAY <= (last or TODAY) for _, first, last in (statement, word))
    return statement[0] is None and live and not withdrawn and not holds


@given(ACTS)
def test_rules_agree_with_the_policy(acts: list[tuple]) -> None:
    """Whatever is recorded in whatever order, exactly those whom the policy allows are shown."""
    statements, withdrawn_in, holds = [], 0, set()
    for version, (kind, *rest) in enumerate(acts, start=1):
        match kind:
            case "import" | "written":
                statements.append(Statement(version, Source(kind), *rest))
            case "withdrawal":
                withdrawn_in = version
            case "hold":
                holds.add(rest[0])
            case _:
                holds.discard(rest[0])
    ruling = rule(Purpose("website"), tuple(statements), withdrawn_in=withdrawn_in, holds=frozenset(holds), on=TODAY)
    assert ruling.granted == may_be_shown(acts)
    assert ruling.granted == (not ruling.because)


@pytest.mark.parametrize(
    ("records", "granted"),
    [
        ([], False),
        (["consent"], True),
        (["consent", "objection"], False),
        (["objection", "consent"], False),
        (["child-refusal", "consent"], False),
        (["consent", "child-refusal", "consent"], False),
        (["objection", "lifting"], True),
        (["objection", "lifting", "objection", "consent"], False),
        (["unnotified"], False),
        (["notified-tomorrow"], False),
        (["ended-yesterday"], False),
        (["ends-today"], True),
        (["consent", "unnotified"], False),
        (["consent", "doubt"], False),
        (["consent", "doubt", "consent"], True),
        (["objection", "doubt", "consent"], False),
        (["doubt", "objection", "lifting"], True),
    ],
)
def test_biometric_consent_needs_everything_and_one_objection_outlasts_it(records: list[str], granted: bool) -> None:
    """Recognition needs notice, a live written consent and no objection; only a lifted objection ends."""
    told, day = TODAY - dt.timedelta(9), dt.timedelta(1)
    kinds = {
        "consent": (BiometricFact.CONSENT, told, None, False),
        "lifting": (BiometricFact.CONSENT, told, None, True),
        "unnotified": (BiometricFact.CONSENT, None, None, False),
        "notified-tomorrow": (BiometricFact.CONSENT, TODAY + day, None, False),
        "ended-yesterday": (BiometricFact.CONSENT, told, TODAY - day, False),
        "ends-today": (BiometricFact.CONSENT, told, TODAY, False),
        "objection": (BiometricFact.OBJECTION, None, None, False),
        "child-refusal": (BiometricFact.CHILD_REFUSAL, None, None, False),
        "doubt": (BiometricFact.DOUBT, None, None, False),
    }
    facts = [BiometricRecord(version, *kinds[name]) for version, name in enumerate(records, start=1)]
    ruling = biometric_ruling(reversed(facts), TODAY)
    assert ruling.granted is granted
    assert ruling.granted == (not ruling.because)


def test_never_photograph_is_the_stronger_hold() -> None:
    """Where both holds are set, the one that forbids more is told."""
    assert strongest([Hold.NEVER_PUBLISH, Hold.NEVER_PHOTOGRAPH]) is Hold.NEVER_PHOTOGRAPH
    assert strongest([Hold.NEVER_PUBLISH]) is Hold.NEVER_PUBLISH


@pytest.mark.parametrize("last", [None, TODAY + dt.timedelta(3)])
@pytest.mark.parametrize("between", [(), (Statement(4, Source.IMPORT, Why.SAID_NO),)])
def test_a_list_never_goes_beyond_the_newest_written_consent(
    last: dt.date | None, between: tuple[Statement, ...]
) -> None:
    """Even a statement that was recorded by an earlier version of the program, as it stood in the list."""
    yesterday = TODAY - dt.timedelta(1)
    written = (
        Statement(1, Source.WRITTEN, None),
        Statement(3, Source.WRITTEN, None, valid_to=yesterday),
    )
    listed = Statement(5, Source.IMPORT, None, valid_to=last)
    statements = (*written, *between, listed)
    of = Purpose("website")
    assert rule(of, statements, withdrawn_in=0, holds=frozenset(), on=yesterday).granted
    refusal = rule(of, statements, withdrawn_in=2, holds=frozenset(), on=TODAY)
    assert refusal.because == Code.ENDED(purpose="website", last_day=yesterday.isoformat())
