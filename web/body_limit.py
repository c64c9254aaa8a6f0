"""Requests carry at most 64 kB: more is refused before it is read into memory."""

from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import TOO_LONG, error_body

MAX_BODY_BYTES = 64 * 1024


class BodyLimit:
    """ASGI middleware: refuses a body that says it is, or turns out to be, too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is short enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > MAX_BODY_BYTES:
            await _refuse(send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > MAX_BODY_BYTES:
                # FastAPI passes an HTTPException on from reading a body, and turns others into 400.
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


async def _refuse(send: Send) -> None:
    response = JSONResponse(error_body(*TOO_LONG), 413)
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [*response.raw_headers, (b"connection", b"close")],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
