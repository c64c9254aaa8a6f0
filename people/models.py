"""Tables of the people room."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The room's own tables; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC whatever zone came in; a naive time is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read it back as an aware UTC time."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class UserRow(Base):
    """One person."""

    __tablename__ = "people_users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    plan: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    time_zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant())


class SessionRow(Base):
    """A signed-in browser. Only a hash of its id is kept, so a read of the table signs nobody in."""

    __tablename__ = "people_sessions"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant(), index=True)
    family_hash: Mapped[str] = mapped_column(String(64), index=True, server_default="")
    """The same for all that took each other's place since a sign-in; empty for those from before it was kept."""
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant())
    """When it was last given a successor, which may never have arrived; null for the newest of its family."""


class ConsentRow(Base):
    """Whether a person lets us keep a transcript of what is said through one door. No row: they were never asked."""

    __tablename__ = "people_consents"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    given: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant())


class TranscriptRow(Base):
    """One thing that was said in a call."""

    __tablename__ = "people_transcripts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
    speaker: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text())


class PhoneRow(Base):
    """A person's phone number. `verified_at` is null until the number has shown that it is theirs."""

    __tablename__ = "people_phones"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), index=True)
    """E.164, with the plus. Whoever claims a number first keeps nobody from it: it counts once it is verified."""
    added_at: Mapped[datetime] = mapped_column(Instant())
    verified_at: Mapped[datetime | None] = mapped_column(Instant())
    attested: Mapped[bool] = mapped_column(default=False)
    """The carrier vouched for the number in the call that linked it: whoever forges numbers cannot have done that."""


class PinRow(Base):
    """What a person proves on a telephone that they are themselves with: digits, hashed like a password."""

    __tablename__ = "people_pins"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(String(255))
    set_at: Mapped[datetime] = mapped_column(Instant())


class PinTryRow(Base):
    """How many PINs in a row were wrong for a person, from one number, with its carrier's word for it or without."""

    __tablename__ = "people_pin_tries"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    attested: Mapped[bool] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column()
    judging: Mapped[int] = mapped_column()
    """So many of them are not judged yet, and may be right."""
    free_at: Mapped[datetime] = mapped_column(Instant())
    """No PIN is judged before it."""


class PhoneCodeRow(Base):
    """A code that a signed-in person may key in a call, once. Only a keyed hash of it is kept."""

    __tablename__ = "people_phone_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    code_tag: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant())


class ReminderConsentRow(Base):
    """Whether a person wants to be called about tasks, since when, and how they said so. No row: they never did."""

    __tablename__ = "people_reminder_consents"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    given: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant())
    how: Mapped[str] = mapped_column(String(16))


class ReminderCallRow(Base):
    """A call about one task at one moment: who is to make it, and what became of it."""

    __tablename__ = "people_reminder_calls"

    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), primary_key=True)
    task_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    """`waiting`, `claimed`, `dialled` or `over`."""
    outcome: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column()
    """How often somebody's telephone may have rung."""
    next_at: Mapped[datetime] = mapped_column(Instant(), index=True)
    """Waiting: not before it. Claimed: another may claim it after."""
    claimed_by: Mapped[str] = mapped_column(String(40))


class ReminderDialRow(Base):
    """One time that a telephone was made to ring: what caps count."""

    __tablename__ = "people_reminder_dials"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Instant(), index=True)


class DoNotCallRow(Base):
    """A number whose holder wants no calls, whoever links it. It outlives accounts; only a keyed hash is kept."""

    __tablename__ = "people_do_not_call"

    number_tag: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant())


class IdentityRow(Base):
    """Who a person is at an OpenID Connect provider: its `iss` and `sub`, which never change (Core, section 5.7)."""

    __tablename__ = "people_identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("people_users.id", ondelete="CASCADE"), index=True)


class AuditRow(Base):
    """Something that was done to an account. It outlives the account, which it then names no more."""

    __tablename__ = "people_audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("people_users.id", ondelete="SET NULL"), index=True
    )
    actor: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(40))
    details: Mapped[str] = mapped_column(String(200))


class ErasureRow(Base):
    """An erasure that was asked for and is not yet complete everywhere. The person's own row is gone already."""

    __tablename__ = "people_erasures"

    user_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(Instant())
