"""The control port: what a test, the bench and the command line ask the sandbox, as JSON over HTTP."""

import asyncio
import contextlib
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox import control_faults
from sandbox.control_refusal import refusal
from sandbox.desk import Desk
from sandbox.profiles import PROFILES, Profile
from sandbox.scripts import ScriptedReply
from sandbox.told import MAX_TEXT, ToldError

_LONGEST_WAIT_SECONDS = 10


class _ToldBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tag: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=MAX_TEXT)
    unless_waiting: bool = False
    ends: list[float] = Field(default_factory=list, max_length=50)
    """When each piece between breaths ends, seconds since the first word."""


class _ScriptBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    replies: list[ScriptedReply] = Field(min_length=1, max_length=200)


class _NamedProfile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Literal["instant", "seed"]


def _invalid(error: ValidationError) -> web.Response:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    return refusal(
        422, "invalid", f"{where}: {first['msg']}", "send the body that the control port describes"
    )


@web.middleware
async def _json_bodies_only(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        return await handler(request)  # type: ignore[no-any-return]
    except ValidationError as error:
        return _invalid(error)


def control_app(desk: Desk) -> web.Application:
    """The control port's application."""
    app = web.Application(client_max_size=1_000_000, middlewares=[_json_bodies_only])

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "sandbox": True, "profile": desk.profile.name})

    async def invoice(request: web.Request) -> web.Response:
        """With `?charged=N`, wait until N requests were charged since the last reset, ten seconds at most."""
        wanted = request.query.get("charged", "0")
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 7):
            return refusal(422, "invalid", "charged: a number of requests", "send ?charged=N")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(desk.invoice.grown(int(wanted)), _LONGEST_WAIT_SECONDS)
        return web.json_response(desk.invoice.as_json(tag=request.query.get("tag")))

    async def connections(_request: web.Request) -> web.Response:
        return web.json_response(desk.connections.as_json())

    async def reset(_request: web.Request) -> web.Response:
        desk.reset()
        return web.json_response({"ok": True})

    async def told(request: web.Request) -> web.Response:
        body = _ToldBody.model_validate_json(await request.read())
        try:
            if not (body.unless_waiting and desk.told.is_waiting(body.tag)):
                desk.told.put(body.tag, body.text, body.ends)
        except ToldError as error:
            return refusal(429, "too_many", str(error), "let the call take what waits first")
        return web.json_response({"ok": True})

    async def script(request: web.Request) -> web.Response:
        body = _ScriptBody.model_validate_json(await request.read())
        try:
            desk.scripts.add(body.replies)
        except OverflowError as error:
            return refusal(429, "too_many", str(error), "reset, or let the waiting replies be served")
        return web.json_response({"ok": True, "waiting": len(desk.scripts)})

    async def profile(_request: web.Request) -> web.Response:
        return web.json_response(desk.profile.model_dump())

    async def put_profile(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            desk.profile = PROFILES[_NamedProfile.model_validate_json(raw).name]
        except ValidationError:
            desk.profile = Profile.model_validate_json(raw)
        return web.json_response(desk.profile.model_dump())

    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/invoice", invoice),
            web.get("/connections", connections),
            web.post("/reset", reset),
            web.post("/told", told),
            web.post("/script", script),
            web.get("/profile", profile),
            web.put("/profile", put_profile),
            *control_faults.routes(desk),
        ]
    )
    return app
