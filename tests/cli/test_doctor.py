from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cli.doctor.programs import disk, python
from cli.doctor.servers import livekit_checks, redis_checks, skew
from cli.doctor.vendors import keys, models
from tiers.catalogue import Model

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 13, 1), "ok"), ((3, 14, 0), "fail")],
)
def test_only_the_pythons_that_the_project_runs_on_are_right(
    version: tuple[int, int, int], level: str
) -> None:
    assert python(version).level == level


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0.0, "ok"), (-1.9, "ok"), (2.5, "warn"), (-29.0, "warn"), (31.0, "fail"), (-90.0, "fail")],
)
def test_a_clock_that_is_off_is_reported_by_how_much_it_matters(seconds: float, level: str) -> None:
    assert skew("clock", seconds).level == level


def test_a_key_is_named_but_never_shown() -> None:
    checks = keys({"OPENAI_API_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in json.dumps([check.as_dict() for check in checks])
    assert {check.name: check.detail for check in checks} == {
        "key openai": "OPENAI_API_KEY is set",
        "key deepgram": "sandbox",
        "key cartesia": "sandbox",
    }


def test_a_real_key_that_goes_to_the_sandbox_is_a_warning() -> None:
    (openai, *_) = keys({"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": "http://127.0.0.1:8082/openai/v1"})
    assert openai.level == "warn"


@pytest.mark.parametrize(
    ("today", "level", "words"),
    [
        (date(2026, 11, 1), None, ""),
        (date(2026, 11, 20), "warn", "its successor is new"),
        (date(2026, 12, 20), "warn", "new is served instead"),
        (date(2027, 2, 1), "warn", "new is served instead"),
    ],
)
def test_a_model_is_warned_about_from_sixty_days_before_its_end(
    today: date, level: str | None, words: str
) -> None:
    old = Model("openai", "old", date(2027, 1, 14), "new")
    found = [check for check in models(today, {"old": old}) if check.name == "model old"]
    assert [check.level for check in found] == ([level] if level else [])
    assert all(words in check.detail + check.fix for check in found)


def test_a_model_that_has_stopped_without_a_successor_is_a_failure() -> None:
    (check, _) = models(date(2027, 2, 1), {"old": Model("openai", "old", date(2027, 1, 14))})
    assert check.level == "fail"


def test_room_on_the_disk_is_looked_for_where_the_folder_will_be(tmp_path: Path) -> None:
    assert str(tmp_path) in disk(tmp_path / "not" / "yet").detail


@pytest.mark.parametrize(("expected", "level"), [(True, "fail"), (False, "warn")])
async def test_a_server_is_missed_only_where_it_should_run(expected: bool, level: str) -> None:
    (redis,) = await redis_checks("redis://127.0.0.1:1/0", expected=expected)
    (livekit,) = await livekit_checks("ws://127.0.0.1:1", expected=expected)
    assert (redis.level, livekit.level) == (level, level)
