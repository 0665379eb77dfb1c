"""Templates, style sheets and scripts of the package; nothing comes from another host, and nothing is built."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from anonymiser import wording
from anonymiser.desk.session import Session
from anonymiser.values.roles import Task

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ONE_YEAR = 31_536_000
NAVIGATION = (
    (Task.START, "today", "/", "Today"),
    (Task.REVIEW, "review", "/review", "Review"),
    (Task.CONSENTS, "people", "/people", "People"),
    (Task.CONSENTS, "consents", "/import", "Consents"),
    (Task.SEALED, "sealed", "/sealed", "Put aside"),
    (Task.RECORDS, "records", "/records", "Records"),
    (Task.HEALTH, "health", "/health", "Settings and health"),
)
"""What stands at the top of each page, for those whose work it is; the first one is where they begin."""


class Pages:
    """Renders pages. Every text is escaped, and a name that a template misspells is an error, not a blank."""

    def __init__(self) -> None:
        folder = resources.files("anonymiser.desk") / "static"
        self._static = {
            entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(tuple(_TYPES))
        }
        whole = hashlib.sha256(b"".join(name.encode() + data for name, data in sorted(self._static.items())))
        self.version = whole.hexdigest()[:16]
        """Part of the address of static files, so that a browser may keep them until they change."""
        self._templates = Environment(
            loader=PackageLoader("anonymiser.desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update(
            say=wording.say, day=_day, moment=_moment, count=count, thousands=lambda number: f"{number:,}"
        )
        self._parts: dict[str, tuple[object, Markup]] = {}
        self._templates.globals.update(static=f"/static/{self.version}")

    def static(self, name: str) -> Response | None:
        """A style sheet or script by its name, which is looked up and never opened."""
        data = self._static.get(name)
        if data is None:
            return None
        kind = next(kind for suffix, kind in _TYPES.items() if name.endswith(suffix))
        headers = {"cache-control": f"private, max-age={_ONE_YEAR}, immutable"}
        return Response(data, media_type=kind, headers=headers)

    def part(self, template: str, of: object, values: Callable[[], Mapping[str, object]]) -> Markup:
        """A part of a page that shows `of`, with `values`; it is made once, until it is asked for of something else."""
        kept = self._parts.get(template)
        if kept is None or kept[0] is not of:
            kept = of, Markup(self._templates.get_template(template).render(values()))  # noqa: S704 - was escaped there
            self._parts[template] = kept
        return kept[1]

    def first(self, tasks: frozenset[Task]) -> str:
        """Where somebody with these tasks begins."""
        return next(path for task, _, path, _ in NAVIGATION if task in tasks)

    def page(self, template: str, session: Session | None = None, *, status: int = 200, **values: object) -> Response:
        """A whole page; the notice of the last act is shown once, on the first page after it."""
        notice = ""
        if session is not None:
            notice, session.notice = session.notice, ""
        tasks = session.tasks if session else frozenset()
        nav = tuple(entry[1:] for entry in NAVIGATION if entry[0] in tasks)
        given: Mapping[str, object] = {
            "token": session.csrf if session else "",
            "notice": notice,
            "signed_in": bool(tasks),
            "person": session.member.name if session and session.member else "",
            "nav": nav,
            "home": nav[0][1] if nav else "/who",
            "may": frozenset(task.name for task in tasks),
            **values,
        }
        return HTMLResponse(self._templates.get_template(template).render(given), status)


def see_other(path: str) -> RedirectResponse:
    """Where the browser goes after an act, so that reloading does not repeat it; always a path of ours."""
    return RedirectResponse(path, 303)


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 photo`, `2 photos`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _day(value: dt.date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else ""


def _moment(value: dt.datetime | None) -> str:
    if value is None:
        return ""
    aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return f"{aware.astimezone():%d/%m/%Y %H:%M}"
