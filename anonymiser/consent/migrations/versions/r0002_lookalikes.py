"""Somebody may say that two people who look alike are not to be taken for one another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the answer; every pair on record so far was declared to be alike."""
    op.add_column("lookalike", sa.Column("alike", sa.Boolean(), nullable=False, server_default=sa.true()))
