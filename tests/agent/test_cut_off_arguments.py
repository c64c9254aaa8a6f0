"""What a model's call lacks is never made up for it, though livekit would: on its way to a tool nothing is repaired."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sandbox.scripts import ScriptedCall, ScriptedReply
from tests.agent.live_call import live_call
from tests.agent.together import together
from tiers.tool_arguments import NOT_WHOLE, as_sent

BROKEN = ('{"title":"buy oat mil', '{"title":"buy oat milk"}{"title":"buy bread"}', '["buy oat milk"]')


@pytest.mark.unit
def test_arguments_pass_as_they_were_sent_or_are_marked_as_not_whole() -> None:
    for whole in ('{"title": "buy oat milk"}', "{}", "", ' {"a": [1] } '):
        assert as_sent(whole) == whole
        assert as_sent(whole, is_whole=False) == NOT_WHOLE
    for broken in (*BROKEN, '"{}"', "null", "{'title': 'a'}", "not json", NOT_WHOLE):
        assert as_sent(broken) == NOT_WHOLE


@pytest.mark.system
@together([(plan, broken) for plan in ("economy", "premium") for broken in BROKEN])
async def test_a_call_whose_arguments_are_not_one_whole_object_makes_no_task_and_is_explained_to_the_model(
    port: int, case: tuple[str, str]
) -> None:
    plan, broken = case
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        live.desk.scripts.add(
            [
                ScriptedReply(tool_calls=[ScriptedCall(name="create_task", arguments=broken)]),
                ScriptedReply(content="What shall I write down?"),
            ]
        )
        assert "What shall I write down?" in await live.turn("Add a task to buy oat milk")
        assert await live.titles() == []
        outputs = [item for item in live.serving.session.history.items if item.type == "function_call_output"]
        assert ["not one complete JSON object" in item.output for item in outputs] == [True]
