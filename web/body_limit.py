"""Requests carry at most 64 kB, but for a few addresses: more is refused before it is read into memory."""

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import BodyTooLongError, too_long

MAX_BODY_BYTES = 64 * 1024
MAX_EXPORT_BYTES = 4 * 1024 * 1024
"""A vendor's usage export: some months of a model's days, or 10,000 requests. The terminal takes longer ones."""
LONGER = {
    "/api/admin/reconcile": MAX_EXPORT_BYTES,
    "/api/admin/reconcile/effect": MAX_EXPORT_BYTES,
}
"""They read their body themselves, once it is known that an admin sends it."""


class BodyLimit:
    """ASGI middleware: refuses a body that says it is, or turns out to be, too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is short enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = LONGER.get(scope["path"], MAX_BODY_BYTES)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _refuse(send, limit)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > limit:
                raise BodyTooLongError(limit)
            return message

        await self._app(scope, counted, send)


async def _refuse(send: Send, limit: int) -> None:
    response = JSONResponse(too_long(limit), 413)
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [*response.raw_headers, (b"connection", b"close")],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
