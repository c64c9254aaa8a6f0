"""Who a browser is: a signed cookie, held against the record that signing out removes.

The signature alone turns a forged or expired cookie away without asking the database; the record ends a session at
once. While the database is away the signature is believed until it expires, so that calls still begin.
"""

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from people.database import DATABASE_AWAY
from people.sessions import SessionRecords
from web.keys import Keys
from web.metrics import WebMetrics
from web.settings import WebSettings

_AUDIENCE = "voicetasks-web"
_ALGORITHM = "HS256"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrowserSession:
    """A signed-in browser."""

    session_id: str
    user_id: str


class BrowserSessions:
    """Begins, reads and ends sessions."""

    def __init__(
        self, settings: WebSettings, keys: Keys, records: SessionRecords, metrics: WebMetrics
    ) -> None:
        self._keys = keys
        self._records = records
        self._metrics = metrics
        self.life = timedelta(hours=settings.session_hours)
        # The prefix makes a browser refuse the cookie from a sub-domain or over plain http (RFC 6265bis).
        self.cookie_name = "__Host-voicetasks_session" if settings.https else "voicetasks_session"

    async def begin(self, user_id: str) -> tuple[BrowserSession, str]:
        """Give a new session and its cookie's value."""
        session = BrowserSession(session_id=secrets.token_urlsafe(24), user_id=user_id)
        expires_at = datetime.now(UTC) + self.life
        await self._records.add(_hash(session.session_id), user_id, expires_at)
        claims = {"aud": _AUDIENCE, "sub": user_id, "sid": session.session_id, "exp": expires_at}
        return session, jwt.encode(claims, self._keys.key("session"), algorithm=_ALGORITHM)

    async def read(self, cookie: str) -> BrowserSession | None:
        """Give the session of a cookie; None when it is forged, expired or ended."""
        try:
            claims = jwt.decode(
                cookie,
                self._keys.key("session"),
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "sid"]},
            )
        except jwt.InvalidTokenError:
            return None
        session = BrowserSession(session_id=str(claims["sid"]), user_id=str(claims["sub"]))
        try:
            stands = await self._records.stands(_hash(session.session_id), session.user_id)
        except DATABASE_AWAY:
            self._metrics.sessions_unchecked.inc()
            log.warning("the database is away: a session is believed by its signature")
            return session
        return session if stands else None

    async def end(self, session: BrowserSession) -> None:
        """Sign a browser out."""
        await self._records.end(_hash(session.session_id))

    def csrf_token(self, session: BrowserSession) -> str:
        """Give the token that every changing request of this session carries in X-CSRF-Token."""
        return self._keys.tag("csrf", session.session_id)

    def csrf_holds(self, session: BrowserSession, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
