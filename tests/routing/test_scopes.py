"""Which day and month money counts against."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.scopes import scopes_of

pytestmark = pytest.mark.unit

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo", "UTC"]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_user_day_is_the_users_and_the_global_day_is_utcs() -> None:
    _, day, month, everyone = scopes_of("c", "s", ZoneInfo("America/New_York"), ms("2026-12-01 02:00"))
    assert day.name == "user-day:s:2026-11-30"
    assert month.name == "user-month:s:2026-11"
    assert everyone.name == "global-day:2026-12-01"


def test_a_day_of_a_change_of_clocks_has_23_or_25_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = []
    for text in ("2027-03-28 12:00", "2026-10-25 12:00"):
        day = scopes_of("c", "s", zone, ms(text))[1]
        hours.append((day.ends_ms - day.starts_ms) / 3_600_000)
    assert hours == [23, 25]


@given(st.integers(min_value=ms("2020-01-01"), max_value=ms("2040-01-01")), st.sampled_from(ZONES))
def test_every_moment_lies_in_its_scopes_and_the_next_begins_where_one_ends(now: int, name: str) -> None:
    zone = ZoneInfo(name)
    for scope in scopes_of("c", "s", zone, now):
        assert scope.starts_ms <= now < scope.ends_ms
        if scope.kind != "call":
            after = {each.kind: each for each in scopes_of("c", "s", zone, scope.ends_ms)}[scope.kind]
            assert after.name != scope.name
            assert after.starts_ms == scope.ends_ms
