"""Other MCP servers than the task server, by configuration: whose tools a call offers too, behind the same gate."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from livekit.agents import llm
from pydantic import BaseModel, ConfigDict, Field

from agent.tool_server import ToolServer
from mcp_tasks.client import Patience, TaskClient, TaskServerUnavailable, TokenProvider
from people.user import User

if TYPE_CHECKING:
    from agent.tier_session import TierSession
    from agent.tools import Toolbox

log = logging.getLogger("agent.other_servers")

LOOK_SECONDS: Final = 15.0
"""Between two looks at a server that could not be reached."""
PATIENCE: Final = Patience(reconnect=2.0, answer=8.0)
"""Shorter than with the task server: without these a call is still what it is for."""


class OtherServer(BaseModel):
    """One server in `VOICETASKS_AGENT_MCP_SERVERS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,23}$")]
    """Stands before its tools' names."""
    title: Annotated[str, Field(min_length=1, max_length=60)]
    """What callers hear it called: «your calendar»."""
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2_000)]
    tokens: Path
    """A JSON object of bearer tokens by e-mail address. Who is not in it has no such server."""


@asynccontextmanager
async def other_servers(configured: Sequence[OtherServer], user: User) -> AsyncIterator[list[ToolServer]]:
    """Open one person's other servers for the length of a call. None of them is connected to yet."""
    async with AsyncExitStack() as stack:
        opened: list[ToolServer] = []
        for server in configured:
            token = _token_of(server, user)
            if token is not None:
                client = TaskClient(server.url, _always(token), patience=PATIENCE)
                await stack.enter_async_context(client)
                opened.append(ToolServer(client, name=server.name, title=server.title))
        yield opened


class Offers:
    """Offers the tools of each server as soon as it can be reached; the call waits for none of them."""

    def __init__(
        self, servers: Sequence[ToolServer], toolbox: Toolbox, *, session: Callable[[], TierSession]
    ) -> None:
        self._servers = servers
        self._toolbox = toolbox
        self._session = session
        self._tools: list[llm.Tool] = []
        """All that were had until now."""

    async def run(self) -> None:
        """Look for each server until it was there once."""
        waiting = list(self._servers)
        while waiting:
            for server in list(waiting):
                try:
                    self._tools += await self._toolbox.add(server)
                except TaskServerUnavailable as error:
                    log.warning(
                        "server.unavailable", extra={"server": server.name, "error": type(error).__name__}
                    )
                    continue
                waiting.remove(server)
                await self.complete(self._session())
            if waiting:
                await asyncio.sleep(LOOK_SECONDS)

    async def complete(self, session: TierSession) -> None:
        """Offer a session what it lacks: one that was being made ready when a server came knows nothing of it."""
        while session is self._session():
            missing = [tool for tool in self._tools if tool not in session.tools]
            if not missing:
                return
            try:
                return await session.offer(missing)
            except llm.RealtimeError as error:
                log.warning("server.not_offered", extra={"error": type(error).__name__})
                await asyncio.sleep(LOOK_SECONDS)


def _token_of(server: OtherServer, user: User) -> str | None:
    try:
        tokens = json.loads(server.tokens.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        log.error("server.tokens_unreadable", extra={"server": server.name, "error": type(error).__name__})
        return None
    token = tokens.get(user.email) if isinstance(tokens, dict) else None
    return token if isinstance(token, str) and token else None


def _always(token: str) -> TokenProvider:
    async def provide() -> str:
        return token

    return provide
