"""Which recipe a calibration belongs to, and for how many people; no recipe needs the mean of the school's faces."""

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
    op.add_column("calibration", sa.Column("most", sa.Integer(), nullable=False, server_default="10"))
    op.drop_column("calibration", "sealed_mean")
    op.drop_column("calibration", "wrapped_key")
