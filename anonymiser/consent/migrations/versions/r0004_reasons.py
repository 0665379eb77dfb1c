"""Why an answer is a refusal: stable names in the place of sentences, so that rewording them changes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SENTENCES = {
    "the family said no": "said-no",
    "no answer on record": "blank",
    "an answer that nobody has explained to the program": "unlisted",
    "the answers on record disagree": "conflict",
    "a date that cannot be read for sure": "date",
    "it is not certain whose answer it is": "ambiguous",
    "no longer in the school's list": "vanished",
    "the row does not fit the headings of the list": "misfit",
    "the answer is struck out": "struck",
    "a comment in the list has to be read first": "remark",
    "the answer stands in a merged cell": "merged",
    "the name in the list has a sign that no name has": "name",
    "its dates leave no day": "no-day",
}


def upgrade() -> None:
    """Rename them; a sentence that is none of these stays, and is refused when it is read."""
    consent = sa.table("consent", sa.column("why_refused", sa.String))
    for sentence, name in _SENTENCES.items():
        op.execute(consent.update().where(consent.c.why_refused == sentence).values(why_refused=name))
