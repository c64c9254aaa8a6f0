"""Where a telephone number is at home, by the clock."""

from __future__ import annotations

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number


def zone_of(number: str) -> str | None:
    """The IANA zone of a number (E.164), where it can be of one alone; a mobile one of Australia may be of eight."""
    zones = time_zones_for_number(phonenumbers.parse(number, None))
    return zones[0] if len(zones) == 1 and zones[0] != UNKNOWN_TIMEZONE else None
