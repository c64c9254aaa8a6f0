"""How far an update moves prices: more than threefold is a mistake until somebody says that it is none."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tiers.prices import PriceTable, Rate

MOST: Final = 3
"""A price that moves by more than this factor is taken for a mistake until somebody says that it is none."""


@dataclass(frozen=True, slots=True)
class Move:
    """A price that an update changes, in µ$ for one unit."""

    vendor: str
    model: str
    unit: str
    old: Fraction
    new: Fraction

    def __str__(self) -> str:
        return f"{self.vendor} {self.model} {self.unit}: {float(self.old):g} to {float(self.new):g} µ$"


class PriceMoveError(ValueError):
    """An update moves prices so far that somebody has to confirm it."""

    def __init__(self, moves: list[Move]) -> None:
        super().__init__(
            f"prices move by more than {MOST} times, which needs a confirmation: {'; '.join(map(str, moves))}. "
            "A mistake: mend tiers/prices.toml. None: «python -m tiers.confirmed_prices --write» in a checkout, or name "
            "the version of the prices by VOICETASKS_TIERS_PRICES_CONFIRMED."
        )
        self.moves: Final = moves


def check_update(old: PriceTable, new: PriceTable, *, confirmed: bool = False) -> list[Move]:
    """The prices that an update moves by more than three times, up or down, to or from nothing.

    Raises PriceMoveError when there are any and nobody confirmed them. New models and those that went are no moves.
    """
    moves = [
        Move(*key, unit, before, after)
        for key, units in old.all.items()
        if key in new.all
        for unit, rate in units.items()
        if (other := new.all[key].get(unit)) is not None
        for before, after in zip(_steps(rate), _steps(other), strict=False)
        if max(before, after) > MOST * min(before, after)
    ]
    if moves and not confirmed:
        raise PriceMoveError(moves)
    return moves


def _steps(rate: Rate) -> list[Fraction]:
    return [rate.microdollars, *(price for _, price in rate.above)]
