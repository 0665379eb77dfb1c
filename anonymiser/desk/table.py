"""Every address of the desk."""

from __future__ import annotations

from anonymiser.desk import choose, drop, health, imports, people, photo, review, sign_in, today, who
from anonymiser.desk.routes import Access, InLoop, Route, Table
from anonymiser.values.roles import Task

TABLE = Table(
    (
        Route("GET", "/sign-in", InLoop(sign_in.page), None, Access.SIGN_IN),
        Route("POST", "/sign-in", InLoop(sign_in.enter), None, Access.SIGN_IN),
        Route("GET", "/static/{key}/{name}", InLoop(sign_in.static), None, Access.STATIC),
        Route("GET", "/who", InLoop(who.page), Task.DESK),
        Route("POST", "/who", InLoop(who.enter), Task.DESK),
        Route("POST", "/who/leave", InLoop(who.leave), Task.DESK),
        Route("GET", "/", today.today, Task.START),
        Route("GET", "/progress", today.progress, Task.START, quiet=True),
        Route("POST", "/process", today.process, Task.DROP),
        Route("POST", "/close", today.close, Task.DESK),
        Route("GET", "/drop", drop.event, Task.DROP),
        Route("POST", "/drop", drop.choose, Task.DROP),
        Route("GET", "/drop/{number}", drop.photos, Task.DROP),
        Route("PUT", "/drop/{number}", InLoop(drop.receive), Task.DROP),
        Route("GET", "/review", review.events, Task.REVIEW),
        Route("GET", "/review/{key}", review.start, Task.REVIEW),
        Route("GET", "/decided/{key}", review.decided, Task.REVIEW),
        Route("GET", "/choose/{key}", choose.choose, Task.REVIEW),
        Route("GET", "/photo/{item}", photo.page, Task.REVIEW),
        Route("GET", "/photo/{item}/published/{sha}", photo.published, Task.REVIEW),
        Route("GET", "/photo/{item}/before", photo.before, Task.REVIEW),
        Route("GET", "/photo/{item}/small", photo.small, Task.REVIEW),
        Route("GET", "/photo/{item}/people", photo.people, Task.REVIEW),
        Route("POST", "/photo/{item}/rule", photo.rule, Task.REVIEW),
        Route("POST", "/photo/{item}/approve", review.approve, Task.REVIEW),
        Route("POST", "/photo/{item}/reject", review.reject, Task.REVIEW),
        Route("GET", "/photo/{item}/refer", review.ask_refer, Task.REVIEW),
        Route("POST", "/photo/{item}/refer", review.refer, Task.REVIEW),
        Route("POST", "/photo/{item}/undo", review.undo, Task.REVIEW),
        Route("POST", "/photo/{item}/reopen", review.reopen, Task.REVIEW),
        Route("GET", "/health", health.health, Task.HEALTH),
        Route("POST", "/health", health.check, Task.HEALTH),
        Route("GET", "/import", imports.file, Task.CONSENTS),
        Route("PUT", "/import", InLoop(imports.receive), Task.CONSENTS),
        Route("POST", "/import/again", imports.again, Task.CONSENTS),
        Route("GET", "/import/columns", imports.columns, Task.CONSENTS),
        Route("POST", "/import/columns", imports.say_columns, Task.CONSENTS),
        Route("GET", "/import/answers", imports.answers, Task.CONSENTS),
        Route("POST", "/import/answers", imports.say_answers, Task.CONSENTS),
        Route("GET", "/import/look", imports.look, Task.CONSENTS),
        Route("POST", "/import/look", imports.look, Task.CONSENTS),
        Route("POST", "/import/record", imports.record, Task.CONSENTS),
        Route("GET", "/import/done", imports.done, Task.CONSENTS),
        Route("GET", "/people", people.people, Task.CONSENTS),
        Route("GET", "/people/{person}", people.person, Task.CONSENTS),
        Route("GET", "/people/{person}/worksheet.csv", people.worksheet, Task.CONSENTS),
        Route("POST", "/people/{person}/grant", people.grant, Task.CONSENTS),
        Route("POST", "/people/{person}/withdraw", people.withdraw, Task.CONSENTS),
        Route("POST", "/people/{person}/hold", people.hold, Task.CONSENTS),
        Route("POST", "/people/{person}/lift", people.lift, Task.CONSENTS),
        Route("POST", "/people/{person}/take-back", people.take_back, Task.CONSENTS),
        Route("POST", "/people/{person}/place", people.place, Task.CONSENTS),
    )
)
"""Nothing is served that does not stand here. There is no address for what was put out of sight."""
