"""A model that insists on a tool that is not there is not let go on for ever."""

from __future__ import annotations

from uuid import uuid4

import pytest

from agent.model_calls import MOST_CORRECTIONS
from agent.persona import STUCK
from sandbox.scripts import ScriptedCall, ScriptedReply
from tests.agent.live_call import live_call
from tests.agent.together import together

INSISTS = 7


@pytest.mark.system
@together(["economy", "premium"])
async def test_a_tool_that_is_not_there_is_corrected_twice_and_then_the_caller_is_asked(
    port: int, plan: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        there_is_none = ScriptedReply(
            tool_calls=[ScriptedCall(name="remove_task", arguments='{"task_id": "t1"}')]
        )
        live.desk.scripts.add([there_is_none] * INSISTS)
        said = await live.turn("Take the milk off my list")
        assert said.count(STUCK) == 1
        assert len(live.desk.scripts) == INSISTS - MOST_CORRECTIONS - 1
        live.desk.scripts.reset()
        assert "oat milk" in await live.turn("Add a task to buy oat milk")
        assert await live.titles() == ["buy oat milk"]
