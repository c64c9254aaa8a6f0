import asyncio
import os
import subprocess
import sys

import pytest
from pydantic import SecretStr

from people.demo_accounts import (
    DEMO_PIN,
    NotADemoError,
    ensure_demo_accounts,
    open_demo_accounts,
)
from people.pins import Pins
from people.settings import PeopleSettings
from people.store import People
from people.user import Plan, Role

pytestmark = pytest.mark.unit


async def test_the_three_accounts_are_made_once(
    people: People, settings: PeopleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICETASKS_WEB_DEMO", "1")
    demo = PeopleSettings()
    await asyncio.gather(ensure_demo_accounts(people, demo), ensure_demo_accounts(people, demo))
    first = await people.verify_password("premium@example.com", "demo")
    await ensure_demo_accounts(people, demo)
    assert await people.count() == 3
    assert first is not None
    assert (first.plan, first.role) == (Plan.PREMIUM, Role.USER)
    economy = await people.verify_password("economy@example.com", "demo")
    assert economy is not None
    assert (economy.plan, economy.role) == (Plan.ECONOMY, Role.USER)
    admin = await people.verify_password("admin@example.com", "demo")
    assert admin is not None
    assert admin.role == Role.ADMIN
    assert await people.user_by_id(first.id) == first
    assert await open_demo_accounts(people) == [
        "premium@example.com",
        "economy@example.com",
        "admin@example.com",
    ]


async def test_off_a_demo_nothing_is_made(people: People, settings: PeopleSettings) -> None:
    with pytest.raises(NotADemoError):
        await ensure_demo_accounts(people, settings)
    assert await people.count() == 0
    assert await open_demo_accounts(people) == []


async def test_an_account_whose_password_was_changed_is_not_open(people: People) -> None:
    await people.create_user(email="admin@example.com", password="long and secret")
    assert await open_demo_accounts(people) == []


async def test_one_that_anybody_can_telephone_as_is_open(people: People) -> None:
    made = await people.create_user(email="economy@example.com", password="long and secret")
    await Pins(people.engine).set(made.id, SecretStr("530817"))
    assert await open_demo_accounts(people) == []
    await Pins(people.engine).set(made.id, DEMO_PIN)
    assert await open_demo_accounts(people) == ["economy@example.com"]


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/Los_Angeles", "America/Los_Angeles"), ("Nowhere/AtAll", "Etc/UTC")]
)
def test_demo_accounts_live_in_the_machines_time_zone(zone: str, expected: str) -> None:
    # A process of its own: the zone is looked up once.
    asked = "from people.demo_accounts import machine_time_zone; print(machine_time_zone())"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected
