"""Why a call is served otherwise than before, or by nothing at all, told from decisions alone."""

from __future__ import annotations

from typing import Final

from routing.decision import Cause, Decision, LostBecause

_AGAINST: Final = {
    LostBecause.VENDOR_DOWN: Cause.VENDOR,
    LostBecause.BUDGET_EXHAUSTED: Cause.MONEY,
    LostBecause.BUDGET_UNPAID: Cause.MONEY,
    LostBecause.BUDGET_BLIND: Cause.MONEY,
}
"""What it means that a stack lost; for every other reason an admin wrote another policy."""

_BEATEN: Final = (LostBecause.LOWER_ON_LADDER, LostBecause.OVERRIDDEN, LostBecause.OTHER_ARM)
"""It could still serve, but something better can."""


def why_nothing(decision: Decision) -> Cause:
    """Say why a decision leaves nothing to serve a call with.

    MONEY and POLICY: it is as somebody set it, by caps or by switching off. VENDOR: something is broken or missing, of
    a vendor's or of ours; also where only money that cannot be seen is in the way.
    """
    codes = {reason.code for reason in decision.reasons}
    # A stack lacks its vendors only where nothing else speaks against it.
    if codes & {LostBecause.VENDOR_DOWN, LostBecause.BUDGET_BLIND}:
        return Cause.VENDOR
    if codes & {LostBecause.BUDGET_EXHAUSTED, LostBecause.BUDGET_UNPAID}:
        return Cause.MONEY
    off = {
        each.stack for each in decision.reasons if each.code in (LostBecause.TIER_OFF, LostBecause.STACK_OFF)
    }
    could = {state.name for state in decision.inputs.stacks if state.configured}
    return Cause.POLICY if off & could else Cause.VENDOR


def cause_of(before: Decision | None, after: Decision) -> Cause:
    """Say why `after` follows on `before`.

    Either what served the call can do so no longer, or something better can that could not before.
    """
    if before is None:
        return Cause.START
    if before.stack == after.stack:
        return Cause.VENDOR if set(after.without) - set(before.without) else Cause.HEALTH
    now = {reason.stack: reason.code for reason in after.reasons}
    lost = now.get(before.stack or "")
    if lost is not None and lost not in _BEATEN:
        return _AGAINST.get(lost, Cause.POLICY)
    could_not = {reason.stack: reason.code for reason in before.reasons}.get(after.stack or "")
    # Money that is there again is no reason to break into a sentence, either: only spent money is.
    return Cause.HEALTH if could_not in _AGAINST else Cause.POLICY
