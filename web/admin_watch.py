"""Vendors' health, with what changed of it and what they are about to shut down, for admins."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from routing.breaker import Breakers, Turned
from routing.health import Health
from routing.redis_link import BlindError
from tiers.catalogue import SERVICES
from tiers.shutdowns import Shutdown, shutdowns
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


class ModelShutdown(BaseModel):
    """A model that its vendor shuts down within 60 days, or did. Days are UTC's, as `YYYY-MM-DD`."""

    vendor: str
    model: str
    day: date
    """The first day on which it is no longer served."""
    days_left: int
    """0 and less once it is shut down."""
    successor: str | None
    since: date | None
    """The first day on which the successor is served."""
    succeeded: bool
    """Whether the successor is served already."""


class HealthState(BaseModel):
    """All services, what changed, the newest first, and the models that are about to be shut down."""

    sandbox: bool
    now_ms: int
    services: list[ServiceHealth]
    turns: list[Turned]
    shutdowns: list[ModelShutdown]


@router.get("/health")
async def health(services: Served, _admin: Admin) -> HealthState:
    """Show each service's breaker, when breakers opened and closed, and which models are about to end."""
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
        shutdowns=[_ending(each) for each in shutdowns(_today())],
    )


def _today() -> date:
    return datetime.now(UTC).date()


def _ending(shutdown: Shutdown) -> ModelShutdown:
    return ModelShutdown(
        vendor=shutdown.model.vendor,
        model=shutdown.model.name,
        day=shutdown.day,
        days_left=shutdown.days_left,
        successor=shutdown.successor,
        since=shutdown.since,
        succeeded=shutdown.is_succeeded,
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
