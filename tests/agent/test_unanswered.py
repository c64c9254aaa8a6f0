"""A cough before our first sound takes nobody's answer away."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest

from cli.caller.sound import MICROPHONE_RATE
from tests.agent.live_call import LiveCall, live_call
from tests.agent.test_swap import slow_tools
from tests.agent.together import together

MINDS = {"economy": "openai-chat", "premium": "openai-realtime"}


async def cough(live: LiveCall) -> None:
    """Make a sound that the detector takes for speech, and the ear for no word."""
    pcm = await live.mouth.speak("Ahem ahem")
    await live.line.microphone.speak(pcm[: round(0.7 * MICROPHONE_RATE)].astype(np.int16))


@pytest.mark.system
@together(list(MINDS))
async def test_what_a_cough_kept_us_from_saying_is_said_when_nothing_comes_behind_it(
    port: int, plan: str
) -> None:
    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan=plan) as live:
        await live.client.call("create_task", {"title": "paint the fence"})
        live.desk.faults.set(MINDS[plan], "slow", times=1, delay=1.5)
        before = len(live.items)
        await live.say("What is on my list?")
        await live.until(lambda: live.serving.session.owed.answer, 5, "an answer is owed")
        await cough(live)
        assert not live.is_heard
        await live.heard(10)
        await live.quiet()
        assert "paint the fence" in live.ours(before)
        assert live.stack == plan
        if plan == "economy":  # a model that hears is given the cough, which nobody has written down
            assert live.call.turn == 1, "a cough is no turn"


@pytest.mark.system
async def test_what_was_begun_before_a_cough_is_done_once_and_told(port: int) -> None:
    async with live_call(port, f"usr_{uuid4().hex[:12]}", plan="economy") as live:
        asked = slow_tools(live, 4.5)  # longer than a dropped answer is waited for
        before = len(live.items)
        await live.say("Add a task to buy oat milk")
        await live.until(lambda: live.call._toolbox.is_running, 5, "the task is being made")
        await cough(live)
        await live.heard(15)
        await live.quiet()
        assert "oat milk" in live.ours(before)
        assert asked == ["create_task"]
        assert await live.titles() == ["buy oat milk"]
