"""The call's way to the router and its money, as far as a call knows of them: what serves it, and what it has cost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from agent.attributes import CallAttributes
from agent.invitation import Invitation
from agent.metrics.call_metrics import CallMetrics
from agent.settings import AgentSettings
from people.user import Role, User
from routing.decision import Cause, Decision, RouteInputs, StackState
from routing.service import RoutedCall, RoutingService
from routing.settings import RoutingSettings
from tiers.catalogue import STACKS, is_free, why_not_configured
from tiers.settings import VendorSettings

log = logging.getLogger("agent.money")


@asynccontextmanager
async def routed(
    invitation: Invitation,
    user: User,
    settings: AgentSettings,
    vendors: VendorSettings,
    attributes: CallAttributes,
    *,
    on_decision: Callable[[Decision, Cause], None] | None = None,
    taken_over: bool = False,
    metrics: CallMetrics | None = None,
) -> AsyncIterator[RoutedCall]:
    """Route a call for as long as it lasts; settled at the end. The room is shown what it costs.

    `on_decision` hears each decision that has the call served otherwise than before, and why. `taken_over`: another
    worker had the call.
    """
    showing: set[asyncio.Task[None]] = set()

    def show_cost(microdollars: int) -> None:
        task = asyncio.create_task(attributes.set_cost(microdollars), name="call.cost")
        showing.add(task)
        task.add_done_callback(showing.discard)

    def wants_another(decision: Decision, cause: Cause) -> None:
        log.warning(
            "call.swap_wanted",
            extra={"call_id": invitation.call_id, "stack": decision.stack, "cause": cause.value},
        )

    async with RoutingService(RoutingSettings()) as service:
        call = await service.call(
            _inputs(invitation, user, settings, vendors),
            call_id=invitation.call_id,
            user_id=user.id,
            zone=ZoneInfo(user.time_zone),
            share=settings.slots,
            on_decision=on_decision or wants_another,
            on_spent=show_cost,
            taken_over=taken_over,
            on_charge=metrics.charged if metrics is not None else lambda _usage, _microdollars: None,
            on_unpriced=metrics.usage_lost if metrics is not None else lambda _part: None,
            on_blind=metrics.blind if metrics is not None else lambda _seconds: None,
        )
        try:
            yield call
        finally:
            await call.aclose()
            await asyncio.gather(*showing, return_exceptions=True)


def _inputs(
    invitation: Invitation, user: User, settings: AgentSettings, vendors: VendorSettings
) -> RouteInputs:
    states = []
    for stack in STACKS.values():
        why_not = why_not_configured(stack, vendors)
        states.append(
            StackState(
                name=stack.name,
                tier=stack.tier,
                configured=why_not is None,
                why_not=why_not or "",
                free=is_free(stack),
                voice=stack.has_voice,
                alternatives=stack.alternatives(vendors),
            )
        )
    return RouteInputs(
        plan=user.plan.value,
        channel=invitation.channel,
        stacks=tuple(states),
        environment_stack=settings.stack or None,
        compared=user.role is not Role.PROBE,
    )
