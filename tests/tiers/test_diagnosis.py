"""Whose fault an error is, and what to do about it."""

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from tiers.diagnosis import classify
from tiers.faults import Fault

pytestmark = pytest.mark.unit


def status(code: int, body: object = None) -> APIStatusError:
    return APIStatusError("refused", status_code=code, body=body)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (APIConnectionError("gone"), Fault.VENDOR_DOWN),
        (APITimeoutError("slow"), Fault.VENDOR_DOWN),
        (status(500), Fault.VENDOR_DOWN),
        (status(503), Fault.VENDOR_DOWN),
        (status(408), Fault.VENDOR_DOWN),
        (status(401), Fault.BAD_KEY),
        (status(402), Fault.NO_CREDIT),
        (status(429), Fault.VENDOR_BUSY),
        (status(429, {"error": {"code": "insufficient_quota"}}), Fault.NO_CREDIT),
        (status(401, {"detail": {"status": "quota_exceeded"}}), Fault.NO_CREDIT),
        (status(403, {"error": {"code": "insufficient_quota"}}), Fault.NO_CREDIT),
        (status(403), Fault.BAD_KEY),
        (status(400), Fault.BAD_REQUEST),
        (status(404), Fault.VENDOR_DOWN),
        (status(404, {"error": {"code": "model_not_found"}}), Fault.VENDOR_DOWN),
        (status(400, {"error_code": "model_not_found"}), Fault.VENDOR_DOWN),
        (status(-1, "quota_exceeded"), Fault.NO_CREDIT),
        (status(-1, "invalid_api_key"), Fault.BAD_KEY),
        (status(-1, "too_many_concurrent_requests"), Fault.VENDOR_BUSY),
        (status(-1, "system_busy"), Fault.VENDOR_BUSY),
        (status(-1, "internal_error"), Fault.VENDOR_DOWN),
        (status(1008), Fault.VENDOR_DOWN),
        (status(1008, "This request exceeds your quota of 10000. You have 0 credits"), Fault.NO_CREDIT),
        (status(1008, "Have not received a new text input within the timeout"), Fault.VENDOR_DOWN),
        (APIError("x", body={"error_code": "quota_exceeded"}), Fault.NO_CREDIT),
        (APIError("x"), Fault.VENDOR_DOWN),
        (KeyError("x"), Fault.OURS),
    ],
)
def test_an_error_gets_its_verdict(error: BaseException, fault: Fault) -> None:
    assert classify(error) is fault


def test_every_fault_says_who_is_to_blame_and_what_to_do() -> None:
    for fault in Fault:
        assert fault.blame in {"vendor", "caller", "us"}
        assert fault.remedy in {"retry", "swap", "renew", "stop"}
        assert Fault[fault.name] is fault
        assert fault.label == fault.name.lower()
