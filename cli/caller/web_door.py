"""The web server as a browser sees it: sign in, start a call, look at the tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.health import tls

SECONDS = 15.0
MOST_TASKS = 100
"""As many of a view as the server shows; it has no second page."""
BUSY = "busy"
"""The code of a server that is well and has no line free."""
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


@dataclass(frozen=True)
class Tasks:
    """A look at the user's tasks."""

    shown: list[dict[str, Any]]
    """`id, title, due, status`: at most MOST_TASKS that are open, and as many that are done."""
    total: int
    """How many there are, shown or not."""


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
        with self._read("/api/login"):
            self._csrf = str(answer["csrf"])
            self.plan = answer["user"]["plan"]

    async def start_call(self) -> Ticket:
        """Ask for a room and a token. Raises RefusedError when no line is free, among other reasons, and
        NobodyAnsweredError where nobody is there to take the call.
        """
        answer = await self._ask(
            "POST", "/api/calls", json={"channel": "browser"}, headers={CSRF_HEADER: self._csrf}
        )
        with self._read("/api/calls"):
            return Ticket(*(str(answer[name]) for name in ("call_id", "url", "token", "room")))

    async def tasks(self) -> Tasks:
        """The user's tasks as the page shows them, done ones included."""
        found: list[dict[str, Any]] = []
        total = 0
        for view in ("all", "done"):  # the server's «all» means all that is open
            answer = await self._ask("GET", "/api/tasks", params={"view": view, "limit": MOST_TASKS})
            with self._read("/api/tasks"):
                names = ("id", "title", "due", "status")
                found += [{name: task.get(name) for name in names} for task in answer["tasks"]]
                total += answer["total"]
        return Tasks(found, total)

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise NobodyAnsweredError(
                f"no voicetasks server answers at {self.url} ({type(error).__name__}); "
                "start one with scripts/demo, or name another with --url"
            ) from error
        if response.is_error:
            code, reason = _reason(response)
            if response.is_server_error and code != BUSY:
                raise NobodyAnsweredError(f"{path} was not answered: {reason}")
            raise RefusedError(f"{path} was refused: {reason}")
        with self._read(path):
            answer = response.json()
            if not isinstance(answer, dict):
                raise TypeError("no object")
            return answer

    @contextmanager
    def _read(self, path: str) -> Iterator[None]:
        """Read an answer. What is not as our server writes it comes of another program, such as a proxy's own page."""
        try:
            yield
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise NobodyAnsweredError(
                f"{self.url}{path} answers, but not as a voicetasks server does"
            ) from error


def _reason(response: httpx.Response) -> tuple[str, str]:
    """The server's code for it, and its own words, or the status when it has none."""
    try:
        error = response.json()["error"]
        words = " ".join(str(error[name]) for name in ("message", "fix") if error.get(name))
        return str(error.get("code")), f"{words} ({error.get('code')}, HTTP {response.status_code})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", f"HTTP {response.status_code}"
