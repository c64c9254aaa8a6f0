from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.shares import shares

pytestmark = pytest.mark.unit

MONEY = st.integers(min_value=0, max_value=10**14)


@given(MONEY, st.lists(MONEY, min_size=1, max_size=50))
def test_the_parts_are_the_whole_and_none_is_more_than_a_microdollar_off(
    total: int, weights: list[int]
) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total
    if whole := sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert total * weight // whole <= part <= total * weight // whole + 1


def test_the_largest_remainder_gets_what_is_left_over_and_of_equals_the_first() -> None:
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(11, [5, 3, 2]) == [6, 3, 2]
    assert shares(2, [0, 0, 0]) == [1, 1, 0]


@pytest.mark.parametrize(("total", "weights"), [(1, []), (-1, [1]), (1, [-1, 2])])
def test_what_cannot_be_divided_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        shares(total, weights)
