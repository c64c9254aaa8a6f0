"""The web server as a browser sees it: sign in, start a call, look at the tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.health import tls

SECONDS = 15.0
MOST_TASKS = 100
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True)
class Ticket:
    """What lets a caller into its room."""

    call_id: str
    url: str
    token: str
    room: str
    pin: str = field(default="", repr=False)
    """Keyed by a telephone when it is asked who it is."""


class WebDoor:
    """One signed-in session. Use as an async context manager."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url
        self.plan: str | None = None
        self._client = httpx.AsyncClient(base_url=url, timeout=SECONDS, transport=transport, verify=tls())
        self._csrf = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        """Start a session. Raises RefusedError for wrong credentials and NobodyAnsweredError without a server."""
        answer = await self._ask("POST", "/api/login", json={"email": email, "password": password})
        self._csrf = str(answer["csrf"])
        self.plan = answer["user"]["plan"]

    async def start_call(self) -> Ticket:
        """Ask for a room and a token. Raises RefusedError when no agent is free, among other reasons."""
        answer = await self._ask(
            "POST", "/api/calls", json={"channel": "browser"}, headers={CSRF_HEADER: self._csrf}
        )
        return Ticket(*(str(answer[name]) for name in ("call_id", "url", "token", "room")))

    async def tasks(self) -> list[dict[str, Any]]:
        """The user's tasks as the page shows them, done ones included."""
        found = []
        for view in ("all", "done"):  # the server's «all» means all that is open
            answer = await self._ask("GET", "/api/tasks", params={"view": view, "limit": MOST_TASKS})
            found += answer["tasks"]
        return [{name: task.get(name) for name in ("id", "title", "due", "status")} for task in found]

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise NobodyAnsweredError(
                f"no voicetasks server answers at {self.url} ({type(error).__name__}); "
                "start one with scripts/demo, or name another with --url"
            ) from error
        if response.is_error:
            raise RefusedError(f"{path} was refused: {_reason(response)}")
        try:
            answer = response.json()
        except ValueError as error:
            raise NobodyAnsweredError(
                f"{self.url}{path} answers, but not as a voicetasks server does"
            ) from error
        if not isinstance(answer, dict):
            raise NobodyAnsweredError(f"{self.url}{path} answers, but not as a voicetasks server does")
        return answer


def _reason(response: httpx.Response) -> str:
    """The server's own words, or the status when it has none."""
    try:
        error = response.json()["error"]
        words = " ".join(str(error[name]) for name in ("message", "fix") if error.get(name))
        return f"{words} ({error.get('code')}, HTTP {response.status_code})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"HTTP {response.status_code}"
