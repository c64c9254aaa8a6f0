"""Tokens that let a user's call or page speak to the task server."""

from datetime import UTC, datetime, timedelta

import jwt

from people.settings import PeopleSettings
from people.user import User

AUDIENCE = "voicetasks-tasks"
ALGORITHM = "HS256"


def mint_tasks_token(user: User, settings: PeopleSettings, *, now: datetime | None = None) -> str:
    """Sign a bearer token for one user: subject, zone (OpenID Connect's `zoneinfo` claim), minutes to live.

    `now` is the moment of issue, by default this one.
    """
    issued = now or datetime.now(UTC)
    claims = {
        "aud": AUDIENCE,
        "sub": user.id,
        "zoneinfo": user.time_zone,
        "iat": issued,
        "exp": issued + timedelta(minutes=settings.tasks_token_minutes),
    }
    return jwt.encode(claims, settings.tasks_token_secret.get_secret_value(), algorithm=ALGORITHM)
