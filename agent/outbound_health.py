"""The port of the process that calls people: whether it goes on, and when it last looked for what is due.

The loop that looks serves it, too: one that stands still answers nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

STUCK_SECONDS: Final = 300.0
"""So long no step takes: a telephone that rings, with all that waits for LiveKit around it, some four minutes at most."""


class CannotListenError(Exception):
    """The port is another's, or the address nobody's; the message names the settings."""


class OutboundHealth:
    """`/healthz` for an orchestrator (503 once it is stuck) and `/metrics` for Prometheus. `port` 0 takes any.

    Use as an async context manager.
    """

    def __init__(self, host: str, port: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self._host = host
        self._port = port
        self._clock = clock
        self._went_on: float | None = None
        self._looked: Gauge | None = None
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        addresses = self._runner.addresses if self._runner is not None else []
        return int(addresses[0][1]) if addresses else self._port

    async def __aenter__(self) -> OutboundHealth:
        """Listen. Raises CannotListenError."""
        app = web.Application()
        app.add_routes([web.get("/healthz", self._lives), web.get("/metrics", self._metrics)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise CannotListenError(
                f"{error.strerror} (VOICETASKS_OUTBOUND_HOST, VOICETASKS_OUTBOUND_PORT)"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def begins(self) -> None:
        """It looks from now on. Without a trunk it never does, and nobody is to miss that."""
        self._looked = Gauge(
            "voicetasks_reminders_time_seconds",
            "When it last looked for tasks to call about, Unix time; 0 until then.",
            registry=self.registry,
        )
        self.goes_on()

    def goes_on(self) -> None:
        """A step was taken, whatever came of it: a database that is away comes back by no restart of ours."""
        self._went_on = self._clock()

    def looked(self) -> None:
        """What is due was looked for, or one more of them was seen to."""
        self.goes_on()
        if self._looked is not None:
            self._looked.set(time.time())

    async def _lives(self, _request: web.Request) -> web.Response:
        stuck = self._went_on is not None and self._clock() - self._went_on > STUCK_SECONDS
        return web.json_response({"status": "stuck" if stuck else "ok"}, status=503 if stuck else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
