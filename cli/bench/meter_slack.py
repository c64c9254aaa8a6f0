"""How far the meter and the sandbox's invoice may be apart: a share of it or an amount, whichever is more."""

from __future__ import annotations

from typing import Final

METER_SHARE: Final = 0.005
METER_DEAD_SHARE: Final = 0.05
"""Where a socket died, before reconciliation."""
METER_MICRODOLLARS: Final = 200


def meter_slack(invoiced: int, share: float = METER_SHARE) -> int:
    """That of an invoice in µ$, in µ$."""
    return max(METER_MICRODOLLARS, round(share * invoiced))
