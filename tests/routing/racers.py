"""One process of racers for the property test: calls that reserve, spend, repeat themselves, and never settle.

python -m tests.routing.racers URL DATABASE_URL SEED RACERS USERS PREMIUM_CAP TOTAL_CAP
"""

from __future__ import annotations

import asyncio
import random
import sys
from zoneinfo import ZoneInfo

from routing.budget import Account, Budget, Refused
from routing.caps import Cap, Caps
from routing.journal import Journal
from routing.kinds import Tier
from routing.redis_link import BlindError, RedisLink
from routing.scopes import scopes_of
from routing.stream import StreamCounts

LEASE_MS = 400
STEPS = 12
HOUR_MS = 3_600_000


async def race(budget: Budget, call_id: str, user: str, caps: Caps, random_: random.Random) -> None:
    """One call's life, in a hurry and badly behaved."""
    zone = ZoneInfo(random_.choice(["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"]))
    tier: Tier = "premium"
    account: Account | None = None
    for step in range(STEPS):
        # A worker's clock may be hours off; Redis' decides.
        skew = random_.choice([0, 0, -30 * HOUR_MS, 30 * HOUR_MS]) if account is None else 0
        now = budget.now_ms or await budget.time_ms()
        amount = random_.randint(1, 40_000)
        if account is None or random_.random() < 0.4:
            for attempt in range(3):
                asked = Account(call_id, scopes_of(call_id, user, zone, now + (0 if attempt else skew)), caps)
                answer = await budget.hold(
                    asked,
                    operation=f"{call_id}:hold:{step}",
                    tier=tier,
                    microdollars=amount,
                    ttl_ms=LEASE_MS,
                    first=account is None,
                )
                if answer is not None:
                    break
                now = budget.now_ms
            if isinstance(answer, Refused):
                if tier == "economy":
                    return
                tier = "economy"
                continue
            account = asked
        elif random_.random() < 0.1:
            await budget.settle(account, operation=f"{call_id}:end:{step}", tier=tier)
            return
        else:
            for _ in range(random_.choice([1, 1, 11])):
                await budget.meter(
                    account, operation=f"{call_id}:charge:{step}", tier=tier, microdollars=amount
                )
        if random_.random() < 0.2:
            await asyncio.sleep(
                random_.random() * 2 * LEASE_MS / 1000
            )  # a worker that hangs: its lease expires


async def main(url: str, database_url: str, seed: int, racers: int, users: int, caps: Caps) -> None:
    """Let the racers of this process run, until they are done or somebody kills it."""
    link = RedisLink(url, wait_seconds=10)
    random_ = random.Random(seed)
    async with Journal(database_url) as journal:
        budget = Budget(link, StreamCounts(link, journal))
        names = [(f"c{seed}-{number}", f"s_{random_.randrange(users)}") for number in range(racers)]
        try:
            await asyncio.gather(
                *(race(budget, call, user, caps, random.Random(f"{seed}{call}")) for call, user in names)
            )
        except BlindError as error:
            print(f"blind: {error.why}: {error.__cause__}", file=sys.stderr)
            raise SystemExit(1) from None
    await link.aclose()


if __name__ == "__main__":
    _, url, database_url, seed, racers, users, premium, total = sys.argv
    cap = Cap(premium=int(premium), total=int(total))
    asyncio.run(
        main(
            url,
            database_url,
            int(seed),
            int(racers),
            int(users),
            Caps(call=cap, user_day=cap, user_month=cap, global_day=cap),
        )
    )
