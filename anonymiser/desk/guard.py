"""Decides about every request before anything else sees it: outermost, and closed unless everything is right.

Other pages in the same browser, other programs and other users of the same computer can all reach a port of 127.0.0.1.
So being local is no proof: the guard asks for the right host, for what the browser itself says about where a request
comes from, for a session, and for the session's token if something is to be changed. It looks at the very path by which
requests are dispatched, and it answers with the same headers whatever the answer is.
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonymiser.desk import forms
from anonymiser.desk.door import Door
from anonymiser.desk.forms import Form
from anonymiser.desk.routes import SAFE_PATH, Access, Asked, Refused, Route, Table
from anonymiser.desk.session import Session, Sessions

TOKEN_FIELD, TOKEN_HEADER = "token", "x-desk-token"

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
_ALL_OFF = (
    "accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi",
    "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
HEADERS: Final = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    # Not no-referrer: with it, browsers send "Origin: null" with a form, and the guard could not tell whose form it is.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _ALL_OFF),
    "x-robots-tag": "noindex, nofollow",
}
"""On every answer, also on refusals and style sheets."""
_FROM_A_FILE = {"cross-site", "none", "same-origin", "same-site"}


class Guard:
    """The ASGI application that the server runs; `app` gets only what may pass, with an `Asked` in its scope."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        table: Table,
        sessions: Sessions,
        host: str,
        largest_file: int,
        door: Door,
    ) -> None:
        """`host` is `127.0.0.1:PORT`; `largest_file` caps raw bodies; `door` knows whose work a route is."""
        self._app = app
        self._table = table
        self._sessions = sessions
        self._host = host
        self._largest_file = largest_file
        self._door = door
        self.cookie = f"desk_{host.rpartition(':')[2]}"
        """Cookies are not kept apart by port, so the port is part of the name."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = {name.decode("latin-1") for name, _ in message["headers"]}
                extra = HEADERS if "cache-control" in own else {**HEADERS, "cache-control": "no-store"}
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in extra.items()),
                ]
            await send(message)

        try:
            receive = await self._admit(scope, receive)
            await self._app(scope, receive, answer)
        except Refused as refusal:
            if started:
                raise
            response = refusal.page if refusal.page is not None and _is_for_a_window(scope) else None
            response = response or PlainTextResponse(refusal.text + "\n", refusal.status)
            response.headers["connection"] = "close"  # a body that nobody reads may still be on its way
            await response(scope, receive, answer)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """Put an `Asked` into the scope, or raise Refused."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        method, path = scope["method"], scope["path"]
        if headers.get("host") != [self._host]:
            raise Refused(400, "wrong host")
        if not SAFE_PATH.fullmatch(path) or scope.get("root_path"):
            raise Refused(400, "wrong address")
        if method not in {"GET", "HEAD", "POST", "PUT"}:
            raise Refused(405, "wrong method")
        found = self._table.find(method, path)
        self._check_site(method, headers, found[0] if found else None)
        session = None
        if found is None or found[0].access is Access.SESSION:
            session = self._session(headers, quiet=found is not None and found[0].quiet)
        if found is None:
            self._let_through(session, None)
            raise Refused(405, "wrong method") if self._table.knows(path) else Refused(404, "there is nothing here")
        route, parts = found
        query = _parsed(scope["query_string"], 400)
        form, receive = await self._body(scope, receive, headers, route, session)
        self._let_through(session, route)
        scope["desk"] = Asked(route, parts, form, query, session)
        return receive

    def _let_through(self, session: Session | None, route: Route | None) -> None:
        if session is not None:
            self._door.check(session, route)

    def _check_site(self, method: str, headers: dict[str, list[str]], route: Route | None) -> None:
        """Where does the browser itself say that the request comes from? Silence is a no."""
        site = headers.get("sec-fetch-site", [])
        changes = method in {"POST", "PUT"}
        allowed = {"same-origin"}
        if not changes:
            if headers.get("sec-fetch-dest") == ["document"]:
                allowed = {"same-origin", "none"}
            if route is not None and route.access is Access.SIGN_IN:
                allowed = _FROM_A_FILE
        if len(site) != 1 or site[0] not in allowed:
            raise Refused(403, "this does not come from the desk's own page")
        if changes and headers.get("origin") != [f"http://{self._host}"]:
            raise Refused(403, "this does not come from the desk's own page")

    def _session(self, headers: dict[str, list[str]], *, quiet: bool) -> Session:
        for line in headers.get("cookie", []):
            for part in line.split(";"):
                name, _, value = part.strip().partition("=")
                if name == self.cookie and (session := self._sessions.get(value, quiet=quiet)):
                    return session
        raise self._door.signed_out()

    async def _body(
        self, scope: Scope, receive: Receive, headers: dict[str, list[str]], route: Route, session: Session | None
    ) -> tuple[Form, Receive]:
        if not route.changes:
            return Form(), receive
        raw = route.method == "PUT"
        kind = [value.partition(";")[0].strip().lower() for value in headers.get("content-type", [])]
        if kind != [forms.RAW_TYPE if raw else forms.FORM_TYPE]:
            raise Refused(415, "wrong kind of content")
        cap = self._largest_file if raw else forms.LARGEST_FORM
        length = headers.get("content-length", ["0"])
        if len(length) != 1 or not length[0].isdecimal() or int(length[0]) > cap:
            raise Refused(413, "too large")
        given = headers.get(TOKEN_HEADER, [""])[0]
        form = Form()
        receive = _capped(receive, cap)
        if not raw:
            form = _parsed(await Request(scope, receive).body(), 400)
            given = given or form.get(TOKEN_FIELD)
        if session is not None and not secrets.compare_digest(given.encode(), session.csrf.encode()):
            raise Refused(403, "this page is out of date: reload it and try again")
        return form, receive


def _is_for_a_window(scope: Scope) -> bool:
    return (b"accept", b"application/json") not in scope["headers"]


def _parsed(data: bytes, status: int) -> Form:
    try:
        return forms.parse(data)
    except forms.BadForm as error:
        raise Refused(status, "the form cannot be read") from error


def _capped(receive: Receive, cap: int) -> Receive:
    """Count what comes, whatever was announced."""
    left = cap

    async def receive_counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(413, "too large")
        return message

    return receive_counted
