"""Prices do not move by a mistake."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from tiers.price_moves import PriceMoveError, check_update
from tiers.prices import PriceTable, Rate

pytestmark = pytest.mark.unit


def table(**prices: Fraction | int) -> PriceTable:
    rates: Mapping[tuple[str, str], Mapping[str, Rate]] = {
        ("v", name): {"characters": Rate(Fraction(each))} for name, each in prices.items()
    }
    return PriceTable("x", rates)


@pytest.mark.parametrize(("old", "new"), [(10, 31), (31, 10), (0, 1), (1, 0)])
def test_a_price_that_moves_more_than_threefold_needs_a_second_word(old: int, new: int) -> None:
    with pytest.raises(PriceMoveError, match="v m characters") as refused:
        check_update(table(m=old), table(m=new))
    assert check_update(table(m=old), table(m=new), confirmed=True) == refused.value.moves
    assert [(move.old, move.new) for move in refused.value.moves] == [(old, new)]


@pytest.mark.parametrize(("old", "new"), [(10, 30), (30, 10), (0, 0), (7, 7)])
def test_smaller_moves_need_none(old: int, new: int) -> None:
    assert check_update(table(m=old), table(m=new)) == []


def test_models_that_come_and_go_are_no_moves() -> None:
    assert check_update(table(m=1, gone=1), table(m=1, come=100)) == []


def test_a_dearer_price_for_long_prompts_is_compared_too() -> None:
    def tiers(above: int) -> PriceTable:
        return PriceTable("x", {("v", "m"): {"input_tokens": Rate(Fraction(1), ((100, Fraction(above)),))}})

    with pytest.raises(PriceMoveError):
        check_update(tiers(2), tiers(7))
