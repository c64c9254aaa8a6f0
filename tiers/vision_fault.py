"""Whose fault it is that a vision model does not see."""

from __future__ import annotations

from tiers.faults import Fault


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
    """The verdict on the reason that the vendor closes a socket with: it has no codes of its own for them."""
    told = reason.lower()
    if "api key" in told or "unregistered" in told:
        return Fault.BAD_KEY
    if "billing" in told:
        return Fault.NO_CREDIT
    return Fault.VENDOR_BUSY if "exhausted" in told else Fault.VENDOR_DOWN


def _by_status(status: int) -> Fault:
    if status in (401, 403):
        return Fault.BAD_KEY
    return Fault.VENDOR_BUSY if status == 429 else Fault.VENDOR_DOWN
