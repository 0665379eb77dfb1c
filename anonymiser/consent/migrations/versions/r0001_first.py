"""The first register: people, consents, withdrawals, holds, biometric records, templates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "change",
        sa.Column("version", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_change"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "vault",
        sa.Column("name", sa.String(length=36), nullable=False),
        sa.Column("key_check", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_vault"),
    )
    op.create_table(
        "calibration",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("could_be", sa.Float(), nullable=False),
        sa.Column("sure", sa.Float(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_mean", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_calibration_version"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration"),
    )
    op.create_index("ix_calibration_version", "calibration", ["version"], unique=False)
    op.create_table(
        "forgotten",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holds", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_forgotten_version"),
        sa.PrimaryKeyConstraint("token", name="pk_forgotten"),
    )
    op.create_index("ix_forgotten_version", "forgotten", ["version"], unique=False)
    op.create_table(
        "gate",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("dpia", sa.String(length=256), nullable=False),
        sa.Column("approved_by", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_gate_version"),
        sa.PrimaryKeyConstraint("id", name="pk_gate"),
    )
    op.create_index("ix_gate_version", "gate", ["version"], unique=False)
    op.create_table(
        "import_file",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mapping_sha256", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_import_file_version"),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_import_file"),
    )
    op.create_index("ix_import_file_version", "import_file", ["version"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_person_version"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_version", "person", ["version"], unique=False)
    op.create_table(
        "biometric",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.String(length=16), nullable=False),
        sa.Column("parents_notified", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("lifts_refusal", sa.Boolean(), nullable=False),
        sa.Column("sealed_evidence", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_biometric_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_biometric_version"),
        sa.PrimaryKeyConstraint("id", name="pk_biometric"),
    )
    op.create_index("ix_biometric_person", "biometric", ["person"], unique=False)
    op.create_index("ix_biometric_version", "biometric", ["version"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("why_refused", sa.String(length=128), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source_row", sa.Integer(), nullable=True),
        sa.Column("sealed_evidence", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_consent_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_consent_version"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_person", "consent", ["person"], unique=False)
    op.create_index("ix_consent_purpose_medium", "consent", ["purpose", "medium"], unique=False)
    op.create_index("ix_consent_version", "consent", ["version"], unique=False)
    op.create_table(
        "detail",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("sealed_names", sa.LargeBinary(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_detail_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_detail_version"),
        sa.PrimaryKeyConstraint("id", name="pk_detail"),
    )
    op.create_index("ix_detail_person", "detail", ["person"], unique=False)
    op.create_index("ix_detail_version", "detail", ["version"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("is_set", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_hold_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_hold_version"),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_person", "hold", ["person"], unique=False)
    op.create_index("ix_hold_version", "hold", ["version"], unique=False)
    op.create_table(
        "lookalike",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(length=64), nullable=False),
        sa.Column("second", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["first"], ["person.id"], name="fk_lookalike_first", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["second"], ["person.id"], name="fk_lookalike_second", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_lookalike_version"),
        sa.PrimaryKeyConstraint("id", name="pk_lookalike"),
    )
    op.create_index("ix_lookalike_version", "lookalike", ["version"], unique=False)
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_embeddings", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_template_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_template_version"),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
    )
    op.create_index("ix_template_person", "template", ["person"], unique=False)
    op.create_index("ix_template_version", "template", ["version"], unique=False)
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=True),
        sa.Column("sealed_evidence", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_withdrawal_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["change.version"], name="fk_withdrawal_version"),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
    )
    op.create_index("ix_withdrawal_person", "withdrawal", ["person"], unique=False)
    op.create_index("ix_withdrawal_version", "withdrawal", ["version"], unique=False)
