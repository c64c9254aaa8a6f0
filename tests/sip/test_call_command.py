"""`voicetasks call --channel phone --sip`: the command's telephone, through whichever bridge is here."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]


@pytest.mark.dear
async def test_a_call_by_the_command_tells_what_was_heard_done_and_paid(phone_demo: Any, person: Any) -> None:
    somebody = person(phone_demo, "premium@example.com")
    await somebody.start_with("Call the plumber")
    result = somebody.call(
        *("--channel", "phone", "--sip", "--say", "Please delete the task call the plumber."),
        *("--key", "1"),
    )
    assert (result["channel"], result["stack"], result["sandbox"]) == ("phone", "premium", True)
    assert "task assistant" in result["greeting"]["heard"]
    asked = result["turns"][0]
    assert "plumber" in asked["heard"].lower()
    assert asked["first_sound_ms"] is not None
    [confirmation] = result["confirmations"]
    assert "plumber" in confirmation["question"].lower()
    assert (confirmation["answer"], confirmation["by"], confirmation["outcome"]) == (
        "yes",
        "key",
        "confirmed",
    )
    assert [task["title"] for task in result["tasks_before"]] == ["Call the plumber"]
    assert result["tasks_after"] == []
    assert result["cost_microdollars"] > 0
