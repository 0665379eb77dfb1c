"""Which recipe a calibration belongs to; the mean of the school's faces is part of no recipe any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every calibration so far was made with the first recipe. Their means of faces, and the keys to them, go."""
    op.add_column("calibration", sa.Column("recipe", sa.Integer(), nullable=False, server_default="1"))
    op.drop_column("calibration", "sealed_mean")
    op.drop_column("calibration", "wrapped_key")
