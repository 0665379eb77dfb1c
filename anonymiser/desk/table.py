"""Every address of the desk."""

from __future__ import annotations

from anonymiser.desk import sign_in, today
from anonymiser.desk.routes import Access, InLoop, Route, Table

TABLE = Table(
    (
        Route("GET", "/sign-in", InLoop(sign_in.page), Access.SIGN_IN),
        Route("POST", "/sign-in", InLoop(sign_in.enter), Access.SIGN_IN),
        Route("GET", "/static/{key}/{name}", InLoop(sign_in.static), Access.STATIC),
        Route("GET", "/", today.today),
        Route("GET", "/progress", today.progress, quiet=True),
        Route("POST", "/process", today.process),
        Route("POST", "/close", today.close),
    )
)
"""Nothing is served that does not stand here. There is no address for what was put out of sight."""
