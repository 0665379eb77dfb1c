"""The records for the data protection officer: numbers, the audit record, and the story of a photo."""

from __future__ import annotations

import re

from starlette.responses import Response

from anonymiser.desk.forms import Wrong
from anonymiser.desk.routes import Call
from anonymiser.errors import AuditBroken, UsageError
from anonymiser.school.audit import Story, Verified

_PHOTO_ID = re.compile(r"\d{8}-\d{6,9}")


def records(call: Call) -> Response:
    """Numbers, and what can be asked."""
    return _page(call)


def verify(call: Call) -> Response:
    """Check the whole record now."""
    try:
        return _page(call, verified=call.school.audit.verify())
    except AuditBroken as broken:
        return _page(call, broken=broken)


def explain(call: Call) -> Response:
    """What happened to one photo; of people, only the command line tells."""
    item = call.form.get("item")
    if not _PHOTO_ID.fullmatch(item):
        return _page(call, problem=Wrong("item", "write the number of a photo, like 20260619-000001"))
    try:
        return _page(call, story=call.school.audit.explain(item))
    except UsageError as error:
        return _page(call, problem=Wrong("item", error.message))


def page(call: Call) -> Response:
    """The record as a page to keep; it names nobody."""
    headers = {"content-disposition": 'attachment; filename="audit.html"'}
    return Response(call.school.audit.page(), media_type="text/html", headers=headers)


def _page(
    call: Call,
    *,
    verified: Verified | None = None,
    broken: AuditBroken | None = None,
    story: Story | None = None,
    problem: Wrong | None = None,
) -> Response:
    return call.page(
        "records.html",
        status=422 if problem else 200,
        status_now=call.school.status(),
        verified=verified,
        broken=broken,
        story=story,
        problem=problem,
        item=call.form.get("item"),
    )
