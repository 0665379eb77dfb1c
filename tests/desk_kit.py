"""A desk on a workspace of a test, and a browser's requests to it without a browser."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from anonymiser.desk.serve import Desk, _quiet
from anonymiser.school import Stop, WorkerFactory

FORM = "application/x-www-form-urlencoded"
RAW = "application/octet-stream"
MEGABYTE = 1_000_000
Body = bytes | Mapping[str, object] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class DeskClient:
    """Does what a browser does, header by header; every one of them can be left out or forged."""

    desk: Desk
    root: Path
    cookie: str = ""
    token: str = ""
    stop: Stop = field(default_factory=Stop)

    @property
    def host(self) -> str:
        return self.desk.host

    @property
    def port(self) -> int:
        return int(self.host.partition(":")[2])

    def honest(self, method: str = "GET") -> dict[str, str]:
        """The headers of the desk's own page."""
        headers = {"host": self.host, "sec-fetch-site": "same-origin", "sec-fetch-dest": "document"}
        if self.cookie:
            headers["cookie"] = self.cookie
        if method in {"POST", "PUT"}:
            headers["origin"] = f"http://{self.host}"
            headers["content-type"] = RAW if method == "PUT" else FORM
            headers["x-desk-token"] = self.token
        return headers

    def send(
        self,
        method: str,
        path: str,
        body: Body = b"",
        **changed: str | None,
    ) -> Answer:
        """One request; `changed` replaces headers (`_` for `-`), None leaves one out."""
        headers = self.honest(method)
        for key, value in changed.items():
            name = key.replace("_", "-")
            headers.pop(name, None)
            if value is not None:
                headers[name] = value
        data = body if isinstance(body, bytes) else urlencode(body, doseq=True).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if method in {"POST", "PUT"}:
                connection.putheader("content-length", str(len(data)))
            connection.endheaders(data if method in {"POST", "PUT"} else None)
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, path: str, **changed: str | None) -> Answer:
        return self.send("GET", path, **changed)

    def post(self, path: str, body: Body = b"", **changed: str | None) -> Answer:
        return self.send("POST", path, body, **changed)

    def sign_in(self) -> None:
        """Exchange a secret for a cookie, and learn the token of the pages."""
        self._exchange()
        self.read_token("/")

    def enter(self) -> None:
        """The same where there is a staff list: nobody has said who sits there yet."""
        self._exchange()
        self.read_token("/who")

    def _exchange(self) -> None:
        secret = self.desk.sessions.new_secret()
        answer = self.post("/sign-in", {"secret": secret}, cookie=None, x_desk_token=None)
        assert answer.status == 204, answer.text
        self.cookie = answer.headers["set-cookie"].partition(";")[0]

    def sit_down(self, name: str, password: str) -> Answer:
        """Say who sits before the browser, whose session must have a token; take over the new cookie and token."""
        answer = self.post("/who", {"name": name, "password": password})
        if answer.status == 303:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
            self.read_token(answer.headers["location"])
        return answer

    def read_token(self, path: str) -> None:
        """Learn the token of the pages."""
        found = re.search(r'data-token="([^"]+)"', self.get(path).text)
        assert found
        self.token = found[1]

    def wait_for_run(self, seconds: float = 60) -> None:
        """Until nothing is processed in the background."""
        until = time.monotonic() + seconds
        while self.desk.runner.progress.running:
            assert time.monotonic() < until
            time.sleep(0.05)


@contextmanager
def running_desk(
    root: Path, workers: WorkerFactory | None, *, largest: int = MEGABYTE, idle_seconds: float = 600
) -> Iterator[DeskClient]:
    """A desk in a thread of its own."""
    with _quiet():
        desk = Desk(root, root / "data", workers, largest)
        client = DeskClient(desk, root)
        thread = threading.Thread(target=desk.serve, args=(client.stop, idle_seconds))
        thread.start()
        try:
            yield client
        finally:
            client.stop.requests += 1
            thread.join(20)
            assert not thread.is_alive()
            desk.close()
