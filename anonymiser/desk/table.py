"""Every address of the desk."""

from __future__ import annotations

from anonymiser.desk import choose, drop, health, imports, people, photo, review, sign_in, today
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
        Route("GET", "/drop", drop.event),
        Route("POST", "/drop", drop.choose),
        Route("GET", "/drop/{number}", drop.photos),
        Route("PUT", "/drop/{number}", InLoop(drop.receive)),
        Route("GET", "/review", review.events),
        Route("GET", "/review/{key}", review.start),
        Route("GET", "/decided/{key}", review.decided),
        Route("GET", "/choose/{key}", choose.choose),
        Route("GET", "/photo/{item}", photo.page),
        Route("GET", "/photo/{item}/published/{sha}", photo.published),
        Route("GET", "/photo/{item}/before", photo.before),
        Route("GET", "/photo/{item}/small", photo.small),
        Route("GET", "/photo/{item}/people", photo.people),
        Route("GET", "/photo/{item}/who/{sha}/{number}", photo.who),
        Route("POST", "/photo/{item}/rule", photo.rule),
        Route("POST", "/photo/{item}/approve", review.approve),
        Route("POST", "/photo/{item}/reject", review.reject),
        Route("GET", "/photo/{item}/refer", review.ask_refer),
        Route("POST", "/photo/{item}/refer", review.refer),
        Route("POST", "/photo/{item}/undo", review.undo),
        Route("POST", "/photo/{item}/reopen", review.reopen),
        Route("GET", "/health", health.health),
        Route("POST", "/health", health.check),
        Route("GET", "/import", imports.file),
        Route("PUT", "/import", InLoop(imports.receive)),
        Route("POST", "/import/again", imports.again),
        Route("GET", "/import/columns", imports.columns),
        Route("POST", "/import/columns", imports.say_columns),
        Route("GET", "/import/answers", imports.answers),
        Route("POST", "/import/answers", imports.say_answers),
        Route("GET", "/import/look", imports.look),
        Route("POST", "/import/look", imports.look),
        Route("POST", "/import/record", imports.record),
        Route("GET", "/import/done", imports.done),
        Route("GET", "/people", people.people),
        Route("GET", "/people/{person}", people.person),
        Route("GET", "/people/{person}/worksheet.csv", people.worksheet),
        Route("POST", "/people/{person}/grant", people.grant),
        Route("POST", "/people/{person}/withdraw", people.withdraw),
        Route("POST", "/people/{person}/hold", people.hold),
        Route("POST", "/people/{person}/lift", people.lift),
        Route("POST", "/people/{person}/take-back", people.take_back),
        Route("POST", "/people/{person}/place", people.place),
    )
)
"""Nothing is served that does not stand here. There is no address for what was put out of sight."""
