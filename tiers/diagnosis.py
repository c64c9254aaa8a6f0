"""The verdict on an error that livekit's plugins raise, read from its type, its status and the vendor's own code."""

from __future__ import annotations

from typing import Final

from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from tiers.faults import Fault

_FATAL_CODES: Final = frozenset(
    {
        # https://platform.openai.com/docs/guides/error-codes, and Cartesia's and ElevenLabs' error_code
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "account_deactivated",
        "quota_exceeded",
    }
)

NO_MODEL: Final = "model_not_found"
"""OpenAI's 404; Cartesia and ElevenLabs answer it with 400."""

_BUSY_CODES: Final = (
    "rate_limit_exceeded",
    "concurrency_limited",
    "too_many_requests",
    # https://help.elevenlabs.io/hc/en-us/articles/19571824571921-API-Error-Code-429
    "too_many_concurrent_requests",
    "system_busy",
)

_SENTENCES: Final = (
    # What ElevenLabs closes a socket with, where it says no code: elevenlabs/elevenlabs-python#282.
    ("exceeds your quota", Fault.NO_CREDIT),
    ("invalid api key", Fault.BAD_KEY),
    ("concurrent requests", Fault.VENDOR_BUSY),
)


def classify(error: BaseException) -> Fault:
    """The verdict on an error of livekit's plugins (their `APIError` family) or of our own code."""
    if isinstance(error, APIConnectionError) and isinstance(error.__cause__, APIError):
        return classify(error.__cause__)  # what the last of a plugin's retries met
    if isinstance(error, APIStatusError):
        if 100 <= error.status_code < 600:
            return _by_status(error.status_code, str(error.body or ""))
        return by_end(_told(error))  # a socket's closing code, or none: the status says nothing
    if isinstance(error, APITimeoutError | APIConnectionError):
        return Fault.VENDOR_DOWN
    if isinstance(error, APIError):
        return by_code(str(error.body or ""))
    return Fault.OURS


def by_code(code: str) -> Fault:
    """The verdict on a code of the vendor's own, or on a text that holds one."""
    if "session_expired" in code:
        return Fault.EXPIRED
    if "invalid_api_key" in code:
        return Fault.BAD_KEY
    if _is_fatal(code):
        return Fault.NO_CREDIT
    return Fault.VENDOR_BUSY if any(each in code for each in _BUSY_CODES) else Fault.VENDOR_DOWN


def by_end(told: str) -> Fault:
    """The verdict on what a socket ended with: a code of the vendor's, or its sentence."""
    lowered = told.lower()
    return next((fault for words, fault in _SENTENCES if words in lowered), None) or by_code(told)


def _told(error: APIStatusError) -> str:
    """What the vendor said: ElevenLabs' plugin hides the error of a context behind one of its own."""
    cause = error.__cause__
    if not error.body and isinstance(cause, APIError):
        return str(cause.body or cause.message)
    return str(error.body or "")


def _by_status(status: int, body: str) -> Fault:
    if status == 402 or _is_fatal(body):  # ElevenLabs answers 401 for a quota that is used up
        return Fault.NO_CREDIT
    if status in (401, 403):
        return Fault.BAD_KEY
    if status == 429:
        return Fault.VENDOR_BUSY
    if status == 404 or NO_MODEL in body:
        return (
            Fault.VENDOR_DOWN
        )  # what was asked for is not served there, whatever the words: another may take them
    if 400 <= status < 500 and status != 408:
        return Fault.BAD_REQUEST
    return Fault.VENDOR_DOWN


def _is_fatal(body: str) -> bool:
    return any(code in body for code in _FATAL_CODES)
