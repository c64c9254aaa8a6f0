"""What another server's tools are offered to: whichever session serves, now and after a change of stack."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from livekit.agents import llm

from agent import other_servers
from agent.other_servers import Offers
from agent.tool_server import ToolServer
from mcp_tasks.client import TaskServerUnavailable
from tests.agent.live_call import live_call


@llm.function_tool(name="calendar_day")
async def calendar_day() -> str:
    """Read a day of the calendar."""
    return ""


class Servers:
    """A toolbox that has one server's tools, once it can be reached."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def add(self, _server: ToolServer) -> list[llm.Tool]:
        await self.reached.wait()
        return [calendar_day]


class Session:
    def __init__(self, refuses: int = 0) -> None:
        self.tools: list[llm.Tool] = []
        self.refuses = refuses

    async def offer(self, tools: list[llm.Tool]) -> None:
        if self.refuses:
            self.refuses -= 1
            raise llm.RealtimeError("busy")
        self.tools += tools


def offers(servers: Any, sessions: list[Session]) -> Any:
    server: Any = ToolServer.__new__(ToolServer)
    server.name = "calendar"
    return Offers([server], servers, session=lambda: sessions[-1])  # type: ignore[arg-type,return-value]


@pytest.mark.unit
async def test_a_session_that_was_made_ready_before_a_server_came_is_offered_its_tools() -> None:
    servers, sessions = Servers(), [Session()]
    offered = offers(servers, sessions)
    servers.reached.set()
    await offered.run()
    assert sessions[0].tools == [calendar_day]
    sessions.append(Session())  # begun with the tools of a moment before
    await offered.complete(sessions[-1])
    await offered.complete(sessions[-1])
    assert sessions[-1].tools == [calendar_day]


@pytest.mark.unit
async def test_a_session_that_could_not_take_them_is_offered_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(other_servers, "LOOK_SECONDS", 0.0)
    servers, sessions = Servers(), [Session(refuses=2)]
    servers.reached.set()
    await offers(servers, sessions).run()
    assert sessions[0].tools == [calendar_day]


@pytest.mark.unit
async def test_a_server_that_is_away_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_servers, "LOOK_SECONDS", 0.0)
    away = [TaskServerUnavailable("away", may_have_happened=False)]

    class Away(Servers):
        async def add(self, server: ToolServer) -> list[llm.Tool]:
            if away:
                raise away.pop()
            return await super().add(server)

    servers, sessions = Away(), [Session()]
    servers.reached.set()
    await offers(servers, sessions).run()
    assert sessions[0].tools == [calendar_day]


@pytest.mark.system
async def test_a_call_that_changes_its_stack_while_a_server_comes_keeps_that_ones_tools(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}") as live:
        live.call._offers._tools.append(calendar_day)  # it came; the session's successor is on its way
        live.switch.admin(tiers_off=("premium",))
        await live.until(lambda: live.stack == "economy", 5, "economy serves")
        await live.until(lambda: calendar_day in live.serving.session.tools, 5, "the tools are offered")
        assert "oat milk" in await live.turn("Add a task to buy oat milk")
