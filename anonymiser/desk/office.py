"""What every page of one desk shares, and the application behind the guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from anonymiser.desk.calibrator import Calibrator
from anonymiser.desk.door import Door
from anonymiser.desk.pages import Pages
from anonymiser.desk.routes import Asked, Call, InLoop, Refused, Visit
from anonymiser.desk.runner import Runner
from anonymiser.desk.session import Sessions
from anonymiser.desk.thread import SchoolThread
from anonymiser.errors import (
    AnonymiserError,
    ChangedSince,
    ImportRefused,
    PhotoBusy,
    SafetyRefusal,
    UsageError,
    WorkspaceBusy,
)


@dataclass(frozen=True)
class Office:
    """The desk behind its pages."""

    thread: SchoolThread
    pages: Pages
    sessions: Sessions
    runner: Runner
    calibrator: Calibrator
    door: Door
    by: str
    """Whose account runs the desk: it stands in the ledger beside every verdict if there is no staff list."""
    close: Callable[[], None]
    """Ends the desk once the answer has been sent."""


class Dispatcher:
    """The ASGI application that answers what the guard has let through."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; no exception leaves here, because its text may hold a name."""
        asked: Asked = scope["desk"]
        handler = asked.route.handler
        try:
            if isinstance(handler, InLoop):
                response = await handler.answer(Visit(self._office, asked, Request(scope, receive)))
            else:
                response = await self._office.thread.ask(lambda school: handler(Call(school, self._office, asked)))
        except Refused:
            raise
        except AnonymiserError as error:
            response = self._trouble(asked, error, scope)
        except Exception as error:  # noqa: BLE001 - named by kind and place only
            response = self._trouble(asked, _defect(error), scope, 500)
        await response(scope, receive, send)

    def _trouble(self, asked: Asked, error: AnonymiserError, scope: Scope, status: int = 0) -> Response:
        status = status or _status(error)
        if _wants_json(scope):
            return JSONResponse({"message": error.message, "remedy": error.remedy}, status)
        return self._office.pages.page(
            "trouble.html", asked.session, status=status, message=error.message, remedy=error.remedy
        )


def _wants_json(scope: Scope) -> bool:
    return any(name == b"accept" and value == b"application/json" for name, value in scope["headers"])


def _status(error: AnonymiserError) -> int:
    match error:
        case ChangedSince() | WorkspaceBusy() | PhotoBusy() | SafetyRefusal():
            return 409
        case UsageError() | ImportRefused():
            return 422
    return 503


def _defect(error: Exception) -> AnonymiserError:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
    return AnonymiserError(
        f"a defect in anonymiser: {type(error).__name__} at {where}",
        remedy="Please report this line. What was finished before it stays.",
    )
