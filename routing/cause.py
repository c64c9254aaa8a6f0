"""Why a call is served otherwise than before, told from the two decisions alone."""

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
