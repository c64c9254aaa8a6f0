"""A 401 that says why. The SDK decides and answers «Authentication required» to all; this tells the reason."""

import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_tasks.identity import TokenRefused, read_token

_SCHEME = "bearer "


class ExplainUnauthorized:
    """ASGI middleware around the SDK's app; only replies with status 401 are touched."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app = app
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything except the reply of a refusal, which is sent anew with its reason."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def explain(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 401:
                refused = True
                for part in _refusal(_reason(Headers(scope=scope), self._secret)):
                    await send(part)
            elif not refused:
                await send(message)

        await self._app(scope, receive, explain)


def _reason(headers: Headers, secret: str) -> str:
    header = headers.get("authorization", "")
    if not header.lower().startswith(_SCHEME):
        return "A bearer token is required"
    try:
        read_token(header[len(_SCHEME) :], secret)
    except TokenRefused as refused:
        return str(refused)
    return "Authentication required"


def _refusal(reason: str) -> tuple[Message, Message]:
    """RFC 6750, section 3; the body carries our own error shape beside OAuth's."""
    body = json.dumps(
        {
            "error": "invalid_token",
            "error_description": reason,
            "code": "unauthorized",
            "message": reason,
        }
    ).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", f'Bearer error="invalid_token", error_description="{reason}"'.encode()),
    ]
    start: Message = {"type": "http.response.start", "status": 401, "headers": headers}
    return start, {"type": "http.response.body", "body": body}
