"""By which names we answer: nobody points one of their own at us, but whoever watches asks by our bare address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from web.errors import error_body

WATCHED: Final = ("/healthz", "/readyz", "/metrics")
"""What Kubernetes' probes and Prometheus ask for: by a pod's address, which no setting can know."""


class KnownHosts(TrustedHostMiddleware):
    """ASGI middleware: 400 to a Host header that is none of ours, except where a machine looks after us.

    `watched` is not for a loopback: there everybody asks by a name that is known, and a page of somebody else's could
    read what it has no business with (DNS rebinding). The proxy in front keeps `/readyz` and `/metrics` inside.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str], watched: bool) -> None:
        super().__init__(self._known, allowed_hosts)
        self._app = app
        self._watched = watched

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked of us."""
        is_http = scope["type"] == "http"
        if is_http and self._watched and scope["path"] in WATCHED:
            await self._app(scope, receive, send)
        else:
            await super().__call__(scope, receive, _Refusal(send) if is_http else send)

    async def _known(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send.plain if isinstance(send, _Refusal) else send)


class _Refusal:
    """Where Starlette's own refusal goes, which is text: ours goes out instead. A redirect stays one."""

    def __init__(self, send: Send) -> None:
        self.plain = send
        self._body: bytes | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 400:
            body = error_body(
                "unknown_host",
                "The request's Host header is no name of this server.",
                "Ask by the address of VOICETASKS_WEB_PUBLIC_URL; on the machine itself by localhost.",
            )
            response = JSONResponse(body, 400)
            self._body = bytes(response.body)
            message = {**message, "headers": response.raw_headers}
        elif self._body is not None:
            message = {**message, "body": self._body}
        await self.plain(message)
