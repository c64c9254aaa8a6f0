"""Our voice is heard while the model still writes its first sentence, and what was said stands in the history as it was."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sandbox.profiles import PROFILES
from tests.agent.live_call import live_call

pytestmark = pytest.mark.system


async def test_a_voice_begins_while_the_model_writes_its_sentence(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        for title in ("buy oat milk", "call the bank", "water the plants"):
            await live.client.call("create_task", {"title": title})
        live.desk.profile = PROFILES["instant"].model_copy(update={"llm_token_ms": 120})
        before = len(live.items)
        await live.say("What is on my list?")
        await live.heard()
        assert live.desk.connections.count("openai-chat") > 0, "it is still writing"
        await live.quiet()
        said = live.ours(before)
        for title in ("buy oat milk", "call the bank", "water the plants"):
            assert said.count(title) == 1, said
        assert said == " ".join(said.split())
