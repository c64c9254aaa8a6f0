"""A tool that takes its time is waited for with a word, whichever kind of model speaks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from agent import filler
from tests.agent.live_call import live_call
from tests.agent.test_swap import slow_tools
from tests.agent.together import together

GEMINI = ("gemini", "premium", "economy", "budget", "local", "text")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filler, "EVERY_SECONDS", 1.0)


@pytest.mark.system
@pytest.mark.usefixtures("often")
@together(["gemini", "premium", "economy"])
async def test_who_waits_for_a_slow_tool_hears_that_we_are_at_it_and_then_how_it_went(
    port: int, stack: str
) -> None:
    plan, ladder = ("premium", GEMINI) if stack == "gemini" else (stack, GEMINI[1:])
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan, ladder=ladder) as live:
        asked = slow_tools(live, 7.0)
        before, captions = len(live.items), live.line.captions
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: asked, 10, "the tool runs")
        await live.until(lambda: filler.ONE_MOMENT in captions.text, 6, "it is told that we are at it")
        await live.until(lambda: filler.STILL_AT_IT in captions.text, 8, "it is told again")
        assert "oat milk" not in live.ours(before)
        await live.until(lambda: "oat milk" in live.ours(before), 20, "the result is told")
        await live.quiet()
        assert asked == ["create_task"]
        assert await live.titles() == ["buy oat milk"]
        assert live.stack == stack
