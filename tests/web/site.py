"""The application as tests use it: started in the process, spoken to by browsers of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from people.user import User
from web.services import Services

NOBODY = "127.0.0.1:1"
"""Nothing listens here: connecting is refused at once."""
PASSWORD = "correct horse battery"
LIVEKIT_KEY = "APItest"
LIVEKIT_SECRET = "a LiveKit secret that only tests know"


@dataclass
class Browser:
    """A browser with its own cookies, at one address."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.client.post("/api/login", json={"email": email, "password": password})
        self.csrf = answer.json().get("csrf", "")
        return answer

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"X-CSRF-Token": self.csrf})

    async def put(self, path: str, body: object = None) -> httpx.Response:
        return await self.client.put(path, json=body, headers={"X-CSRF-Token": self.csrf})

    @property
    def cookie(self) -> str:
        return next(iter(self.client.cookies.values()))


@dataclass
class Site:
    """A running application with two users, Ann and Bob."""

    app: FastAPI
    ann: User
    bob: User
    clients: list[httpx.AsyncClient]

    @property
    def services(self) -> Services:
        services = self.app.state.services
        assert isinstance(services, Services)
        return services

    def browser(self, address: str = "198.51.100.1") -> Browser:
        transport = httpx.ASGITransport(self.app, client=(address, 40_000), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=self.services.settings.address)
        self.clients.append(client)
        return Browser(client)

    async def signed_in(self, user: User) -> Browser:
        browser = self.browser()
        assert (await browser.sign_in(user.email)).status_code == 200
        return browser


OpenSite = Callable[[], Awaitable[Site]]


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Ask again until it holds."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)
