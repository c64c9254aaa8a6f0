"""`voicetasks admin health`: the vendors' services, and which of them nobody dials for now."""

from __future__ import annotations

import asyncio

from cli.admin.books import open_books
from cli.admin.output import Json, print_json, reporting, table
from routing.breaker import Breakers, Reading
from routing.health import Health
from tiers.catalogue import SERVICES


def health(as_json: Json = False) -> None:
    """Show each service's breaker: closed, or open since when, for what, and when it is probed next."""
    with reporting(as_json=as_json):
        reading, sandbox = asyncio.run(_read())
    known = {service: Health() for service in SERVICES} | reading.services
    rows = [_row(service, known[service], reading.now_ms) for service in sorted(known)]
    if as_json:
        print_json({"sandbox": sandbox, "services": rows})
        return
    table(
        "health" + (" (sandbox)" if sandbox else ""),
        ("service", "breaker", "failures", "for", "since", "probed in"),
        [
            (
                str(row["service"]),
                str(row["state"]).replace("_", " "),
                str(row["failures"]),
                str(row["fault"] or "–"),
                _seconds(row["open_for_seconds"], "ago"),
                _seconds(row["retry_in_seconds"]),
            )
            for row in rows
        ],
    )


def _row(service: str, health: Health, now_ms: int) -> dict[str, str | int | float | None]:
    unhealthy = health.as_unhealthy(service)
    return {
        "service": service,
        "state": "closed" if unhealthy is None else unhealthy.state,
        "failures": len(health.failures),
        "fault": health.fault,
        "open_for_seconds": None if unhealthy is None else round((now_ms - unhealthy.since_ms) / 1000, 1),
        "retry_in_seconds": None
        if unhealthy is None
        else round(max(0, unhealthy.retry_ms - now_ms) / 1000, 1),
    }


def _seconds(seconds: object, suffix: str = "") -> str:
    return "–" if seconds is None else f"{seconds} s {suffix}".rstrip()


async def _read() -> tuple[Reading, bool]:
    async with open_books() as books:
        return await Breakers(books.link).read(), books.sandbox
