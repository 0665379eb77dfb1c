"""The door: a browser comes with a secret from the program's own file and leaves with a cookie. Also static files."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from anonymiser.desk.routes import Visit


async def page(visit: Visit) -> Response:
    """A page whose script posts the secret of its address; it holds no data."""
    return visit.office.pages.page("sign-in.html")


async def enter(visit: Visit) -> Response:
    """Exchange the secret for a cookie; where to go next is not the address's business."""
    office = visit.office
    was_live = office.sessions.secret_is_live
    token = office.sessions.sign_in(visit.asked.form.get("secret"))
    if token is None:
        if was_live:  # else anybody could fill the record
            office.thread.tell(lambda school: school.audit.sign_in_refused())
        return PlainTextResponse("This link was used, or is too old.\n", 403)
    office.thread.tell(lambda school: school.audit.signed_in(office.by))
    response = Response(status_code=204)
    give_cookie(response, token, visit.request.url.port)
    return response


def give_cookie(response: Response, token: str, port: int | None) -> None:
    """Let the browser keep the token until it closes; scripts cannot read it, and no other site makes it sent."""
    response.set_cookie(f"desk_{port}", token, path="/", httponly=True, samesite="strict")


async def alive(visit: Visit) -> Response:
    """That the desk runs, for a page that would otherwise not notice its end."""
    del visit
    return Response(status_code=204)


async def static(visit: Visit) -> Response:
    """A style sheet or script."""
    pages, parts = visit.office.pages, visit.asked.parts
    found = pages.static(parts["name"]) if parts["key"] == pages.version else None
    return found or PlainTextResponse("there is nothing here\n", 404)
