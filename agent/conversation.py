"""The call and its routing, as far as a change of what serves it has to know them."""

from __future__ import annotations

from typing import Any, Protocol

from livekit.agents import llm

from agent.task_agent import Listener
from agent.tier_session import TierSession


class Tells(Protocol):
    """Who is told of vendors: the call's routing."""

    def failed(self, service: str, fault: Any) -> None:
        """A service failed this call."""

    def beside_failed(self, service: str, fault: Any) -> None:
        """A service failed that only helps this call, which goes on with what it has."""

    def worked(self, service: str) -> None:
        """A new connection to a service works."""


class Conversation(Listener, Protocol):
    """The call, as far as a swap has to know it."""

    async def unfinished(self) -> list[llm.ChatItem]:
        """Wait for the tools that still run in this turn; calls and outputs as a history holds them."""

    def puts_question(self) -> bool:
        """Put the question that is open and was not heard, if there is one; whether one is open."""

    def half_heard(self) -> None:
        """Only the end of the turn that comes next was kept for the successor."""

    def swapped(self, session: TierSession) -> None:
        """Another session serves from now on."""

    def is_busy(self) -> bool:
        """Whether a question is open or a tool runs: no time for a change that can wait."""
