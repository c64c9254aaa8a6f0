"""One line and one measurement for each request, by route: an address with an id in it is never written."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.metrics import WebMetrics

log = logging.getLogger("web.request")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestLog:
    """ASGI middleware, outermost, so that refusals of the others count too."""

    def __init__(self, app: ASGIApp, *, metrics: WebMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else "other"
            self._metrics.request_seconds.labels(route, method, status).observe(seconds)
            level = logging.DEBUG if route in _QUIET and status < 500 else logging.INFO
            log.log(
                level,
                "request",
                extra={"route": route, "method": method, "status": status, "ms": round(seconds * 1000)},
            )
