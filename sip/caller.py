"""Who calls, as far as their side and the carrier say: a number in one spelling, withheld or none. It proves nothing.

Everything here is what an INVITE said. `attested` alone is more: the carrier of a trunk that we know vouches for the
number (STIR/SHAKEN, level A: RFC 8588), and only such a trunk's headers become that attribute (sip.headers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import phonenumbers

from sip.attributes import NUMBER
from sip.headers import ATTESTATION, PRIVACY

CALLED: Final = "sip.trunkPhoneNumber"
"""The number that was called: national spellings of callers are those of its country."""
FULLY_ATTESTED: Final = re.compile(r"TN-Validation-Passed-A(?:-Diverted-A)?", re.IGNORECASE)
"""Twilio's word for level A: its carrier knows the caller, and that the number is theirs."""
WITHHELD: Final = frozenset(
    {"", "anonymous", "private", "restricted", "unavailable", "unknown", "withheld", "0"}
)
PLACEHOLDERS: Final = frozenset(
    ["266696687", "7378742833", "2562533", "8656696", "86282452253", "7748283", "94844353", "464"]
)
"""What carriers send where a number is withheld, as a keypad spells it: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN,
UNAVAILABLE, PRIVATE, WITHHELD; and 464, which is sent too."""
_SPELT: Final = re.compile(r"(?:tel:)?\+?[0-9 ()./-]{3,40}", re.ASCII)
"""As people and switches write numbers. Letters, other alphabets' digits and parameters are nobody's number."""


@dataclass(frozen=True)
class Caller:
    """What is said of a caller. Two without a number are never the same."""

    number: str | None
    """E.164, with the plus; None where it is withheld or no number."""
    withheld: bool = False
    attested: bool = False
    """The carrier vouches for the number."""


def read_caller(attributes: Mapping[str, str], *, region: str = "") -> Caller:
    """Read the attributes of a telephone's participant.

    `region` (ISO 3166, such as US) is whose national spellings are understood where the called number tells none.
    """
    said = attributes.get(NUMBER, "").strip()
    wants_privacy = {each.strip().lower() for each in attributes.get(PRIVACY, "").split(";")} - {"", "none"}
    if said.lower() in WITHHELD or wants_privacy or _is_placeholder(said):
        return Caller(None, withheld=True)
    number = e164_of(said, region=_region_of(attributes.get(CALLED, "")) or region)
    attested = number is not None and FULLY_ATTESTED.fullmatch(attributes.get(ATTESTATION, "")) is not None
    return Caller(number, attested=attested)


def e164_of(said: str, *, region: str = "") -> str | None:
    """The one spelling of a number that is written internationally or as within `region`; None for what is none."""
    if not _SPELT.fullmatch(said.strip()):
        return None
    try:
        parsed = phonenumbers.parse(said.strip().removeprefix("tel:"), region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_placeholder(said: str) -> bool:
    """Whether digits stand where a number is withheld: many callers would share it, and none of them be called by it."""
    if not _SPELT.fullmatch(said):
        return False
    digits = re.sub(r"\D", "", said)
    here = digits.removeprefix("1")  # as a switch in North America passes it on
    return digits in PLACEHOLDERS or here in PLACEHOLDERS or len(set(digits)) == 1 or len(set(here)) == 1


def _region_of(number: str) -> str:
    spelt = e164_of(number)
    region = phonenumbers.region_code_for_number(phonenumbers.parse(spelt, None)) if spelt else None
    return region or ""
