"""The answer to «what if»: what calls would have cost, which would have been served otherwise, what a month would cost."""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from routing.journal import Journal
from routing.policy import Policy
from routing.whatif.costing import Costing
from routing.whatif.month import MonthForecast, month_forecast
from routing.whatif.recorded import experiments_by_version, recorded_calls, users_by_subject
from routing.whatif.replaying import Part, ReplayedCall, replayed
from tiers.prices import PriceTable, bundled

_DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class OtherCall:
    """A call that would have been served otherwise."""

    call_id: str
    at_ms: int
    recorded: tuple[str, ...]
    """Stacks, one after the other."""
    otherwise: tuple[str, ...]
    reason: str
    """Why, where it differs first."""
    recorded_microdollars: int
    microdollars: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The whole answer."""

    since_ms: int
    until_ms: int
    policy_version: str | None
    """None: each decision under its own policy."""
    price_version: str | None
    """None: what was charged then."""
    calls: int
    decisions: int
    same_decisions: int
    """Those that come out as recorded: stack, services and every reason."""
    unreadable_decisions: int
    recorded_microdollars: int
    microdollars: int
    low: int
    high: int
    by_the_minute: int
    """Calls whose cost is told from other calls of the stack."""
    recorded_by_stack: dict[str, int]
    by_stack: dict[str, int]
    others: tuple[OtherCall, ...]
    recorded_month: MonthForecast | None
    month: MonthForecast | None

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        return asdict(self)


async def what_if(
    journal: Journal, *, since_ms: int, until_ms: int, policy: Policy | None, prices: PriceTable | None
) -> WhatIf:
    """Replay the calls that began in a time. Raises JournalDownError.

    Without a policy each decision is made under its own again; without prices what was charged then counts.
    """
    first = datetime.fromtimestamp(since_ms / 1000, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    recorded, before = await recorded_calls(
        journal,
        since_ms=since_ms,
        until_ms=until_ms,
        charges_from_ms=min(since_ms, round(first.timestamp() * 1000)),
    )
    costing = Costing(recorded, prices, bundled())
    calls = replayed(
        recorded,
        before,
        costing,
        policy=policy,
        users=await users_by_subject(journal),
        experiments=await experiments_by_version(journal),
    )
    return _answer(calls, since_ms, until_ms, policy, prices)


def _answer(
    calls: Sequence[ReplayedCall],
    since_ms: int,
    until_ms: int,
    policy: Policy | None,
    prices: PriceTable | None,
) -> WhatIf:
    costs = [call.cost for call in calls]
    spent, off = sum(cost.microdollars for cost in costs), sum(cost.off for cost in costs)
    then, now = Counter[str](), Counter[str]()
    for call in calls:
        for part in call.parts:
            now[_name(part)] += round(part.cost.microdollars)
        for stretch in call.recorded.stretches:
            then[stretch.decision.stack or "nothing"] += sum(
                each.entry.microdollars for each in stretch.charges
            )
    end = datetime.fromtimestamp(until_ms / 1000, UTC)
    days = calendar.monthrange(end.year, end.month)[1]
    numbers = _days(since_ms, until_ms)
    recorded_days, other_days = defaultdict[int, float](float), defaultdict[int, float](float)
    for call, cost in zip(calls, costs, strict=True):
        day = call.recorded.begins_ms // _DAY_MS
        recorded_days[day] += call.recorded.microdollars
        other_days[day] += cost.microdollars
    return WhatIf(
        since_ms=since_ms,
        until_ms=until_ms,
        policy_version=None if policy is None else policy.version,
        price_version=None if prices is None else prices.version,
        calls=len(calls),
        decisions=sum(len(call.recorded.stretches) for call in calls),
        same_decisions=sum(call.same for call in calls),
        unreadable_decisions=sum(call.recorded.unreadable for call in calls),
        recorded_microdollars=sum(call.recorded.microdollars for call in calls),
        microdollars=round(spent),
        low=max(0, round(spent - off)),
        high=round(spent + off),
        by_the_minute=sum(cost.estimated for cost in costs),
        recorded_by_stack=dict(then.most_common()),
        by_stack=dict(now.most_common()),
        others=tuple(_other(call) for call in calls if call.served_otherwise),
        recorded_month=month_forecast([recorded_days[day] for day in numbers], days),
        month=month_forecast(
            [other_days[day] for day in numbers],
            days,
            off_a_day=off / max(1.0, (until_ms - since_ms) / _DAY_MS),
        ),
    )


def _days(since_ms: int, until_ms: int) -> range:
    """The whole days of UTC in a time, by number."""
    return range(-(-since_ms // _DAY_MS), until_ms // _DAY_MS)


def _other(call: ReplayedCall) -> OtherCall:
    first = next(part for part in call.parts if part.served_otherwise)
    return OtherCall(
        call_id=call.recorded.call_id,
        at_ms=call.recorded.begins_ms,
        recorded=_row([stretch.decision.stack or "nothing" for stretch in call.recorded.stretches]),
        otherwise=_row([_name(part) for part in call.parts]),
        reason=first.decision.reason,
        recorded_microdollars=call.recorded.microdollars,
        microdollars=round(call.cost.microdollars),
    )


def _row(names: Sequence[str]) -> tuple[str, ...]:
    """Names one after the other, each once for as long as it stays."""
    return tuple(name for at, name in enumerate(names) if at == 0 or names[at - 1] != name)


def _name(part: Part) -> str:
    return part.decision.stack or "nothing"
