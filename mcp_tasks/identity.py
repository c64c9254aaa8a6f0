"""Who is asking: a signed token says the user and the time zone; no argument ever does."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier

AUDIENCE = "voicetasks-tasks"
ALGORITHM = "HS256"
CLOCK_SKEW = timedelta(seconds=5)
MAX_SUBJECT = 200
MAX_TOKEN = 4_096


class TokenRefused(Exception):  # noqa: N818  # named after what happened
    """The token is not believed; the message may be shown, it holds nothing of the token."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A believed token."""

    subject: str
    zone: ZoneInfo
    expires_at: int
    """Unix time."""


def read_token(token: str, secret: str) -> Identity:
    """Verify a JWT (HS256; `aud`, `sub`, `exp`, `zoneinfo`: OpenID Connect Core, section 5.1).

    Raises TokenRefused with the reason. A missing zone is refused rather than guessed: dates would be wrong in silence.
    """
    if len(token) > MAX_TOKEN:
        raise TokenRefused("The token is too long")
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            leeway=CLOCK_SKEW,
            # Another machine's clock may be ahead of this one's: what it has just signed is no forgery.
            options={"require": ["exp", "aud", "sub"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused("The token has expired") from error
    except jwt.InvalidAudienceError as error:
        raise TokenRefused("The token is for another audience") from error
    except jwt.MissingRequiredClaimError as error:
        raise TokenRefused(f"The token lacks the claim {error.claim}") from error
    except jwt.InvalidTokenError as error:
        raise TokenRefused("The token is not valid") from error
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise TokenRefused("The token's claim sub is not usable")
    return Identity(subject, _zone(claims.get("zoneinfo")), int(claims["exp"]))


def _zone(claim: object) -> ZoneInfo:
    if not isinstance(claim, str) or not claim:
        raise TokenRefused("The token lacks the claim zoneinfo")
    if len(claim) <= MAX_SUBJECT:
        try:
            return ZoneInfo(claim)
        except (KeyError, ValueError, OSError) as error:
            # Unknown keys are KeyErrors; odd ones («..», a directory) give the others.
            raise TokenRefused("The token's claim zoneinfo is not a known time zone") from error
    raise TokenRefused("The token's claim zoneinfo is not a known time zone")


class TaskTokenVerifier(TokenVerifier):
    """The SDK's token verifier, by shared secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the SDK's view of a believed token, or None."""
        try:
            identity = read_token(token, self._secret)
        except TokenRefused:
            return None
        return AccessToken(
            token=token,
            client_id=AUDIENCE,
            scopes=[],
            # The SDK compares without leeway; ours has been applied.
            expires_at=identity.expires_at + int(CLOCK_SKEW.total_seconds()),
            subject=identity.subject,
            claims={"zoneinfo": identity.zone.key},
        )
