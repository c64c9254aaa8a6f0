"""A PIN proves who calls, guessing it ends after five, and a forged number locks its owner out of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from people.audit import Audit
from people.guests import NumberTakenError, make_guest
from people.phones import MOST_HOLDERS, Phones
from people.pins import FREE_TRIES, TRUSTED_AFTER, Pins, checked, wait_after
from people.store import People
from people.user import Plan, User
from tests.mcp_tasks.test_postgres import postgres

__all__ = ("postgres",)

pytestmark = pytest.mark.unit

NUMBER = "+14155550132"
PIN = SecretStr("530817")
WRONG = SecretStr("999111")
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def once_trusted() -> datetime:
    """When the PINs and numbers of now are no new ones any more."""
    return datetime.now(UTC) + TRUSTED_AFTER


async def person(people: People, name: str = "ann", *, number: str = NUMBER, pin: SecretStr = PIN) -> User:
    user = await people.create_user(email=f"{name}@example.org", password="x")
    assert await Phones(people.engine).link(user.id, number)
    await Pins(people.engine).set(user.id, pin)
    return user


async def test_the_right_pin_at_the_number_says_who_it_is(people: People) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    assert (await pins.judge(NUMBER, PIN)).user_id == ann.id
    assert (await pins.judge(NUMBER, WRONG)).user_id is None
    assert (await pins.judge("+14155550133", PIN)).user_id is None


async def test_a_number_that_has_not_shown_to_be_theirs_lets_nobody_in(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    await Phones(people.engine).set(ann.id, NUMBER)
    await Pins(people.engine).set(ann.id, PIN)
    assert (await Pins(people.engine).judge(NUMBER, PIN)).user_id is None
    assert await Phones(people.engine).holders(NUMBER) == []


async def test_after_five_wrong_pins_the_right_one_is_not_judged_and_the_wait_doubles_to_a_day(
    people: People,
) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    for _ in range(FREE_TRIES):
        assert await pins.judge(NUMBER, WRONG, now=NOON) == await pins.judge("+14155550199", WRONG, now=NOON)
    for _ in range(3):
        verdict = await pins.judge(NUMBER, PIN, now=NOON)
        assert (verdict.user_id, verdict.wait_seconds) == (None, 15 * 60)
    later, waits = NOON, []
    for _ in range(9):
        later += timedelta(seconds=(await pins.judge(NUMBER, WRONG, now=later)).wait_seconds)
        assert (await pins.judge(NUMBER, WRONG, now=later)).wait_seconds == 0
        waits.append((await pins.judge(NUMBER, PIN, now=later)).wait_seconds / 60)
    assert waits == [30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    later += timedelta(days=1)
    assert (await pins.judge(NUMBER, PIN, now=later)).user_id == ann.id
    assert (await pins.judge(NUMBER, WRONG, now=later)).wait_seconds == 0
    entries = [each.event for each in await Audit(people.engine).entries(ann.id)]
    assert entries.count("pin.blocked") == 1


@pytest.mark.parametrize("keyed", ["", "5", "53081"])
async def test_what_can_be_nobodys_pin_is_no_try(people: People, keyed: str) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    for _ in range(2 * FREE_TRIES):
        assert (await pins.judge(NUMBER, SecretStr(keyed))).user_id is None
    assert (await pins.judge(NUMBER, PIN)).user_id == ann.id


async def test_a_pin_that_is_not_judged_takes_as_long_as_one_that_is(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is heard is the same, and so is when: else the time would say which number is somebody's."""
    await person(people)
    pins, worked = Pins(people.engine), 0

    async def verify(*_: object) -> bool:
        nonlocal worked
        worked += 1
        return False

    monkeypatch.setattr(pins._desk, "verify", verify)
    for number in (NUMBER, "+14155550199"):
        worked = 0
        for _ in range(FREE_TRIES + 2):
            await pins.judge(number, WRONG)
        assert worked == FREE_TRIES + 2


async def test_whoever_forges_the_number_locks_out_neither_attested_calls_nor_the_web_nor_others(
    people: People,
) -> None:
    ann = await person(people)
    bob = await person(people, "bob", number="+14155550177")
    pins = Pins(people.engine)
    for _ in range(50):
        await pins.judge(NUMBER, WRONG)
    assert (await pins.judge(NUMBER, PIN)).wait_seconds > 0
    assert (await pins.judge(NUMBER, PIN, attested=True)).user_id == ann.id
    assert (await pins.judge(NUMBER, PIN)).wait_seconds > 0, "an attested right one frees no forger"
    assert (await pins.judge("+14155550177", PIN)).user_id == bob.id
    assert await people.verify_password("ann@example.org", "x") is not None
    await Phones(people.engine).link(ann.id, "+14155550155")
    assert (await pins.judge("+14155550155", PIN)).user_id == ann.id


async def test_another_pin_from_the_page_ends_the_wait(people: People) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    for _ in range(FREE_TRIES):
        await pins.judge(NUMBER, WRONG)
    await pins.set(ann.id, SecretStr("805317"))
    assert (await pins.judge(NUMBER, PIN)).user_id is None
    assert (await pins.judge(NUMBER, SecretStr("805317"))).user_id == ann.id
    await pins.set(ann.id, None)
    assert (await pins.judge(NUMBER, SecretStr("805317"))).user_id is None
    assert not await pins.is_set(ann.id)


async def test_in_a_household_the_pin_says_who_calls_and_nobody_pays_for_anothers_right_one(
    people: People,
) -> None:
    ann, bob = await person(people), await person(people, "bob", pin=SecretStr("271828"))
    pins, later = Pins(people.engine), once_trusted()
    for _ in range(2 * FREE_TRIES):
        assert (await pins.judge(NUMBER, PIN, now=later)).user_id == ann.id
    assert (await pins.judge(NUMBER, SecretStr("271828"), now=later)).user_id == bob.id
    for _ in range(FREE_TRIES):
        await pins.judge(NUMBER, WRONG, now=later)
    assert (await pins.judge(NUMBER, PIN, now=later)).user_id is None
    await pins.set(ann.id, SecretStr("271828"))
    await pins.set(bob.id, SecretStr("271828"))
    assert (await pins.judge(NUMBER, SecretStr("271828"))).user_id is None, "whose would it be?"


async def test_who_shares_my_number_learns_my_pin_by_no_more_pins_of_their_own_than_by_wrong_ones(
    people: People,
) -> None:
    ann = await person(people)
    mallory = await person(people, "mallory", pin=SecretStr("112358"))
    pins = Pins(people.engine)
    for guess in range(FREE_TRIES):
        pin = SecretStr(f"53081{guess}")
        await pins.set(mallory.id, pin)
        assert (await pins.judge(NUMBER, pin)).user_id == mallory.id
    await pins.set(mallory.id, PIN)
    assert (await pins.judge(NUMBER, PIN)).user_id == mallory.id, "as with any PIN that is not ann's"
    await pins.set(mallory.id, None)
    assert (await pins.judge(NUMBER, PIN)).wait_seconds > 0
    entries = [each.event for each in await Audit(people.engine).entries(ann.id)]
    assert entries.count("pin.blocked") == 1


async def test_a_pin_is_as_new_at_a_number_as_the_number_is_to_its_owner(people: People) -> None:
    await person(people)
    pins, later = Pins(people.engine), once_trusted()
    for at in range(FREE_TRIES):
        await person(people, f"m{at}", number="+14155550177", pin=SecretStr(f"53081{at}"))
    async with people.engine.begin() as connection:
        await connection.execute(text("UPDATE people_pins SET set_at = '2020-01-01 00:00:00'"))
    for at in range(FREE_TRIES):
        mallory = await people.user_by_email(f"m{at}@example.org")
        assert mallory is not None
        assert await Phones(people.engine).link(mallory.id, NUMBER)
        assert (await pins.judge(NUMBER, SecretStr(f"53081{at}"))).user_id == mallory.id
        await Phones(people.engine).set(mallory.id, None)
    assert (await pins.judge(NUMBER, PIN)).wait_seconds > 0
    assert (await pins.judge(NUMBER, PIN, now=later)).user_id is not None


async def test_who_is_alone_on_a_number_is_charged_nothing_for_a_pin_of_today(people: People) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    for _ in range(2 * FREE_TRIES):
        assert (await pins.judge(NUMBER, PIN)).user_id == ann.id


async def test_a_stranger_who_links_my_number_neither_takes_it_nor_keeps_my_guessers_waits_short(
    people: People,
) -> None:
    ann = await person(people)
    await person(people, "mallory", pin=SecretStr("112358"))
    pins = Pins(people.engine)
    for _ in range(FREE_TRIES):
        await pins.judge(NUMBER, WRONG)
        await pins.judge(NUMBER, SecretStr("112358"))
    assert (await pins.judge(NUMBER, PIN)).user_id is None
    assert ann.id in await Phones(people.engine).holders(NUMBER)


async def test_a_number_has_a_households_holders_at_most(people: People) -> None:
    for at in range(MOST_HOLDERS):
        await person(people, f"p{at}", pin=SecretStr(f"5308{at}1"))
    late = await people.create_user(email="late@example.org", password="x")
    assert not await Phones(people.engine).link(late.id, NUMBER)
    assert await Phones(people.engine).of(late.id) is None


@pytest.mark.parametrize(
    "weak", ["", "12345", "1234567890123", "123456", "987654", "000000", "121212", "53o817", "53081٧"]
)
def test_what_is_guessed_first_is_no_pin_and_is_not_repeated(weak: str) -> None:
    with pytest.raises(ValueError, match="PIN") as refused:
        checked(SecretStr(weak))
    assert not weak or weak not in str(refused.value)


@given(st.integers(0, 1000))
def test_the_wait_never_shrinks_and_never_exceeds_a_day(tries: int) -> None:
    assert timedelta(0) <= wait_after(tries) <= wait_after(tries + 1) <= timedelta(days=1)
    assert (wait_after(tries) == timedelta(0)) == (tries < FREE_TRIES)


async def test_pins_are_hashed_like_passwords_and_stand_nowhere(people: People) -> None:
    await person(people)
    async with people.engine.connect() as connection:
        dump = str((await connection.execute(text("SELECT * FROM people_pins"))).all())
        dump += str((await connection.execute(text("SELECT * FROM people_audit"))).all())
    assert "$argon2id$" in dump
    assert PIN.get_secret_value() not in dump
    assert PIN.get_secret_value() not in repr(PIN)


async def test_a_guest_is_an_economy_caller_with_a_list_and_a_pin_and_no_way_into_the_page(
    people: People,
) -> None:
    guest = await make_guest(people.engine, NUMBER, PIN, time_zone="America/New_York")
    assert (guest.plan, guest.time_zone) == (Plan.ECONOMY, "America/New_York")
    assert (await Pins(people.engine).judge(NUMBER, PIN)).user_id == guest.id
    for password in ("", "530817", " "):
        assert await people.verify_password(guest.email, password) is None
    with pytest.raises(ValueError, match="PIN"):
        await make_guest(people.engine, NUMBER, SecretStr("111111"))
    other = "+14155550177"
    assert (await make_guest(people.engine, other, PIN, time_zone="Nowhere")).time_zone == "Etc/UTC"


async def crowd_of_guests(people: People) -> None:
    made = await asyncio.gather(
        *(make_guest(people.engine, NUMBER, PIN) for _ in range(2 * MOST_HOLDERS)), return_exceptions=True
    )
    assert sum(isinstance(each, NumberTakenError) for each in made) == 2 * MOST_HOLDERS - 1
    assert len(await Phones(people.engine).holders(NUMBER)) == await people.count() == 1
    assert (await Pins(people.engine).judge(NUMBER, PIN)).user_id is not None


async def test_guests_that_come_all_at_once_are_one_whom_their_pin_lets_in(people: People) -> None:
    await crowd_of_guests(people)


async def many_at_once(people: People) -> None:
    await person(people)
    pins = [Pins(people.engine) for _ in range(4)]
    found = await asyncio.gather(*(pins[at % 4].judge(NUMBER, WRONG) for at in range(30)))
    assert len([each for each in found if each.wait_seconds == 0]) == FREE_TRIES
    assert (await pins[0].judge(NUMBER, PIN)).user_id is None


async def test_thirty_at_once_are_judged_five_times(people: People) -> None:
    await many_at_once(people)


async def many_right_at_once(people: People) -> None:
    ann = await person(people)
    pins = [Pins(people.engine) for _ in range(3 * FREE_TRIES)]
    for _ in range(FREE_TRIES - 1):
        await pins[0].judge(NUMBER, WRONG)
    found = await asyncio.gather(*(each.judge(NUMBER, PIN) for each in pins))
    assert [each.user_id for each in found] == [ann.id] * len(pins)
    for _ in range(FREE_TRIES - 1):
        assert (await pins[0].judge(NUMBER, WRONG)).wait_seconds == 0
    assert (await pins[0].judge(NUMBER, PIN)).user_id == ann.id, "nothing was left charged"


async def test_who_keys_the_right_pin_while_others_are_judged_is_not_refused_for_them(people: People) -> None:
    await many_right_at_once(people)


async def test_a_household_may_call_all_at_once(people: People) -> None:
    pins_of = {"ann": PIN, "bob": SecretStr("271828"), "eve": SecretStr("314159")}
    users = {name: await person(people, name, pin=pin) for name, pin in pins_of.items()}
    calling, later = [name for name in users for _ in range(FREE_TRIES)], once_trusted()
    found = await asyncio.gather(
        *(Pins(people.engine).judge(NUMBER, pins_of[name], now=later) for name in calling)
    )
    assert [each.user_id for each in found] == [users[name].id for name in calling]


async def test_a_judgement_that_never_ended_holds_nobody_up_for_ever(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await person(people)
    pins = Pins(people.engine)
    for _ in range(FREE_TRIES):
        await pins.judge(NUMBER, WRONG, now=NOON)
    async with people.engine.begin() as connection:
        await connection.execute(text("UPDATE people_pin_tries SET judging = 1"))
    monkeypatch.setattr("people.pins.JUDGED_SECONDS", 0.3)
    assert (await pins.judge(NUMBER, PIN, now=NOON)).wait_seconds == 15 * 60
    assert (await pins.judge(NUMBER, PIN, now=NOON + timedelta(hours=1))).user_id == ann.id


@pytest.fixture
async def people_on_postgres(postgres_url: str) -> AsyncIterator[People]:
    async with People(postgres_url) as store:
        yield store


@pytest.mark.system
async def test_thirty_at_once_are_judged_five_times_on_postgres(people_on_postgres: People) -> None:
    await many_at_once(people_on_postgres)


@pytest.mark.system
async def test_many_right_ones_at_once_are_all_taken_on_postgres(people_on_postgres: People) -> None:
    await many_right_at_once(people_on_postgres)


@pytest.mark.system
async def test_guests_that_come_all_at_once_are_one_on_postgres(people_on_postgres: People) -> None:
    await crowd_of_guests(people_on_postgres)
