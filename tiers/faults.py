"""Whose fault an error is and what to do about it: the one enum that the log, the watch and the breaker share."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Fault(Enum):
    """A verdict on one error. `blame` is who caused it; `remedy` is what the call does next."""

    VENDOR_DOWN = ("vendor_down", "vendor", "swap")
    """The vendor could not be reached, timed out, or failed on its side."""
    NO_WORDS = ("no_words", "vendor", "swap")
    """An ear answered, and wrote nothing where speech was found. It may have been music: another ear hears it once more,
    and nothing is said against this one's health."""
    VENDOR_BUSY = ("vendor_busy", "vendor", "retry")
    """A rate limit that passes by itself; it says nothing about the vendor's health."""
    NO_CREDIT = ("no_credit", "us", "swap")
    """Our account has no quota or credit left: trying again cannot help."""
    BAD_KEY = ("bad_key", "us", "swap")
    """The vendor refused our credentials."""
    BAD_REQUEST = ("bad_request", "us", "stop")
    """The vendor refused what we sent; the same words elsewhere would fail as well."""
    EXPIRED = ("expired", "vendor", "renew")
    """The vendor ended a session at its greatest age; a new one goes on."""
    OURS = ("ours", "us", "stop")
    """An error inside our own code."""

    def __init__(self, label: str, blame: str, remedy: str) -> None:
        self.label: Final = label
        """The name for logs and metrics: bounded, lower case."""
        self.blame: Final = blame
        self.remedy: Final = remedy

    @property
    def counts(self) -> bool:
        """Whether it speaks against the vendor's health."""
        return self in (Fault.VENDOR_DOWN, Fault.NO_CREDIT, Fault.BAD_KEY)

    @property
    def is_certain(self) -> bool:
        """Whether one of it is enough: the next call would meet the same."""
        return self in (Fault.NO_CREDIT, Fault.BAD_KEY)
