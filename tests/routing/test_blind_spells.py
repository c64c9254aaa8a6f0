"""While a call cannot see its money there is no new premium, and the cheaper tiers have an allowance."""

from __future__ import annotations

from typing import Any

import pytest

from routing.lease import Verdict
from routing.redis_link import BlindError
from tests.routing.conftest import ECONOMY, PREMIUM, Bank, Cost
from tests.routing.leases import LeaseMaker, Server, Shaky, Told

pytestmark = pytest.mark.system


async def test_while_redis_is_away_there_is_no_new_premium_and_economy_has_a_cap_of_its_own(
    shaky: Shaky, server: Server, told: Told
) -> None:
    server.stop()
    assert await shaky.lease.reserve(PREMIUM) == Verdict("blind")
    assert await shaky.lease.reserve(ECONOMY) == Verdict("held")
    shaky.lease.meter(Cost("e1", 10_000, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [10_000])
    assert await shaky.lease.reserve(ECONOMY) == Verdict("exhausted")


async def test_what_one_call_spent_without_redis_the_next_ones_of_its_machine_do_not_have(
    lease_for: LeaseMaker, told: Told, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(question: Any, **_: object) -> Any:
        question.close()
        raise BlindError("connection")

    monkeypatch.setattr(bank.link, "ask", away)
    for call_id, spent in (("c1", 6_000), ("c2", 2_000)):
        lease = lease_for(call_id, blind=6_000, together=8_000)
        assert await lease.reserve(ECONOMY) == Verdict("held")
        lease.meter(Cost("e1", spent, tier="economy"))
        await told.until(lambda spent=spent: told.spent[-1:] == [spent])  # type: ignore[misc]
        assert await lease.reserve(ECONOMY) == Verdict("exhausted")
        await lease.aclose()
    late = lease_for("c3", blind=6_000, together=8_000)
    assert await late.reserve(ECONOMY) == Verdict("exhausted")
    assert await late.reserve(PREMIUM) == Verdict("blind")
