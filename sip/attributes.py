"""What the bridge says of a telephone call, by the attributes of its participant (LiveKit's names)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NUMBER: Final = "sip.phoneNumber"
"""Who calls, as their side says: no proof. Missing when the rule hides numbers; «anonymous» when the caller does."""
CALL_ID: Final = "sip.callID"
STATUS: Final = "sip.callStatus"
ACTIVE: Final = "active"


def is_active(attributes: Mapping[str, str]) -> bool:
    """Whether the telephone was picked up and media flows."""
    return attributes.get(STATUS) == ACTIVE
