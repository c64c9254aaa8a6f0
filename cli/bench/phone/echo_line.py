"""A number that is answered by an echo: what the bridge costs by itself, from the caller's mouth back to their ear."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from livekit import api

from cli.bench.latency.doors import running
from cli.bench.latency.peers import echo
from cli.room_server import room_server

NUMBER: Final = "echo"
PREFIX: Final = "echo"
LOOK_SECONDS: Final = 0.1
LOOPBACK: Final = "127.0.0.1/32"
EMPTY_SECONDS: Final = 20


@contextlib.asynccontextmanager
async def echo_line(folder: Path) -> AsyncIterator[None]:
    """Have calls to NUMBER meet an echo for as long as the block lasts, on the demo that the environment names."""
    url, key, secret = room_server(os.environ)
    async with api.LiveKitAPI(url, key, secret, failover=False) as client:
        trunk = await client.sip.create_inbound_trunk(
            api.CreateSIPInboundTrunkRequest(
                trunk=api.SIPInboundTrunkInfo(
                    name="voicetasks bench echo", numbers=[NUMBER], allowed_addresses=[LOOPBACK]
                )
            )
        )
        individual = api.SIPDispatchRuleIndividual(room_prefix=PREFIX)
        rule = await client.sip.create_dispatch_rule(
            api.CreateSIPDispatchRuleRequest(
                dispatch_rule=api.SIPDispatchRuleInfo(
                    name="voicetasks bench echo",
                    trunk_ids=[trunk.sip_trunk_id],
                    rule=api.SIPDispatchRule(dispatch_rule_individual=individual),
                    room_config=api.RoomConfiguration(empty_timeout=EMPTY_SECONDS),
                )
            )
        )
        answering = asyncio.create_task(_answer_all(client, url, key, secret, folder), name="bench.echo")
        try:
            yield
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            await client.sip.delete_dispatch_rule(
                api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
            )
            await client.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))


async def _answer_all(client: api.LiveKitAPI, url: str, key: str, secret: str, folder: Path) -> None:
    """Send an echo into each room that a call to NUMBER makes; they end with this."""
    met: set[str] = set()
    async with contextlib.AsyncExitStack() as echoes:
        while True:
            for room in (await client.room.list_rooms(api.ListRoomsRequest())).rooms:
                if room.name.startswith(f"{PREFIX}_") and room.name not in met:
                    met.add(room.name)
                    command = (sys.executable, str(echo.__file__), url, _token(key, secret, room.name))
                    await echoes.enter_async_context(running(command, os.environ, folder / "echo.log"))
            await asyncio.sleep(LOOK_SECONDS)


def _token(key: str, secret: str, room: str) -> str:
    grants = api.VideoGrants(room_join=True, room=room)
    token = api.AccessToken(key, secret).with_identity(f"echo_{secrets.token_hex(4)}").with_kind("agent")
    return token.with_ttl(timedelta(hours=1)).with_grants(grants).to_jwt()
