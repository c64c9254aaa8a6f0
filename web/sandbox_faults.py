"""Breaking the sandbox's vendors from the demo's page, so that anybody can watch a call survive it.

Only where the demo and its sandbox can be reached from this machine alone; elsewhere there is nothing here.
"""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from mcp_tasks.connection import tls
from web.errors import ApiError
from web.services import Served
from web.sign_in import may_change, signed_in

router = APIRouter(prefix="/api/sandbox", tags=["sandbox"])

_PATIENCE_SECONDS = 3


class Wish(BaseModel):
    """What a service is to do; see `voicetasks sandbox faults --kinds`. `seconds`: how long, until healed without."""

    model_config = ConfigDict(extra="forbid")

    service: Annotated[str, Field(max_length=40)]
    kind: Annotated[str, Field(max_length=40)]
    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    seconds: Annotated[float | None, Field(gt=0, le=86_400)] = None


class SetFault(BaseModel):
    """A fault; `on`: it has begun."""

    service: str
    kind: str
    on: bool


class Faults(BaseModel):
    """The faults that are set; always of the sandbox."""

    sandbox: bool = True
    faults: list[SetFault]


def _control(services: Served) -> str:
    address = services.settings.sandbox_control
    if address is None:
        raise ApiError(404, "not_found", "There is nothing here.", "See /openapi.json for what there is.")
    return address


Control = Annotated[str, Depends(_control)]


async def _ask(control: str, method: str, *, body: Wish | None = None, service: str | None = None) -> Faults:
    wanted: dict[str, Any] = {"json": body.model_dump(exclude_none=True)} if body else {}
    if service is not None:
        wanted["params"] = {"service": service}
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False, verify=tls()) as client:
            answer = await client.request(method, f"{control}/faults", **wanted)
        told = answer.json()
        if answer.status_code == 422:
            raise ApiError(422, "no_such_fault", str(told["error"]["message"]), str(told["error"]["fix"]))
        answer.raise_for_status()
        return Faults.model_validate(told)
    except (httpx.HTTPError, ValueError) as error:
        raise ApiError(
            503, "sandbox_away", "The sandbox does not answer.", "Start it, and try again."
        ) from error


@router.get("/faults", dependencies=[Depends(signed_in)])
async def faults(control: Control) -> Faults:
    """Give the faults that are set."""
    return await _ask(control, "GET")


@router.post("/faults", dependencies=[Depends(may_change)])
async def set_fault(control: Control, wish: Wish) -> Faults:
    """Have a vendor's stand-in misbehave."""
    return await _ask(control, "POST", body=wish)


@router.delete("/faults", dependencies=[Depends(may_change)])
async def heal(control: Control, service: Annotated[str | None, Query(max_length=40)] = None) -> Faults:
    """End the faults of a service, or all."""
    return await _ask(control, "DELETE", service=service)
