"""No telephone number is in the bridge's log."""

from __future__ import annotations

import logging

import pytest

from sandbox.phone_bridge.masking import WithoutNumbers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("left %s", ("phone_+15550100_PFh6hqNxAYjU",)),
        ("participant sip_+15550100 is gone", ()),
        ('room "phone_ann_x" of sip_ann', ()),
        ("number 015550100", ()),
    ],
)
def test_what_a_library_says_is_written_without_the_number(said: str, arguments: tuple[str, ...]) -> None:
    record = logging.LogRecord("livekit", logging.INFO, "", 1, said, arguments, None)
    assert WithoutNumbers().filter(record)
    assert "5550100" not in record.getMessage()
    assert "ann" not in record.getMessage()


def test_our_own_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("sandbox.phone", logging.INFO, "", 1, "ready on 15060", (), None)
    assert WithoutNumbers().filter(record)
    assert record.getMessage() == "ready on 15060"
