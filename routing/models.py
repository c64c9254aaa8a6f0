"""Tables of the routing room: the journal, the policies and who a subject is."""

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from people.models import NAMES


class Base(DeclarativeBase):
    """The room's own tables; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)


LONGEST_OPERATION: Final = 200
LONGEST_CALL_ID: Final = 64
"""In characters; SQLite takes longer ones, Postgres refuses them."""


class EntryRow(Base):
    """One entry of the journal. Rows are only ever added; an operation has one row however often it is sent."""

    __tablename__ = "routing_journal"

    operation: Mapped[str] = mapped_column(String(LONGEST_OPERATION), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`charge`, `lease`, `decision`, `outcome` or `event`."""
    at_ms: Mapped[int] = mapped_column(BigInteger)
    call_id: Mapped[str] = mapped_column(String(LONGEST_CALL_ID))
    subject: Mapped[str] = mapped_column(String(40), default="")
    tier: Mapped[str] = mapped_column(String(16), default="")
    microdollars: Mapped[int] = mapped_column(BigInteger, default=0)
    blind: Mapped[bool] = mapped_column(Boolean, default=False)
    """Spent while Redis was away."""
    user_day: Mapped[str] = mapped_column(String(80), default="")
    user_month: Mapped[str] = mapped_column(String(80), default="")
    global_day: Mapped[str] = mapped_column(String(80), default="")
    """Names of the scopes, as in Redis; the call's own is `call:` and the call id."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        Index("ix_routing_journal_call_id", "call_id"),
        Index("ix_routing_journal_subject", "subject"),
        Index("ix_routing_journal_user_day", "user_day"),
        Index("ix_routing_journal_user_month", "user_month"),
        Index("ix_routing_journal_global_day", "global_day"),
        Index("ix_routing_journal_at_ms", "at_ms"),
    )


class SubjectRow(Base):
    """Who a subject of the journal is. Erasing a person deletes this row, and the journal names nobody any more."""

    __tablename__ = "routing_subjects"

    user_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), unique=True)


class ErasedRow(Base):
    """Somebody who was erased within a day, as SHA-256 of their id: no subject is made for them any more."""

    __tablename__ = "routing_erased"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)


class PolicyRow(Base):
    """One version of the policy. The newest is in force; the others are its history."""

    __tablename__ = "routing_policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(64))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500), default="")
