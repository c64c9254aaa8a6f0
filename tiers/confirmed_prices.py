"""The prices that somebody looked at last, and that no update leaves by more than threefold without their word.

    python -m tiers.confirmed_prices           says what has moved since; 1 where that needs a word
    python -m tiers.confirmed_prices --write   is that word, to be committed with the prices

Workers and web servers that are given other prices by their image and have no checkout take
`VOICETASKS_TIERS_PRICES_CONFIRMED`, the version that is meant, so that the word holds for no later one.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from tiers.price_moves import PriceMoveError, check_update
from tiers.prices import PriceTable, Rate, bundled
from tiers.settings import VendorSettings

log = logging.getLogger("tiers.confirmed_prices")

CONFIRMED: Final = Path(__file__).with_name("confirmed_prices.json")


class _Confirmed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: str
    rates: dict[str, dict[str, list[tuple[int, str]]]]
    """µ$ as fractions, by vendor and model in one word each, by unit, and from how many input tokens on."""


def confirmed() -> PriceTable:
    """Read the prices that were confirmed last."""
    data = _Confirmed.model_validate_json(CONFIRMED.read_text(encoding="utf-8"))
    return PriceTable(
        data.version,
        {
            (vendor, model): {unit: _rate(steps) for unit, steps in units.items()}
            for (vendor, model), units in ((key.split(" ", 1), units) for key, units in data.rates.items())
        },
    )


def written(table: PriceTable) -> str:
    """Prices as the file of confirmed ones has them."""
    rates = {
        f"{vendor} {model}": {
            unit: [(0, str(rate.microdollars)), *((start, str(price)) for start, price in rate.above)]
            for unit, rate in sorted(units.items())
        }
        for (vendor, model), units in sorted(table.all.items())
    }
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(units)}" for key, units in rates.items())
    return f'{{\n  "version": {json.dumps(table.version)},\n  "rates": {{\n{lines}\n  }}\n}}\n'


def refuse_moved(table: PriceTable, before: PriceTable) -> None:
    """Raise PriceMoveError for prices that have left the confirmed ones, unless the setting names their version."""
    moves = check_update(before, table, confirmed=VendorSettings().prices_confirmed == table.version)
    for move in moves:
        log.warning("prices.moved", extra={"what": str(move)})


@cache
def trusted() -> PriceTable:
    """The prices of this version of the product, to charge by. Raises PriceMoveError where they need a second word."""
    refuse_moved(bundled(), confirmed())
    return bundled()


def main(arguments: Sequence[str]) -> int:
    """Say what has moved, and with `--write` confirm it."""
    table = bundled()
    try:
        check_update(confirmed(), table)
    except PriceMoveError as error:
        sys.stdout.write("".join(f"{move}\n" for move in error.moves))
        if "--write" not in arguments:
            return 1
    if "--write" in arguments:
        CONFIRMED.write_text(written(table), encoding="utf-8")
    return 0


def _rate(steps: Sequence[tuple[int, str]]) -> Rate:
    (_, first), *above = steps
    return Rate(Fraction(first), tuple((start, Fraction(price)) for start, price in above))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
