"""The term's figures as one page for governors: plain words, a plot and a table for each figure, and no picture.

The page needs nothing else: no script, no network, no font. It can be printed and sent as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from jinja2 import Environment, PackageLoader, StrictUndefined

from anonymiser.school.figures import GroupShown, TermFigures
from anonymiser.school.term_record import Fate
from anonymiser.wording import say_kind

FEWEST = 5
"""Smaller numbers of children are not told: whoever knows the group would know the children."""
SELDOM = 0.1
"""A group of which fewer pupils than this can be seen is hardly ever shown."""

_FATES = {
    Fate.RELEASED: "released at once, with nothing to check",
    Fate.APPROVED: "released after a person approved it",
    Fate.WAITING: "still waiting for a person",
    Fate.REJECTED: "not used: a person rejected it",
    Fate.REFERRED: "referred to the safeguarding lead by a person",
    Fate.SEALED: "sealed by the program for the safeguarding lead",
    Fate.QUARANTINED: "not processed: no photo, damaged, or refused",
    Fate.DUPLICATE: "the same picture as an earlier one",
    Fate.FAILED: "the program could not finish it",
    Fate.IN_WORK: "not finished yet",
}
_SPANS = (
    (1 / 60, "up to a minute"), (1, "up to an hour"), (24, "up to a day"), (7 * 24, "up to a week"),
    (float("inf"), "longer"),
)  # fmt: skip
"""Hours, and the words for what takes no longer."""
_DEVICES = {
    "approved": "names a device on the school's list, or came by an approved folder",
    "not-on-list": "names a device that is not on the list",
    "no-evidence": "names no device",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a plot, and of the table beside it."""

    label: str
    value: float
    """Length in the plot, at least 0."""
    cells: tuple[str, ...]
    """What the table says after the label."""
    short: str = ""
    """What the plot says where the label is too long for it."""


def report_html(figures: TermFigures) -> str:
    """The whole page."""
    pages = Environment(
        loader=PackageLoader("anonymiser.school", "templates"), autoescape=True, undefined=StrictUndefined
    )
    pages.filters["span"] = in_words
    return (
        pages.get_template("report.html")
        .render(
            figures=figures,
            fates=[Bar(words, n, (str(n),)) for fate, words in _FATES.items() if (n := figures.fates.get(fate, 0))],
            reasons=_counted(figures.reasons),
            purposes=[
                Bar(purpose, arrived, (str(arrived), str(released)))
                for purpose, (arrived, released) in figures.purposes.items()
            ],
            devices=[
                Bar(words, n, (str(n),)) for kind, words in _DEVICES.items() if (n := figures.devices.get(kind, 0))
            ],
            release=_spans(figures.hours_to_release),
            verdict=_spans(figures.hours_to_verdict),
            weeks=[
                Bar(f"{monday:%d/%m/%Y}", week.to_review, (str(week.arrived), str(week.to_review), str(week.judged)))
                for monday, week in figures.weeks.items()
            ],
            to_review=sum(week.to_review for week in figures.weeks.values()),
            judged=sum(week.judged for week in figures.weeks.values()),
            corrections=_corrections(figures),
            withdrawn=_spans(figures.withdrawals.hours),
            groups=[_group(group) for group in figures.groups],
            seldom=[group.name or "a group whose name is left out" for group in figures.groups if hardly_shown(group)],
            fewest=FEWEST,
            middle=median,
        )
        .lstrip()
    )


def hardly_shown(group: GroupShown) -> bool:
    """Whether to name the group as hardly ever shown; of a small one nothing is said."""
    return group.pupils >= FEWEST and group.shown < SELDOM * group.pupils


def in_words(hours: float) -> str:
    """A time that anybody can picture: "40 seconds", "3 hours", "12 days"."""
    for size, word in ((24.0, "day"), (1.0, "hour"), (1 / 60, "minute"), (1 / 3600, "second")):
        if hours >= 2 * size or word == "second":
            number = round(hours / size)
            return f"{number} {word}{'' if number == 1 else 's'}"
    raise AssertionError


def _counted(reasons: Mapping[str, int]) -> list[Bar]:
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return [Bar(say_kind(name), number, (str(number),)) for name, number in ordered]


def _spans(hours: Sequence[float]) -> list[Bar]:
    bars, before = [], 0
    for most, words in _SPANS:
        upto = sum(one <= most for one in hours)
        bars.append(Bar(words, upto - before, (str(upto - before),)))
        before = upto
    return bars if hours else []


def _corrections(figures: TermFigures) -> list[Bar]:
    found = figures.corrections
    rows = (
        ("A missed face: somebody covered a face, or a place, by hand that the program had left", found.missed,
         "missed faces"),
        ("A face that the program had found, and that somebody wanted covered", found.covered, "covered as well"),
        ("A face wrongly covered: somebody said whose it is, and the family had agreed", found.wrongly_covered,
         "wrongly covered"),
        ("A false alarm: the program took something for a face that is none", found.no_face, "no face"),
        ("A false alarm: the program took a word for a name", found.no_name, "no name"),
        ("A false flag: the photo waited because it might be unsuitable or show swimwear, and a person approved it",
         found.cleared, "false flags"),
    )  # fmt: skip
    return [Bar(words, number, (str(number),), short) for words, number, short in rows]


def _group(group: GroupShown) -> Bar:
    name = group.name or "(name left out: it may tell of somebody)"
    if group.pupils < FEWEST:
        return Bar(name, 0, (f"fewer than {FEWEST}", "too few pupils to say"))
    share = group.shown / group.pupils
    if share < SELDOM:
        return Bar(name, 0, (str(group.pupils), "hardly anybody"))
    if group.shown < FEWEST:
        return Bar(name, SELDOM, (str(group.pupils), f"fewer than {FEWEST}"))
    most, words = next((most, words) for most, words in _SHARES if share <= most)
    return Bar(name, most, (str(group.pupils), words))


_SHARES = ((0.25, "up to a quarter"), (0.5, "up to half"), (0.75, "up to three quarters"), (1.0, "most or all"))
"""Coarse on purpose: an exact number tells of those who are not in it."""


def every_figure(figures: TermFigures) -> dict[str, object]:
    """The same figures for programs; the keys are a contract. Small groups are as on the page."""
    return {
        "from": figures.period.first.isoformat(),
        "until": figures.period.last.isoformat(),
        "photos": figures.photos,
        "outcomes": {str(fate): figures.fates.get(fate, 0) for fate in Fate},
        "reasons": dict(figures.reasons),
        "purposes": {name: {"arrived": a, "released": r} for name, (a, r) in figures.purposes.items()},
        "devices": dict(figures.devices),
        "median_hours_to_release": _median(figures.hours_to_release),
        "to_review": sum(week.to_review for week in figures.weeks.values()),
        "verdicts": sum(week.judged for week in figures.weeks.values()),
        "median_hours_to_verdict": _median(figures.hours_to_verdict),
        "missed_faces": figures.corrections.missed,
        "covered_by_hand": figures.corrections.covered,
        "wrongly_covered": figures.corrections.wrongly_covered,
        "false_faces": figures.corrections.no_face,
        "false_names": figures.corrections.no_name,
        "false_flags": figures.corrections.cleared,
        "withdrawals": figures.withdrawals.number,
        "copies_taken_back": len(figures.withdrawals.hours),
        "median_hours_to_take_back": _median(figures.withdrawals.hours),
        "copies_still_in_outbox": figures.withdrawals.left,
        "take_downs_open": {
            "in_outbox": figures.take_downs.in_outbox,
            "published": figures.take_downs.published,
            "unknown": figures.take_downs.unknown,
            "taken_down": figures.take_downs.taken_down,
        },
        "groups_hardly_shown": [group.name for group in figures.groups if hardly_shown(group)],
        "versions": [
            {"program": made.program, "models": made.models, "settings": made.settings, "photos": made.photos}
            for made in figures.versions
        ],
    }


def _median(hours: Iterable[float]) -> float | None:
    found = list(hours)
    return round(median(found), 3) if found else None
