from __future__ import annotations

import pytest
import typer

from cli.admin.money import dollars, microdollars, read_caps

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4", 4_000_000),
        ("4.00", 4_000_000),
        ("0.000001", 1),
        ("0.1", 100_000),
        ("999999999.999999", 999_999_999_999_999),
    ],
)
def test_dollars_become_microdollars_exactly(text: str, amount: int) -> None:
    assert microdollars(text) == amount


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e3", "4,00", "$4", ".5", "5.", "0.0000001", "nan", "٤", "1_0"]
)
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"such as 4\.00"):
        microdollars(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (4_000_000, "$4.00"),
        (1, "$0.000001"),
        (-1_500_000, "-$1.50"),
        (1_234_567_890_000, "$1,234,567.89"),
    ],
)
def test_microdollars_are_shown_as_dollars_exactly(amount: int, text: str) -> None:
    assert dollars(amount) == text


def test_caps_are_read_by_scope_and_tier() -> None:
    assert read_caps(["user_day.premium=4.00", "user_day.total=5", "call.total=0.5"]) == {
        "user_day": {"premium": 4_000_000, "total": 5_000_000},
        "call": {"total": 500_000},
    }


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["user_day=4"], "SCOPE one of call, user_day"),
        (["year.premium=4"], "SCOPE one of"),
        (["call.economy=4"], "TIER premium or total"),
        (["call.total="], "no amount"),
        (["call.total=1", "call.total=2"], "given twice"),
    ],
)
def test_a_cap_that_cannot_be_read_is_refused_with_the_form(texts: list[str], words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        read_caps(texts)
