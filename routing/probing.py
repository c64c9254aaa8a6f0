"""Probing services that were given up, when they are due: beside the calls, by one worker at a time for each service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from routing.again import again
from routing.decision import Unhealthy
from routing.ending import ended
from routing.health import PROBE_MS
from routing.health_watch import HealthWatch
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from tiers.faults import Fault

log = logging.getLogger("routing.probing")

TICK_SECONDS: Final = 0.25
"""Between two looks at what is due; they cost nothing unless something is."""
LONGEST_SECONDS: Final = PROBE_MS / 2000
"""A probe without an answer for so long has failed."""

Probe = Callable[[str], Awaitable[Fault | None]]
"""Tries a service by its name: what is wrong with it, None when it is well."""


async def keep_probing(
    settings: RoutingSettings,
    probe: Probe,
    *,
    on_health: Callable[[tuple[Unhealthy, ...]], None] = lambda _: None,
) -> None:
    """Probe what is due until cancelled. `on_health` gets the unhealthy services, at first and at every change."""
    await again("health.probing", lambda: _keep_probing(settings, probe, on_health))


async def _keep_probing(
    settings: RoutingSettings, probe: Probe, on_health: Callable[[tuple[Unhealthy, ...]], None]
) -> None:
    link = RedisLink(settings.redis_url, most=2)  # the watch listens at one
    watch = HealthWatch(link, settings.breaker_rules)
    watch.on_change(lambda: on_health(watch.unhealthy()))
    probing: dict[str, asyncio.Task[None]] = {}
    try:
        await watch.start()
        on_health(watch.unhealthy())
        while True:
            for service in watch.due():
                if service not in probing or probing[service].done():
                    work = _probe_once(watch, service, probe)
                    probing[service] = asyncio.create_task(work, name="health.probe")
            await asyncio.sleep(TICK_SECONDS)
    finally:
        await ended(*probing.values())
        await watch.aclose()
        await link.aclose()


async def _probe_once(watch: HealthWatch, service: str, probe: Probe) -> None:
    token = await watch.claim(service)
    if token is None:
        return
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            fault = await probe(service)
    except TimeoutError:
        fault = Fault.VENDOR_DOWN
    except Exception:
        # Our own mistake must not keep a vendor away for good: whoever dials it will tell.
        log.exception("health.probe_failed", extra={"service": service})
        fault = Fault.OURS
    log.info("health.probed", extra={"service": service, "fault": fault.label if fault else ""})
    await watch.probed(service, token, fault)
