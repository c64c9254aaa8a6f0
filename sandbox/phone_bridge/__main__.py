"""`python -m sandbox.phone_bridge`: take telephone calls until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web
from livekit import api

from sandbox.log import set_up_logging
from sandbox.phone_bridge.call import Call
from sandbox.phone_bridge.dialog import Dialog
from sandbox.phone_bridge.digest import Digest
from sandbox.phone_bridge.dispatch import Directory
from sandbox.phone_bridge.masking import mask
from sandbox.phone_bridge.settings import PhoneBridgeSettings
from sandbox.phone_bridge.switchboard import Switchboard
from sandbox.phone_bridge.transaction import Transaction

log = logging.getLogger("sandbox.phone")

NAME = "stand-in"


async def run(settings: PhoneBridgeSettings) -> None:
    """Serve until a signal comes; every call has ended when this returns. Raises OSError when a port is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    client = api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        timeout=aiohttp.ClientTimeout(total=5),
        failover=False,
    )
    directory, digest = Directory(client), Digest()

    def make_call(invite: Transaction, source: tuple[str, int], dialog: Dialog) -> Call:
        return Call(
            invite, source, dialog, settings=settings, client=client, directory=directory, digest=digest
        )

    board = Switchboard(settings, make_call)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        await board.open()
        stack.push_async_callback(board.close)
        health_port = await _tell(board, settings, stack)
        fields = {"port": board.port, "health_port": health_port, "bridge": NAME, "pid": os.getpid()}
        log.info("ready", extra={"fields": fields})
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


async def _tell(board: Switchboard, settings: PhoneBridgeSettings, stack: AsyncExitStack) -> int:
    async def state(_: web.Request) -> web.Response:
        said = {"bridge": NAME, "sandbox": True, "up": board.up, "ringing": board.ringing}
        return web.json_response({**said, "port": board.port, "counts": dict(board.counts)})

    app = web.Application()
    app.router.add_get("/", state)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, settings.host, settings.health_port)
    await site.start()
    return int(runner.addresses[0][1])


def main() -> int:
    """Exit status: 0 ended by a signal, 1 could not start."""
    set_up_logging()
    mask()
    settings = PhoneBridgeSettings()
    if not ipaddress.ip_address(settings.host).is_loopback:
        log.error("cannot start", extra={"fields": {"why": "the stand-in listens on loopback only"}})
        return 1
    try:
        asyncio.run(run(settings))
    except OSError as error:
        log.error("cannot start", extra={"fields": {"why": error.strerror}})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
