"""By which names we answer: nobody points one of their own at us, but whoever watches asks by our bare address."""

from __future__ import annotations

from typing import Final

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Receive, Scope, Send

WATCHED: Final = ("/healthz", "/readyz", "/metrics")
"""What Kubernetes' probes and Prometheus ask for: by a pod's address, which no setting can know."""


class KnownHosts(TrustedHostMiddleware):
    """ASGI middleware: 400 to a Host header that is none of ours, except where a machine looks after us.

    Not used for that on a loopback: there everybody asks by a name that is known, and a page of somebody else's could
    read what it has no business with (DNS rebinding). The proxy in front keeps `/readyz` and `/metrics` inside.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked of us."""
        if scope["type"] == "http" and scope["path"] in WATCHED:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
