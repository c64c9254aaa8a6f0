"""A worker that serves a model's successor says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.worker import tell_succeeded
from tiers.catalogue import MODELS, SUCCEED_BEFORE

pytestmark = pytest.mark.unit


def test_a_worker_tells_of_each_successor_that_it_serves_and_of_none_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING", "agent.worker")
    mini = MODELS["gpt-4o-mini"]
    assert mini.shutdown is not None
    served_from = mini.shutdown - SUCCEED_BEFORE
    tell_succeeded(served_from - timedelta(1))
    assert not caplog.records
    tell_succeeded(served_from)
    told = {record.__dict__["model"]: record.__dict__["what"] for record in caplog.records}
    assert {record.message for record in caplog.records} == {"model.succeeded"}
    assert "gpt-5.6-luna is served instead" in told["gpt-4o-mini"]
    assert "gpt-realtime" not in told
