"""For whoever watches: does the process live, can it serve a call, what has it counted."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from web.readiness import Readiness
from web.services import Served

router = APIRouter(tags=["health"])


class Lives(BaseModel):
    """The process lives."""

    status: str = "ok"


class Missing(BaseModel):
    """Something that a call needs or would like, and does not have."""

    name: str
    detail: str
    fix: str


class Ready(BaseModel):
    """`ready` when nothing is missing; what is only degraded does not keep a call from being served."""

    ready: bool
    missing: list[Missing]
    degraded: list[Missing]


def _readiness(request: Request) -> Readiness:
    return cast("Readiness", request.app.state.readiness)


Asked = Annotated[Readiness, Depends(_readiness)]


@router.get("/healthz")
async def healthz() -> Lives:
    """Say that the process lives; asks nobody else."""
    return Lives()


@router.get("/readyz", responses={503: {"model": Ready}})
async def readyz(response: Response, readiness: Asked) -> Ready:
    """Say whether a call can be served: 503 with what is missing when not."""
    lacking = [part for part in await readiness.parts() if not part.ok]
    missing = [Missing(name=part.name, detail=part.detail, fix=part.fix) for part in lacking if part.needed]
    degraded = [
        Missing(name=part.name, detail=part.detail, fix=part.fix) for part in lacking if not part.needed
    ]
    response.status_code = 503 if missing else 200
    return Ready(ready=not missing, missing=missing, degraded=degraded)


@router.get("/metrics", response_class=Response)
async def metrics(services: Served) -> Response:
    """Give the counters in Prometheus' text format."""
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
