"""The sandbox's servers: the vendors' stand-ins on one port, its control on another."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from sandbox import (
    cartesia,
    deepgram_stt,
    deepgram_tts,
    elevenlabs,
    gemini_live,
    openai_chat,
    openai_realtime,
)
from sandbox.control import control_app
from sandbox.desk import Desk

# A chat request carries the whole conversation; 8 MB is far above any and still bounded.
_MAX_BODY = 8_000_000


class NotLoopbackError(ValueError):
    """The address can be reached from other machines. Stop: a sandbox takes any key."""


class PortTakenError(OSError):
    """Another process has the port. Stop it, or set another port."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a sandbox listens."""

    host: str
    port: int
    control_port: int

    @property
    def url(self) -> str:
        """The stand-ins' root; vendors are below it."""
        return f"http://{self.host}:{self.port}"

    @property
    def control_url(self) -> str:
        """The control port's root."""
        return f"http://{self.host}:{self.control_port}"


def vendors_app(desk: Desk) -> web.Application:
    """All stand-ins, each below its vendor's name."""
    app = web.Application(client_max_size=_MAX_BODY)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "sandbox": True})

    app.router.add_get("/healthz", healthz)
    for vendor, routes in {
        "openai": openai_chat.routes(desk) + openai_realtime.routes(desk),
        "deepgram": deepgram_stt.routes(desk) + deepgram_tts.routes(desk),
        "cartesia": cartesia.routes(desk),
        "elevenlabs": elevenlabs.routes(desk),
        "gemini": gemini_live.routes(desk),
        "ollama": openai_chat.routes(desk, openai_chat.OLLAMA),
    }.items():
        part = web.Application(client_max_size=_MAX_BODY)
        part.add_routes(routes)
        app.add_subapp(f"/{vendor}", part)
    return app


def check_loopback(host: str, *, allow_remote: bool = False) -> None:
    """Raise NotLoopbackError when the address is not this machine's alone, unless that is allowed."""
    if allow_remote or host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise NotLoopbackError(
            f"{host} is not a loopback address; set VOICETASKS_SANDBOX_ALLOW_REMOTE=true if you mean it"
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(error.errno, f"port {port} on {host} cannot be had: {error.strerror}") from error
    return listener


@asynccontextmanager
async def serve(
    desk: Desk, *, host: str = "127.0.0.1", port: int = 0, control_port: int = 0, allow_remote: bool = False
) -> AsyncIterator[Running]:
    """Run both servers for as long as the block lasts, then close every connection and the desk."""
    check_loopback(host, allow_remote=allow_remote)
    runners: list[web.AppRunner] = []
    ports: list[int] = []
    try:
        for app, wanted in ((vendors_app(desk), port), (control_app(desk), control_port)):
            listener = _listen(host, wanted)
            # A client that closes its stream cancels the handler, which then bills what was generated.
            runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
            runners.append(runner)
            await runner.setup()
            await web.SockSite(runner, listener).start()
            ports.append(listener.getsockname()[1])
        yield Running(host, *ports)
    finally:
        for runner in runners:
            await runner.cleanup()
        await desk.aclose()
