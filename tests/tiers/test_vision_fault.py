"""Whose fault it is that Gemini ended a socket, by no more of its sentence than a socket carries."""

from __future__ import annotations

import pytest

from sandbox.gemini_messages import ENDS
from sandbox.gemini_parts import LONGEST_REASON
from tiers.faults import Fault
from tiers.vision_fault import by_reason

pytestmark = pytest.mark.unit

FAULTS = {"unauthorized": Fault.BAD_KEY, "quota": Fault.NO_CREDIT, "rate-limit": Fault.VENDOR_BUSY}


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        *((reason, FAULTS[kind]) for kind, ends in ENDS.items() if kind in FAULTS for _, reason in ends),
        ("Request trace id: 1e5df89917798ea3, Method doesn't allow unregistered callers", Fault.BAD_KEY),
        ("The caller does not have permission", Fault.BAD_KEY),
        ("Internal error encountered.", Fault.VENDOR_DOWN),
        ("The operation was aborted.", Fault.VENDOR_DOWN),
        ("models/no-such is not found for API version v1beta, or is not supported", Fault.VENDOR_DOWN),
        ("", Fault.VENDOR_DOWN),
    ],
)
def test_a_reason_that_is_cut_where_a_socket_cuts_it_gets_its_verdict(reason: str, fault: Fault) -> None:
    assert by_reason(reason.encode()[:LONGEST_REASON].decode()) is fault
    assert by_reason(f"Request trace id: 1e5df89917798ea3, {reason}"[:LONGEST_REASON]) is fault
