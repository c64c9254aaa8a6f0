"""Of which countries numbers are called about tasks, as an operator has it: the agent calls by it, and the page says it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

import phonenumbers

VARIABLE: Final = "VOICETASKS_OUTBOUND_COUNTRIES"
"""The setting, ISO 3166 as JSON. All who read it read the same one."""
UNLESS_SAID: Final = frozenset({"US", "CA"})
"""Calls abroad cost many times as much."""


def is_called(number: str, countries: AbstractSet[str]) -> bool:
    """Whether a number, as E.164, is of one of them. Numbers of no country, such as satellites, are of none."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    return region is not None and region in countries


def with_numbers(countries: AbstractSet[str]) -> list[str]:
    """Those of them that have telephone numbers, in the order of their codes: what is no country's code calls nobody."""
    return sorted(countries & phonenumbers.SUPPORTED_REGIONS)
