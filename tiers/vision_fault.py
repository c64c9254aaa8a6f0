"""Whose fault it is that a vision model does not see."""

from __future__ import annotations

from typing import Final

from tiers.faults import Fault

_REASONS: Final = (
    # Credit first: what is used up is told with the quota's word and with the plan's, too.
    (Fault.NO_CREDIT, ("credit", "prepay", "current quota", "billing")),
    (Fault.BAD_KEY, ("api key", "unregistered", "authentication", "unauthenticated", "permission")),
    (Fault.VENDOR_BUSY, ("exhausted",)),
)
"""Words of the vendor's sentences, as clients report them: sonichi/sutando#569 (prepaid credit), JINGBANZ/jarvis#268
(credentials), yagudaev/voiceclaw#155 (an expired key), kailashsp/realtime-conversation-voice-AI-agent#1 (no key)."""


class VisionError(Exception):
    """The model gave no answer. The fault carries the decision."""

    def __init__(self, fault: Fault, what: str) -> None:
        super().__init__(what)
        self.fault = fault


def fault_of(error: BaseException) -> Fault:
    """The verdict on an error of google-genai or of the websocket below it."""
    from google.genai import errors
    from websockets.exceptions import InvalidStatus

    if isinstance(error, VisionError):
        return error.fault
    if isinstance(error, InvalidStatus):
        return _by_status(error.response.status_code)
    if isinstance(error, errors.APIError):
        # A closed socket comes as one of these, with the close code for a status.
        return by_reason(f"{error.message or ''} {error.details or ''}")
    return Fault.VENDOR_DOWN


def by_reason(reason: str) -> Fault:
    """The verdict on the reason that the vendor closes a socket with: it has no codes of its own for them.

    A reason has at most 123 bytes (RFC 6455, 5.5), so that nothing is looked for that stands late in a long sentence.
    """
    told = reason.lower()
    return next(
        (fault for fault, words in _REASONS if any(each in told for each in words)), Fault.VENDOR_DOWN
    )


def _by_status(status: int) -> Fault:
    if status in (401, 403):
        return Fault.BAD_KEY
    return Fault.VENDOR_BUSY if status == 429 else Fault.VENDOR_DOWN
