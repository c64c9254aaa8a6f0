"""The control port's part for faults: which are on, setting one, healing."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from sandbox.control_refusal import refusal
from sandbox.desk import Desk
from sandbox.faults import KINDS, SLOW_SECONDS, FaultError

_LONGEST_SECONDS = 86_400


class _FaultBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    service: str = Field(max_length=40)
    kind: str = Field(max_length=40)
    after: int = Field(default=0, ge=0, le=1_000_000)
    seconds: float | None = Field(default=None, gt=0, le=_LONGEST_SECONDS)
    times: int | None = Field(default=None, ge=1, le=1_000_000)
    delay: float = Field(default=SLOW_SECONDS, gt=0, le=_LONGEST_SECONDS)


def routes(desk: Desk) -> list[web.RouteDef]:
    """`/faults`: GET shows them and what there is, POST sets one, DELETE heals a service or all."""

    async def shown(_request: web.Request) -> web.Response:
        kinds = {service: sorted(of) for service, of in sorted(KINDS.items())}
        return web.json_response({**desk.faults.as_json(), "kinds": kinds})

    async def set_one(request: web.Request) -> web.Response:
        body = _FaultBody.model_validate_json(await request.read())
        try:
            desk.faults.set(
                body.service,
                body.kind,
                after=body.after,
                seconds=body.seconds,
                times=body.times,
                delay=body.delay,
            )
        except FaultError as error:
            return refusal(422, "no_such_fault", str(error), "GET /faults names what there is")
        return web.json_response(desk.faults.as_json())

    async def heal(request: web.Request) -> web.Response:
        service = request.query.get("service")
        if service is not None and service not in KINDS:
            message = f"there is no such service; there are {', '.join(sorted(KINDS))}"
            return refusal(422, "no_such_service", message, "name one of them, or none for all")
        desk.faults.clear(service)
        return web.json_response(desk.faults.as_json())

    return [web.get("/faults", shown), web.post("/faults", set_one), web.delete("/faults", heal)]
