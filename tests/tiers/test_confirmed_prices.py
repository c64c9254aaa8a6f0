"""What is charged by was looked at by somebody, or has hardly moved since."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from tiers import confirmed_prices
from tiers.confirmed_prices import confirmed, main, trusted, written
from tiers.price_moves import PriceMoveError, check_update
from tiers.prices import PriceTable, Rate, bundled

pytestmark = pytest.mark.unit

SETTING = "VOICETASKS_TIERS_PRICES_CONFIRMED"


@pytest.fixture
def ten_times_dearer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Since somebody looked, the price of Cartesia's voice was written with one digit too many."""
    known = json.loads(written(bundled()))
    known["rates"]["cartesia sonic*"]["characters"] = [[0, "5"]]
    path = tmp_path / "confirmed_prices.json"
    path.write_text(json.dumps(known))
    monkeypatch.setattr(confirmed_prices, "CONFIRMED", path)
    trusted.cache_clear()
    yield path
    trusted.cache_clear()


def test_the_prices_of_this_version_have_not_moved_far_from_those_that_somebody_confirmed() -> None:
    assert check_update(confirmed(), bundled()) == []
    trusted.cache_clear()
    assert trusted() is bundled()


def test_every_price_is_among_the_confirmed_ones_so_that_its_next_move_is_seen() -> None:
    """A new price: `python -m tiers.confirmed_prices --write`."""
    known = confirmed().all
    assert {key: set(units) for key, units in bundled().all.items()} == {
        key: set(units) for key, units in known.items()
    }


@pytest.mark.usefixtures("ten_times_dearer")
def test_nobody_charges_by_prices_with_a_digit_too_many() -> None:
    with pytest.raises(PriceMoveError, match=r"cartesia sonic\* characters: 5 to 50 µ\$"):
        trusted()


@pytest.mark.usefixtures("ten_times_dearer")
def test_the_second_word_names_the_version_and_holds_for_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SETTING, "2026-01-01+genai-prices-0.1.0")
    with pytest.raises(PriceMoveError):
        trusted()
    monkeypatch.setenv(SETTING, bundled().version)
    assert trusted() is bundled()
    assert [record.message for record in caplog.records] == ["prices.moved"]


def test_whoever_confirms_prices_is_told_what_moved_and_writes_them_down(
    ten_times_dearer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 1
    assert "5 to 50" in capsys.readouterr().out
    assert main(["--write"]) == 0
    assert ten_times_dearer.read_text() == written(bundled())
    assert main([]) == 0
    assert trusted() is bundled()


def test_prices_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = PriceTable("v", {("a", "b c"): {"input_tokens": Rate(Fraction(1, 3), ((272_000, Fraction(2)),))}})
    path = tmp_path / "confirmed.json"
    path.write_text(written(table))
    monkeypatch.setattr(confirmed_prices, "CONFIRMED", path)
    assert (confirmed().version, dict(confirmed().all)) == (table.version, dict(table.all))
