"""Who a browser is: a signed cookie, held against the record that signing out removes.

The signature alone turns a forged or expired cookie away without asking the database; the record ends a session at
once. While the database is away the signature is believed until it expires, so that calls still begin.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt

from people.database import DATABASE_AWAY
from people.sessions import GRACE, SessionRecord, SessionRecords
from web.keys import Keys
from web.metrics import WebMetrics
from web.settings import WebSettings

_AUDIENCE = "voicetasks-web"
_ALGORITHM = "HS256"
PATIENCE_SECONDS: Final = 2.0
"""How long the record is waited for: a database that swallows what it is asked is away, and somebody wants to call."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrowserSession:
    """A signed-in browser."""

    session_id: str
    user_id: str
    family: str
    """The same from sign-in to sign-out, while the session's id changes: the CSRF token of an open page stays good."""
    began_at: datetime
    ends_at: datetime
    signed_in_at: datetime
    """When its family began: what a stolen cookie cannot renew."""


class BrowserSessions:
    """Begins, reads and ends sessions."""

    def __init__(
        self, settings: WebSettings, keys: Keys, records: SessionRecords, metrics: WebMetrics
    ) -> None:
        self._keys = keys
        self._records = records
        self._metrics = metrics
        self.life = timedelta(hours=settings.session_hours)
        self._rotate_after = timedelta(minutes=settings.rotate_minutes)
        # The prefix makes a browser refuse the cookie from a sub-domain or over plain http (RFC 6265bis).
        self.cookie_name = "__Host-voicetasks_session" if settings.https else "voicetasks_session"

    async def begin(self, user_id: str) -> tuple[BrowserSession, str]:
        """Give a new session and its cookie's value."""
        now = datetime.now(UTC)
        session = BrowserSession(
            _fresh_id(),
            user_id,
            family=_fresh_id(),
            began_at=now,
            ends_at=now + self.life,
            signed_in_at=now,
        )
        await self._records.add(
            _hash(session.session_id), user_id, session.ends_at, family_hash=_hash(session.family)
        )
        return session, self._cookie(session)

    async def rotate(self, session: BrowserSession) -> str | None:
        """Give the cookie of a session that takes the place of one that is old enough; None where none does.

        A copy of the old cookie is worth nothing half a minute after the new one was shown. An answer may be lost: whoever
        comes with the old one again later gets another. The session ends when it would have ended.
        """
        now = datetime.now(UTC)
        if now - session.began_at < self._rotate_after:
            return None
        fresh = replace(session, session_id=_fresh_id(), began_at=now)
        if not await self._records.succeed(
            _hash(session.session_id),
            _hash(fresh.session_id),
            family_hash=_hash(session.family),
            grace=GRACE,
        ):
            return None  # another request did it a moment ago, or signed out
        return self._cookie(fresh)

    async def read(self, cookie: str) -> BrowserSession | None:
        """Give the session of a cookie; None when it is forged, expired or ended."""
        try:
            claims = jwt.decode(
                cookie,
                self._keys.key("session"),
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                # Another machine's clock may be ahead of this one's: what it has just signed is no forgery.
                options={"require": ["exp", "iat", "sub", "sid", "fam"], "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        session = BrowserSession(
            session_id=str(claims["sid"]),
            user_id=str(claims["sub"]),
            family=str(claims["fam"]),
            began_at=datetime.fromtimestamp(int(claims["iat"]), UTC),
            ends_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
            # Cookies from before it was kept say nothing: long ago.
            signed_in_at=datetime.fromtimestamp(int(claims.get("auth_time", 0)), UTC),
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                stands = await self._records.stands(_hash(session.session_id), session.user_id, grace=GRACE)
        except DATABASE_AWAY:
            self._metrics.sessions_unchecked.inc()
            log.warning("the database is away: a session is believed by its signature")
            return session
        return session if stands else None

    async def end(self, session: BrowserSession) -> None:
        """Sign a browser out, also with the cookie that an answer on its way brings it."""
        await self._records.end(_hash(session.session_id), family_hash=_hash(session.family))

    def anew(self, session: BrowserSession) -> tuple[BrowserSession, SessionRecord, str]:
        """Give the session of whoever has just shown their password in another one, its record and its cookie's value.

        It begins when the record is kept. It is one of the same family, so that the CSRF token of an open page stays good;
        with the cookie of the other one nobody comes by it.
        """
        now = datetime.now(UTC)
        fresh = replace(
            session, session_id=_fresh_id(), began_at=now, ends_at=now + self.life, signed_in_at=now
        )
        record = SessionRecord(_hash(fresh.session_id), fresh.ends_at, _hash(fresh.family))
        return fresh, record, self._cookie(fresh)

    def csrf_token(self, session: BrowserSession) -> str:
        """Give the token that every changing request of this session carries in X-CSRF-Token."""
        return self._keys.tag("csrf", session.family)

    def csrf_holds(self, session: BrowserSession, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())

    def _cookie(self, session: BrowserSession) -> str:
        claims = {
            "aud": _AUDIENCE,
            "sub": session.user_id,
            "sid": session.session_id,
            "fam": session.family,
            "iat": session.began_at,
            "exp": session.ends_at,
            "auth_time": int(session.signed_in_at.timestamp()),
        }
        return jwt.encode(claims, self._keys.key("session"), algorithm=_ALGORITHM)


def _fresh_id() -> str:
    return secrets.token_urlsafe(24)


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
