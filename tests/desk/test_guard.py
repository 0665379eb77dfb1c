"""Nobody but the desk's own page gets an answer that holds anything."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from pathlib import Path

import pytest
from desk_kit import DeskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.desk.forms import LARGEST_FORM, BadForm, parse
from anonymiser.desk.guard import HEADERS
from anonymiser.desk.routes import SAFE_PATH, Access, Route
from anonymiser.desk.table import TABLE

ROUTES = list(TABLE)
SAMPLES = {
    "item": "20260619-000001", "person": "P1", "key": "0123456789abcdef", "number": "1", "name": "desk.css",
    "sha": "0" * 64,
}  # fmt: skip
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


@pytest.fixture
def desk(untouched: DeskClient) -> DeskClient:
    """One for all tests here: none of them may get through."""
    return untouched


def address(route: Route) -> str:
    return route.path.format(**SAMPLES)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of the workspace but the desk's own, and the database's journals."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not re.search(r"desk-|\.lock$|-wal$|-shm$", path.name)
    }


def refused(desk: DeskClient, route: Route, **changed: str | None) -> int:
    """The status of a forged request, which must have changed and told nothing."""
    before = snapshot(desk.root)
    answer = desk.send(route.method, address(route), b"", **changed)
    assert snapshot(desk.root) == before
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.status in {200, 404, 422} or b"<form" not in answer.body
    return answer.status


@each_route
def test_every_route_asks_for_a_session(desk: DeskClient, route: Route) -> None:
    """Without a cookie, or with a wrong one, nothing but the sign-in and static files answers."""
    for cookie in (None, f"desk_{desk.port}=wrong", "other=1; desk=2", desk.cookie.replace("=", "2=", 1)):
        status = refused(desk, route, cookie=cookie)
        if route.access is Access.SESSION:
            assert status == 401
        elif route.method == "POST":
            assert status == 403
        else:
            assert status in {200, 404}


@each_route
@pytest.mark.parametrize(
    "host",
    [
        "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "evil.example", "127.0.0.1:{port}.evil.example",
        "127.0.0.1:{port}@evil.example", "evil.example:{port}", "[::1]:{port}", "", "127.0.0.1:{port} ",
        "127.0.0.1:0{port}",
    ],
)  # fmt: skip
def test_every_route_asks_for_the_right_host(desk: DeskClient, route: Route, host: str) -> None:
    """DNS rebinding makes another site's page look local; only its Host tells."""
    forged = host.format(port=desk.port)
    if forged.strip() == desk.host:
        return  # HTTP itself drops the space
    assert refused(desk, route, host=forged) == 400


@each_route
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "same-origin, none", None])
def test_every_route_asks_where_the_request_comes_from(desk: DeskClient, route: Route, site: str | None) -> None:
    """What the browser says of another page, or does not say at all, is refused; a typed address is a read."""
    status = refused(desk, route, sec_fetch_site=site)
    if route.access is Access.SIGN_IN and route.method == "GET" and site in {"cross-site", "same-site", "none"}:
        assert status == 200
    elif site == "none" and not route.changes:
        assert status != 403
    else:
        assert status == 403


@each_route
def test_nothing_but_a_page_can_be_reached_by_a_typed_address(desk: DeskClient, route: Route) -> None:
    """A picture or a script of another page can not pass as a typed address."""
    if route.access is not Access.SIGN_IN:
        assert refused(desk, route, sec_fetch_site="none", sec_fetch_dest="image") == 403


changing = pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.changes], ids=lambda route: f"{route.method} {route.path}"
)


@changing
@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://{host}", "http://localhost:1", "", None])
def test_every_change_asks_for_the_right_origin(desk: DeskClient, route: Route, origin: str | None) -> None:
    """No other page may send a form here, and one that hides where it comes from may not either."""
    assert refused(desk, route, origin=None if origin is None else origin.format(host=desk.host)) == 403


@changing
@pytest.mark.parametrize("token", ["", "wrong", "é", None])
def test_every_change_asks_for_the_token(desk: DeskClient, route: Route, token: str | None) -> None:
    """A cookie alone changes nothing."""
    assert refused(desk, route, x_desk_token=token) == 403


@changing
def test_reading_an_address_of_a_change_changes_nothing(desk: DeskClient, route: Route) -> None:
    """GET and HEAD on it are answered by another route, or by none."""
    before = snapshot(desk.root)
    for method in ("GET", "HEAD"):
        status = desk.send(method, address(route)).status
        assert status == 405 or any(r.method == "GET" and r.path == route.path for r in ROUTES)
    assert snapshot(desk.root) == before


@each_route
@pytest.mark.parametrize("method", ["OPTIONS", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_not_answered(desk: DeskClient, route: Route, method: str) -> None:
    """No preflight is ever answered, so no other site can send what needs one."""
    answer = desk.send(method, address(route))
    assert answer.status == 405
    assert not any(name.startswith("access-control") for name in answer.headers)


@changing
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/json", "", None])
def test_other_kinds_of_content_are_refused(desk: DeskClient, route: Route, kind: str | None) -> None:
    """A multipart body would be put into the folder for temporary files."""
    assert refused(desk, route, content_type=kind) in {403, 415}


@pytest.mark.parametrize(
    "path",
    [
        "/../data/workspace.key", "/static/../../data/desk-open.html", "/%2e%2e/data", "/..%2fdata", "/static/%00",
        "/\\\\host\\share", "/%5c%5chost%5cshare", "/CON:", "/C:/Windows", "//evil.example/", "/review//", "/a%0d%0ab",
        "/static/0123456789abcdef/..%5c..%5cserve.py", "/%c3%a9", "/review/%2e", "/.", "/a/./b", "/%252e%252e/",
        "http://evil.example/", "*",
    ],
)  # fmt: skip
def test_odd_addresses_are_refused_before_anything_looks_at_them(desk: DeskClient, path: str) -> None:
    """What could be a parent, a drive, a share, a device or another host never comes near a file system."""
    assert desk.get(path).status in {400, 404}


@pytest.mark.parametrize("name", ["CON", "nul.css", "com1.js", "aux", "desk.css.bak", "desk.CSS", "routes.py"])
def test_static_files_are_looked_up_and_never_opened(desk: DeskClient, name: str) -> None:
    """Only the package's own style sheets and scripts have an address."""
    assert desk.get(f"/static/{desk.desk.pages.version}/{name}").status == 404


@given(st.text(st.characters(codec="ascii", exclude_characters=" "), max_size=40))
def test_a_safe_path_has_no_parent_and_no_drive(tail: str) -> None:
    """Whatever passes has no dots alone, no backslash, no colon, no percent sign and no empty part."""
    path = f"/{tail}"
    if SAFE_PATH.fullmatch(path) and path != "/":
        parts = path[1:].split("/")
        assert all(re.fullmatch(r"[\w.-]+", part, re.ASCII) and part.strip(".") == part for part in parts)


def raw(desk: DeskClient, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nHost: %h\r\nHost: evil.example\r\n",
        b"GET http://%h/ HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET / HTTP/1.1\r\nHost: %h/?x=\r\n",
        b"GET / HTTP/1.0\r\n",
        b"GET / HTTP/1.1\r\nHost : %h\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: %h\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nHost: %h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: %h\r\n",
    ],
)
def test_malformed_requests_get_no_page(desk: DeskClient, start: bytes) -> None:
    """Raw bytes that no browser sends end in a refusal, and the desk goes on."""
    cookie = f"Cookie: {desk.cookie}\r\nSec-Fetch-Site: none\r\nSec-Fetch-Dest: document\r\n\r\n"
    answer = raw(desk, start.replace(b"%h", desk.host.encode()) + cookie.encode())
    assert not answer.startswith(b"HTTP/1.1 200")
    assert desk.get("/").status == 200


def test_a_websocket_is_not_opened(desk: DeskClient) -> None:
    """There is none, so the request counts as what it is: a read of a page, by a page."""
    answer = desk.get(
        "/progress", upgrade="websocket", connection="Upgrade", sec_websocket_key="x", sec_websocket_version="13",
        sec_fetch_site="cross-site",
    )  # fmt: skip
    assert answer.status == 403


def test_large_forms_are_refused_whatever_they_announce(desk: DeskClient) -> None:
    """By their announced length, and while they come."""
    assert desk.post("/process", b"a=" + b"b" * LARGEST_FORM).status == 413
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", desk.port, timeout=20)) as connection:
        connection.putrequest("POST", "/process", skip_host=True, skip_accept_encoding=True)
        for name, value in {**desk.honest("POST"), "transfer-encoding": "chunked"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with contextlib.suppress(ConnectionError, http.client.RemoteDisconnected):  # it hung up first
            for _ in range(200):
                connection.send(b"1000\r\n" + b"a" * 0x1000 + b"\r\n")
            connection.send(b"0\r\n\r\n")
            with connection.getresponse() as answer:
                assert answer.status == 413
    assert desk.get("/").status == 200


def test_twenty_megabytes_leave_no_trace(desk: DeskClient, temporary_folder: Path) -> None:
    """A body that is too large is not read, not kept in memory, and never in a temporary file."""
    before = snapshot(desk.root)
    with contextlib.suppress(ConnectionError):
        assert desk.post("/process", b"x" * 20_000_000).status == 413
    assert list(temporary_folder.iterdir()) == []
    assert snapshot(desk.root) == before


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_a_form_are_a_form_or_refused(data: bytes) -> None:
    """The parser raises nothing but its own refusal."""
    try:
        form = parse(data)
    except BadForm:
        return
    assert "\0" not in "".join(key + value for key, value in form.fields)
    assert repr(form) == "Form()"
