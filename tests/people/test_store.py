import asyncio
import re
import statistics
import time
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from people.password import _nobodys_hash
from people.store import EmailTakenError, People
from people.user import Plan, Role

pytestmark = pytest.mark.unit

PASSWORD = "correct horse"


async def test_a_user_is_found_by_id_and_by_address_in_any_case(people: People) -> None:
    made = await people.create_user(
        email=" Ann@Example.org", password=PASSWORD, plan=Plan.PREMIUM, time_zone="Europe/Berlin"
    )
    assert re.fullmatch(r"usr_[0-9a-f]{32}", made.id)
    assert (made.email, made.plan, made.role, made.time_zone) == (
        "ann@example.org",
        Plan.PREMIUM,
        Role.USER,
        "Europe/Berlin",
    )
    assert abs((datetime.now(UTC) - made.created_at).total_seconds()) < 60
    assert await people.user_by_id(made.id) == made
    assert await people.user_by_email("ANN@EXAMPLE.ORG") == made
    assert await people.user_by_id("usr_unknown") is None
    assert await people.user_by_email("bob@example.org") is None


async def test_users_are_listed_by_address_and_get_another_plan(people: People) -> None:
    bob = await people.create_user(email="bob@example.org", password=PASSWORD)
    ann = await people.create_user(email="ann@example.org", password=PASSWORD)
    assert await people.users() == [ann, bob]
    assert await people.users(limit=1) == [ann]
    changed = await people.set_plan(ann.id, Plan.PREMIUM)
    assert changed == await people.user_by_id(ann.id) == ann.model_copy(update={"plan": Plan.PREMIUM})
    assert await people.user_by_id(bob.id) == bob
    assert await people.set_plan("usr_unknown", Plan.PREMIUM) is None


async def test_an_address_belongs_to_one_user_even_when_two_ask_at_once(people: People) -> None:
    tries = await asyncio.gather(
        *(people.create_user(email=spelling, password=PASSWORD) for spelling in ("a@b.org", "A@B.org")),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in tries) == ["EmailTakenError", "User"]
    assert await people.count() == 1
    with pytest.raises(EmailTakenError) as refused:
        await people.create_user(email="a@b.org", password=PASSWORD)
    assert "a@b.org" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"email": "a@" + "b" * 300},
        {"email": "a\x00@b.org"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"password": ""},
        {"password": "x" * 257},
    ],
)
async def test_bad_particulars_are_refused_and_nothing_is_stored(
    people: People, wrong: dict[str, str]
) -> None:
    particulars = {"email": "ann@example.org", "password": PASSWORD, "time_zone": "Etc/UTC", **wrong}
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's error is one, and the store's own too
        await people.create_user(
            email=particulars["email"], password=particulars["password"], time_zone=particulars["time_zone"]
        )
    assert await people.count() == 0


async def test_only_the_right_password_verifies(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password=PASSWORD)
    assert await people.verify_password("Ann@example.org", PASSWORD) == ann
    assert await people.verify_password("ann@example.org", "wrong") is None
    assert await people.verify_password("ann@example.org", "") is None
    assert await people.verify_password("ann@example.org", "x" * 100_000) is None
    assert await people.verify_password("bob@example.org", PASSWORD) is None
    assert await people.verify_password("bob@example.org", "nobody signs in with this") is None


async def test_the_password_is_kept_as_argon2id_only(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password=PASSWORD)
    async with people.engine.connect() as connection:
        row = (await connection.exec_driver_sql("SELECT * FROM people_users")).mappings().one()
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(dict(row))
    assert "hash" not in ann.model_dump_json()


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.password._hasher", PasswordHasher())  # as in a deployment
    _nobodys_hash.cache_clear()
    await people.create_user(email="ann@example.org", password=PASSWORD)

    async def seconds(email: str) -> float:
        began = time.perf_counter()
        assert await people.verify_password(email, "wrong") is None
        return time.perf_counter() - began

    await seconds("nobody@example.org")
    known = statistics.median([await seconds("ann@example.org") for _ in range(5)])
    unknown = statistics.median([await seconds("bob@example.org") for _ in range(5)])
    # Without the dummy hash the ratio is under 0.1.
    assert 0.4 < unknown / known < 2.5
