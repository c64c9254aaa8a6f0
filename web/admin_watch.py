"""Vendors' health, with what changed of it, for admins."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from routing.breaker import Breakers, Turned
from routing.health import Health
from routing.redis_link import BlindError
from tiers.catalogue import SERVICES
from web.admin import Admin
from web.admin_label import is_sandbox
from web.errors import ApiError
from web.routing_books import routing_errors
from web.services import Served

router = APIRouter(prefix="/api/admin", tags=["admin"])


class ServiceHealth(BaseModel):
    """One vendor's service. Open: nobody dials it; half open: it is being probed. Times are Unix ms."""

    service: str
    state: str
    failures: int
    """Those of the last half minute, which may open it."""
    fault: str
    since_ms: int | None
    retry_ms: int | None


class HealthState(BaseModel):
    """All services, and what changed, the newest first."""

    sandbox: bool
    now_ms: int
    services: list[ServiceHealth]
    turns: list[Turned]


@router.get("/health")
async def health(services: Served, _admin: Admin) -> HealthState:
    """Show each service's breaker, and when breakers opened and closed."""
    with routing_errors():
        books = await services.books.open()
    try:
        breakers = Breakers(books.link)
        reading, turns = await breakers.read(), await breakers.turns()
    except BlindError as error:
        raise ApiError(
            503, "unavailable", "Redis does not answer.", "Look at REDIS_URL; /readyz says more."
        ) from error
    known = {service: Health() for service in SERVICES} | reading.services
    return HealthState(
        sandbox=is_sandbox(),
        now_ms=reading.now_ms,
        services=[_plain(service, known[service]) for service in sorted(known)],
        turns=turns,
    )


def _plain(service: str, health: Health) -> ServiceHealth:
    unhealthy = health.as_unhealthy(service)
    return ServiceHealth(
        service=service,
        state="closed" if unhealthy is None else unhealthy.state,
        failures=len(health.failures),
        fault=health.fault,
        since_ms=None if unhealthy is None else unhealthy.since_ms,
        retry_ms=None if unhealthy is None else unhealthy.retry_ms,
    )
