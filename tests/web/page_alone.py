"""The built page in a real Chromium with no server behind it: what it asks is answered as a test says.

For what the page does when a server is slow, refuses or is away: a demo would have to be brought there first.
"""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import BrowserContext, Request, Route, async_playwright

from tests.web.page_driver import FLAGS, PATIENT_MS, PROBE, Tab
from web.settings import WebSettings

URL = "http://localhost"
"""Nothing is ever sent there; the name makes it an address that may use a microphone."""
ANN = "ann@example.org"
BOB = "bob@example.org"

_AS_FROM_HERE = ("--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",)
"""To Chromium a page that came from no server is no neighbour of a room server on this machine."""

Said = tuple[int, Any]
Answer = Said | Callable[[Request], Said | Awaitable[Said]]


def account(email: str = ANN, csrf: str = "first", role: str = "user") -> dict[str, Any]:
    """What the server says of who is signed in."""
    user = {"email": email, "plan": "economy", "role": role, "time_zone": "UTC"}
    return {"csrf": csrf, "user": user, "sandbox": False}


def refusal(status: int, code: str, message: str) -> Said:
    """The server's shape of errors."""
    return status, {"error": {"code": code, "message": message}}


def tasks(*titles: str, total: int | None = None) -> dict[str, Any]:
    """A list of open tasks."""
    found = [
        {"id": title, "title": title, "due": None, "due_spoken": None, "status": "open", "version": 1}
        for title in titles
    ]
    return {"tasks": found, "total": len(found) if total is None else total, "changes": []}


def view_of(request: Request) -> str:
    """Which tasks are asked for."""
    return parse_qs(urlsplit(request.url).query)["view"][0]


class PageAlone:
    """One browser, and what it is answered: by «GET /api/me», with a status and a body."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.asked: list[str] = []
        """All questions so far, as they name their answers."""
        period = {"microdollars": 0, "cap_microdollars": 1_000_000}
        self.answers: dict[str, Answer] = {
            "GET /api/me": (200, account()),
            "GET /api/tasks": lambda request: (200, tasks(*["Buy milk"] * (view_of(request) == "all"))),
            "GET /api/consent": (200, {"transcripts": False, "days": 30}),
            "GET /api/budget": (200, {"sandbox": False, "day": period, "month": period}),
        }

    @classmethod
    @asynccontextmanager
    async def opened(cls, chromium: str) -> AsyncIterator[PageAlone]:
        """Start the browser."""
        async with async_playwright() as playwright:
            flags = [*FLAGS, "--use-fake-device-for-media-stream", *_AS_FROM_HERE]
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
            context = await browser.new_context(reduced_motion="reduce", permissions=["microphone"])
            context.set_default_timeout(PATIENT_MS)
            await context.add_init_script(PROBE)
            alone = cls(context)
            await context.route(f"{URL}/**", alone._answer)
            yield alone
            await browser.close()

    async def tab(self, place: str = "/") -> Tab:
        """A tab with the page in it."""
        tab = Tab(await self.context.new_page(), URL)
        tab.watch()
        await tab.page.goto(f"{URL}{place}")
        return tab

    async def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not path.startswith("/api/"):
            await self._file(route, path)
            return
        question = f"{route.request.method} {path}"
        self.asked.append(question)
        answer = self.answers.get(question, refusal(404, "not_found", "There is no such thing."))
        if callable(answer):
            answer = answer(route.request)
        status, body = answer if isinstance(answer, tuple) else await answer
        if status == 0:  # nobody is there
            await route.abort()
        elif status == 204:
            await route.fulfill(status=status)
        else:
            await route.fulfill(status=status, json=body, headers={"Date": formatdate(usegmt=True)})

    async def _file(self, route: Route, path: str) -> None:
        file: Path = WebSettings.model_fields["page_dir"].default / path.removeprefix("/page").lstrip("/")
        if path == "/":
            file = file / "index.html"
        if file.is_file():
            await route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file)[0] or "")
        else:
            await route.fulfill(status=404)
