"""The register's tables. Rows are added and never changed; only forgetting and expiry delete.

Every write is one transaction that adds one row to `change`; its `version` dates all rows written with it.
To know what was known on 3 May, read every table up to the last version before that moment. Sealed columns can only be
opened with the person's data key (see vault.py).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

REVISION = "0005"
"""The newest migration; a register at this revision is opened without loading Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: aware in Python, UTC without a zone in every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """To UTC, without its zone."""
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Aware again."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


def _version() -> Column[int]:
    return Column("version", Integer, ForeignKey("change.version"), nullable=False, index=True)


def _person() -> Column[str]:
    return Column("person", String(64), ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True)


def _row() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


change = Table(
    "change",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    sqlite_autoincrement=True,
)

vault = Table(
    "vault",
    metadata,
    Column("name", String(36), primary_key=True),
    Column("key_check", LargeBinary, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", String(64), primary_key=True),
    _version(),
    Column("wrapped_key", LargeBinary, nullable=False),
)

detail = Table(
    "detail",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("sealed_names", LargeBinary, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("role", String(16), nullable=False),
    Column("present", Boolean, nullable=False),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    _version(),
    Column("holds", JSON, nullable=False),
)

import_file = Table(
    "import_file",
    metadata,
    _version(),
    Column("fingerprint", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("mapping_sha256", String(64), nullable=False),
    Column("people", Integer, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("covers", JSON, nullable=False),
    Column("content_sha256", String(64)),
)

listed = Table(
    "listed",
    metadata,
    _row(),
    _version(),
    _person(),
)

consent = Table(
    "consent",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("purpose", String(64), nullable=False),
    Column("medium", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("why_refused", String(128)),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("answered_on", Date),
    Column("source_row", Integer),
    Column("sealed_evidence", LargeBinary),
    Index(None, "purpose", "medium"),
)

withdrawal = Table(
    "withdrawal",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("purpose", String(64)),
    Column("sealed_evidence", LargeBinary, nullable=False),
)

hold = Table(
    "hold",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("kind", String(32), nullable=False),
    Column("is_set", Boolean, nullable=False),
)

biometric = Table(
    "biometric",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("fact", String(16), nullable=False),
    Column("parents_notified", Date),
    Column("valid_to", Date),
    Column("lifts_refusal", Boolean, nullable=False),
    Column("sealed_evidence", LargeBinary, nullable=False),
)

template = Table(
    "template",
    metadata,
    _row(),
    _version(),
    _person(),
    Column("model_sha256", String(64), nullable=False),
    Column("expires", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("sealed_embeddings", LargeBinary, nullable=False),
)

lookalike = Table(
    "lookalike",
    metadata,
    _row(),
    _version(),
    Column("first", String(64), ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("second", String(64), ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("alike", Boolean, nullable=False, server_default=true()),
)

gate = Table(
    "gate",
    metadata,
    _row(),
    _version(),
    Column("open", Boolean, nullable=False),
    Column("dpia", String(256), nullable=False),
    Column("approved_by", String(256), nullable=False),
)

calibration = Table(
    "calibration",
    metadata,
    _row(),
    _version(),
    Column("model_sha256", String(64), nullable=False),
    Column("could_be", Float, nullable=False),
    Column("sure", Float, nullable=False),
    Column("margin", Float, nullable=False),
    Column("recipe", Integer, nullable=False, server_default="1"),
    Column("most", Integer, nullable=False, server_default="10"),
)
