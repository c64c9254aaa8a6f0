"""No sound of a call is kept: whoever serves, the library's recorder is off."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from livekit.agents import AgentSession

from tests.agent.live_call import live_call

pytestmark = pytest.mark.system


async def test_each_session_of_a_call_is_begun_with_recording_off_whatever_the_server_would_have(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Any] = []
    start = AgentSession.start

    async def noted(self: Any, *arguments: Any, **named: Any) -> Any:
        begun.append(named.get("record", "as the server says"))
        return await start(self, *arguments, **named)

    monkeypatch.setattr(AgentSession, "start", noted)
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.switch.admin(tiers_off=("premium",))
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await live.quiet()
        assert not any(live.serving.session.session.options.recording_options.values())
    assert len(begun) >= 2
    assert set(begun) == {False}
