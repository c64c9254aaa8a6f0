"""What a month costs, from the days that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Final

import numpy as np
from scipy.special import stdtrit

LEAST_DAYS: Final = 3
SURE: Final = 0.95


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """µ$ of a month. Without a range there were too few days for one."""

    days: int
    """How long the month is."""
    from_days: int
    """Whole days that it is told from."""
    microdollars: int
    low: int | None
    high: int | None


def month_forecast(daily: Sequence[float], days: int, *, off_a_day: float = 0.0) -> MonthForecast | None:
    """Tell the cost of so many days from the costs of some, µ$; nineteen of twenty months lie in the range.

    Days are taken to be independent and alike; `off_a_day` is what each of the costs may itself be off, all to the same
    side. None where no day is known.
    """
    n = len(daily)
    if not n:
        return None
    whole = days * float(np.mean(daily))
    if n < LEAST_DAYS:
        return MonthForecast(days, n, round(whole), None, None)
    # The mean of the days seen is as uncertain as the days to come are different from each other.
    spread = float(np.std(daily, ddof=1)) * sqrt(days + days**2 / n)
    reach = hypot(float(stdtrit(n - 1, (1 + SURE) / 2)) * spread, days * off_a_day)
    return MonthForecast(days, n, round(whole), max(0, round(whole - reach)), round(whole + reach))
