"""A gap in which the caller waits for us is covered by a sound, until our voice is there."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest

from agent.hold import THINKING_SECONDS, Hold
from agent.rehearsal.stage import NoRoom
from tests.agent.live_call import live_call
from tests.agent.served_call import Served


@pytest.mark.unit
async def test_a_tool_behind_an_opening_is_covered_as_the_wait_for_an_answer_is() -> None:
    served = Served()
    await served.begin()
    session = served.sessions[0]
    session.tells["agent_state_changed"](SimpleNamespace(old_state="speaking", new_state="thinking"))
    session.speaks()
    assert served.covered == [THINKING_SECONDS, "end"]


class Covered(Hold):
    """A hold sound that tells when it is heard instead of being heard."""

    def __init__(self) -> None:
        super().__init__(NoRoom("caller"))  # type: ignore[arg-type]
        self.rounds = 0

    async def _play(self, after_seconds: float) -> None:
        await self._gap(after_seconds)
        self.rounds += 1


@pytest.mark.system
async def test_while_nobody_knows_yet_that_a_vendor_is_silent_a_sound_says_that_somebody_is_there(
    port: int,
) -> None:
    hold = Covered()
    async with live_call(port, f"ann-{uuid4().hex}", hold=hold, patience=2.0) as live:
        await live.turn("Add a task to buy oat milk")
        assert hold.rounds == 0
        live.desk.faults.set("openai-realtime", "silent")
        await live.say("Add a task to call the bank")
        await live.until(lambda: hold.rounds == 1, 6, "the sound is heard")
        assert live.stack == "premium"
        await live.heard()
