"""What the bench asks the demo's money, router and vendors: policy, breakers, leases, journal, invoice, faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

import httpx

from cli.admin.books import Books, open_books
from cli.bench.chaos.plan import AT_THE_DOOR, LADDERS
from routing.breaker import Breakers
from routing.charges import usage_of
from routing.exports.reading import read_export
from routing.health import Health
from routing.live_leases import live_leases
from routing.reconcile import Drift, settle, settlement_of
from tiers.prices import bundled

ENDS_SECONDS: Final = 20.0
"""How long after the caller left a call may hold money."""
SOCKETS_SECONDS: Final = 5.0
"""How long after its end a call may hold vendors' sockets."""
BOOKED_SECONDS: Final = 3.0
"""How long after its end a call's charges may be on their way to the journal."""
CLOSE_MICRODOLLARS: Final = 200
LOOK_SECONDS: Final = 0.1
PROBE: Final = "probe"
"""What the workers' probes are called on the vendors' bills (tiers/probe.py)."""
PLENTY: Final = 10**13
"""µ$: no call of the bench is served with less because of money."""


class Desk:
    """The demo's books and its sandbox."""

    def __init__(self, books: Books, control: httpx.AsyncClient) -> None:
        self._books = books
        self._control = control
        self._breakers = Breakers(books.link)
        self._ladder = ""

    # -- vendors -------------------------------------------------------------------------------------------

    async def kinds(self) -> Mapping[str, Sequence[str]]:
        """The faults that each service can show."""
        kinds: Mapping[str, Sequence[str]] = (await self._control.get("/faults")).json()["kinds"]
        return kinds

    async def break_it(self, service: str, kind: str) -> None:
        """Have a service show a fault until it is healed. One that only newcomers meet also ends what is open."""
        await self._fault(service=service, kind=kind)
        if kind in AT_THE_DOOR:
            await self._fault(service=service, kind="cut", times=1)

    async def heal(self, service: str) -> None:
        """End the faults of a service."""
        (await self._control.delete("/faults", params={"service": service})).raise_for_status()

    async def forget_health(self, services: Iterable[str]) -> None:
        """Have every worker think well of some services again."""
        for service in services:
            await self._breakers.change(service, lambda _health, _now: Health())

    # -- who is served with what ---------------------------------------------------------------------------

    async def set_up(self) -> None:
        """Let no call end for want of money."""
        cap = {"premium": PLENTY, "total": PLENTY}
        caps = {scope: cap for scope in ("call", "user_day", "user_month", "global_day")}
        await self._write({"caps": caps, "premium": list(LADDERS["premium"])})

    async def serve_economy_with(self, stack: str) -> None:
        """Have calls on the economy plan begin with a stack."""
        if stack != self._ladder:
            await self._write({"economy": list(LADDERS[stack])})
            self._ladder = stack

    async def _write(self, patch: dict[str, Any]) -> None:
        store = self._books.store
        await store.write(patch, expected=(await store.current()).version, author="bench:chaos")

    # -- money ---------------------------------------------------------------------------------------------

    async def is_settled(self, call_id: str) -> bool:
        """Wait until a call that is over holds no money; False where it still does after a while."""
        deadline = time.monotonic() + ENDS_SECONDS
        while any(lease.call_id == call_id for lease in await live_leases(self._books.link)):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def sockets_left(self, call_id: str) -> int:
        """Wait until the vendors' sockets of a call that is over are closed; how many are not after a while."""
        deadline = time.monotonic() + SOCKETS_SECONDS
        while left := await self._sockets(call_id):
            if time.monotonic() > deadline:
                return left
            await asyncio.sleep(LOOK_SECONDS)
        return 0

    async def bills(self, call_id: str) -> tuple[int, int]:
        """What the journal says that a call cost, and what the vendors say, µ$.

        A worker may still be writing what it has taken from Redis, so that a difference is looked at again.
        """
        deadline = time.monotonic() + BOOKED_SECONDS
        while True:
            metered, invoiced = await self._bills(call_id)
            if abs(metered - invoiced) <= CLOSE_MICRODOLLARS or time.monotonic() > deadline:
                return metered, invoiced
            await asyncio.sleep(LOOK_SECONDS)

    async def _bills(self, call_id: str) -> tuple[int, int]:
        """Both as they are now. A voice's bill does not name the call: its rows are known by the request that the
        journal names.
        """
        await self._books.catch_up()
        charges = await self._books.journal.entries(call_id=call_id, kind="charge", limit=100_000)
        usages = [usage for charge in charges if (usage := usage_of(charge)) is not None]
        mine = [
            row
            for row in await self._rows()
            if row["tag"] == call_id
            or any(row["request_id"] in usage.event_id for usage in usages if usage.part == "tts")
        ]
        return sum(charge.microdollars for charge in charges), sum(row["microdollars"] for row in mine)

    async def reconciled(self) -> tuple[Drift, ...]:
        """Settle estimates by the vendors' invoice; what is left between both, by model, over this demo's life."""
        await self._books.catch_up()
        export = read_export(json.dumps({"sandbox": True, "rows": await self._rows()}), bundled())
        settlement = await settlement_of(self._books.journal, export, now_ms=time.time_ns() // 1_000_000)
        await settle(self._books.journal, settlement)
        return settlement.drifts

    async def _fault(self, **wanted: Any) -> None:
        (await self._control.post("/faults", json=wanted)).raise_for_status()

    async def _rows(self) -> list[dict[str, Any]]:
        """The invoice without what the workers' probes cost, which is no call's."""
        rows: list[dict[str, Any]] = (await self._control.get("/invoice")).json()["rows"]
        return [row for row in rows if PROBE not in (row["tag"] or row["request_id"])]

    async def _sockets(self, call_id: str) -> int:
        found = (await self._control.get("/connections")).json()["open"]
        return sum(1 for each in found if each["tag"] == call_id)


@contextlib.asynccontextmanager
async def open_desk(control_url: str) -> AsyncIterator[Desk]:
    """Open everything of the demo that the environment names."""
    async with (
        open_books() as books,
        httpx.AsyncClient(base_url=control_url, timeout=15, trust_env=False) as control,
    ):
        yield Desk(books, control)
