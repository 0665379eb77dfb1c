"""When families answered, who stood in which import, and what an import said whatever its bytes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; imports on record so far listed those of whom they are known to have said something."""
    op.add_column("consent", sa.Column("answered_on", sa.Date(), nullable=True))
    op.add_column("import_file", sa.Column("content_sha256", sa.String(length=64), nullable=True))
    op.create_table(
        "listed",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_listed_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_listed_version"),
        sa.PrimaryKeyConstraint("id", name="pk_listed"),
    )
    op.create_index("ix_listed_person", "listed", ["person"], unique=False)
    op.create_index("ix_listed_version", "listed", ["version"], unique=False)
    # A list of the whole school confirmed everybody who was there; a part of it, those whose answers it changed.
    op.execute(
        "INSERT INTO listed (version, person) SELECT f.version, p.id FROM import_file f "
        "JOIN person p ON p.version <= f.version WHERE NOT f.partial"
    )
    op.execute(
        "INSERT INTO listed (version, person) SELECT DISTINCT f.version, c.person FROM import_file f "
        "JOIN consent c ON c.version = f.version WHERE f.partial AND c.source = 'import'"
    )
