"""Who a user is: an opaque id, a plan, a role and a time zone."""

import re
import secrets
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

DEFAULT_TIME_ZONE = "Etc/UTC"
GUEST_DOMAIN = "phone.invalid"
"""Of guests' addresses, which no mail reaches (RFC 2606)."""


class Plan(StrEnum):
    """What a user pays for."""

    PREMIUM = "premium"
    ECONOMY = "economy"


class Role(StrEnum):
    """What a user may do besides talking."""

    USER = "user"
    ADMIN = "admin"
    PROBE = "probe"
    """Nobody: synthetic calls, which neither experiments nor the success of tasks count."""


def new_user_id() -> str:
    """Make an id that says nothing about the person: 128 random bits."""
    return f"usr_{secrets.token_hex(16)}"


def is_user_id(name: str) -> bool:
    """Whether it has the form of such an id; no address has, though one may begin like it."""
    return re.fullmatch(r"usr_[0-9a-f]{32}", name) is not None


def normalise_email(email: str) -> str:
    """Give the one spelling of an address that it is stored and looked up by."""
    return email.strip().casefold()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is not an IANA time zone, such as Europe/Berlin")
    return name


Email = Annotated[
    str,
    AfterValidator(normalise_email),
    Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$"),
]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]

email_address: TypeAdapter[str] = TypeAdapter(Email)
time_zone_name: TypeAdapter[str] = TypeAdapter(TimeZone)


class User(BaseModel):
    """A person as the other rooms see one. The password's hash never leaves the store."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    email: str
    plan: Plan
    role: Role
    time_zone: str
    created_at: datetime

    @property
    def can_sign_in(self) -> bool:
        """Whether the page is open to them. A guest has a number and a PIN, and no way into it."""
        return not self.email.endswith(f"@{GUEST_DOMAIN}")
