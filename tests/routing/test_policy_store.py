"""Who may change the policy, what becomes of it, and how it gets into Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, insert

from routing.caps import Cap
from routing.journal import JournalDownError
from routing.models import PolicyRow
from routing.policy import DEFAULT_POLICY
from routing.policy_changes import Change, PolicyInvalidError, changed, differences, merged
from routing.policy_store import PolicyConflictError, PolicyStore
from routing.redis_link import RedisLink
from tests.routing.conftest import PATIENT, Bank

pytestmark = pytest.mark.system

SUBJECT = "s_0123456789abcdef01234567"


@pytest.fixture
async def store(bank: Bank) -> PolicyStore:
    return PolicyStore(bank.journal.engine, bank.link)


@pytest.fixture
async def other(bank: Bank) -> AsyncIterator[PolicyStore]:
    """Another admin's, with connections of its own."""
    link = RedisLink(bank.url, wait_seconds=PATIENT)
    store = PolicyStore(bank.database_url, link)
    yield store
    await store.aclose()
    await link.aclose()


async def test_before_anybody_writes_the_default_holds(store: PolicyStore) -> None:
    assert await store.current() == DEFAULT_POLICY
    assert await store.history() == ()


async def test_a_write_makes_the_next_version_and_leaves_the_rest_as_it_was(store: PolicyStore) -> None:
    first = await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    assert first == DEFAULT_POLICY.model_copy(update={"version": "1", "tiers_off": ("premium",)})
    second = await store.write({"caps": {"call": {"premium": 1_000}}}, expected="1", author="ann")
    assert second.caps.call == Cap(premium=1_000, total=DEFAULT_POLICY.caps.call.total)
    assert (second.version, second.tiers_off) == ("2", ("premium",))
    assert await store.current() == second


async def test_of_two_admins_at_once_one_gets_a_conflict_and_the_difference(
    store: PolicyStore, other: PolicyStore
) -> None:
    outcomes = await asyncio.gather(
        store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann"),
        other.write({"caps": {"call": {"premium": 1_000}}}, expected="default-1", author="bob"),
        return_exceptions=True,
    )
    (conflict,) = [each for each in outcomes if isinstance(each, PolicyConflictError)]
    (won,) = [each for each in outcomes if not isinstance(each, BaseException)]
    assert conflict.current == won == await store.current()
    expected = {
        "ann": Change("tiers_off", [], ["premium"]),
        "bob": Change("caps.call.premium", DEFAULT_POLICY.caps.call.premium, 1_000),
    }
    (version,) = await store.history()
    assert conflict.difference == version.changes == (expected[version.author],)


@pytest.mark.parametrize("racers", [8])
async def test_of_many_changes_of_one_version_exactly_one_is_written(
    store: PolicyStore, other: PolicyStore, racers: int
) -> None:
    outcomes = await asyncio.gather(
        *(
            (store, other)[number % 2].write(
                {"caps": {"call": {"premium": number}}}, expected="default-1", author=f"admin {number}"
            )
            for number in range(racers)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, PolicyConflictError) for each in outcomes) == racers - 1
    assert len(await store.history()) == 1


async def test_the_second_admin_learns_what_changed_over_several_versions(store: PolicyStore) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    await store.write({"stacks_off": ["local"]}, expected="1", author="ann")
    await store.write({"tiers_off": []}, expected="2", author="ann")
    with pytest.raises(
        PolicyConflictError, match=r'stacks_off: \["local"\] → \[\]|by now, not 1'
    ) as conflict:
        await store.write({"local_enabled": False}, expected="1", author="bob")
    assert conflict.value.difference == (
        Change("stacks_off", [], ["local"]),
        Change("tiers_off", ["premium"], []),
    )
    assert (await store.current()).version == "3"


@pytest.mark.parametrize("never", ["99", "", "x" * 100, "-1", "²"])
async def test_a_version_that_never_was_is_a_conflict_too(store: PolicyStore, never: str) -> None:
    with pytest.raises(PolicyConflictError) as conflict:
        await store.write({"local_enabled": False}, expected=never, author="ann")
    assert (conflict.value.difference, conflict.value.current) == ((), DEFAULT_POLICY)


async def test_a_change_of_nothing_makes_no_version(store: PolicyStore) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    again = await store.write({"tiers_off": ["premium"]}, expected="1", author="bob")
    assert (again.version, len(await store.history())) == ("1", 1)


async def test_the_history_says_who_changed_what_from_what_and_why(store: PolicyStore) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann", note="too dear")
    await store.write(
        {"user_caps": {SUBJECT: {"call": {"premium": 1, "total": 2}}}}, expected="1", author="b"
    )
    await store.write({"user_caps": {SUBJECT: None}, "tiers_off": []}, expected="2", author="ann")
    third, second, first = await store.history()
    assert (first.version, first.author, first.note) == ("1", "ann", "too dear")
    assert first.changes == (Change("tiers_off", [], ["premium"]),)
    assert Change(f"user_caps.{SUBJECT}.call.total", None, 2) in second.changes
    assert Change(f"user_caps.{SUBJECT}.call.total", 2, None) in third.changes
    assert first.at_ms <= second.at_ms <= third.at_ms
    assert [each.version for each in await store.history(limit=2)] == ["3", "2"]
    assert (await store.history(limit=1))[0].changes == third.changes


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({}, "no change"),
        ({"tiers_off": ["gold"]}, "tiers_off"),
        ({"premium": ["deluxe"]}, "no stack 'deluxe'; there are budget, economy"),
        ({"stacks_off": ["deluxe"]}, "no stack 'deluxe'"),
        ({"colour": "blue"}, "colour"),
        ({"caps": {"call": {"premium": -1}}}, "caps.call.premium"),
        ({"caps": {"call": {"premium": 1.5}}}, "caps.call.premium"),
        ({"caps": {"call": {"premium": 9_000_000}}}, "part of the total cap"),
        ({"user_caps": {"usr_0123": {}}}, "not under a user id"),
        ({"version": "7"}, "version is given by the store"),
        ({"premium": ["economy"] * 33}, "premium"),
        ({"user_caps": {f"s_{number:024x}": {} for number in range(9_000)}}, "bytes; at most"),
    ],
)
async def test_what_makes_no_policy_is_refused_with_the_reason_and_nothing_is_written(
    store: PolicyStore, patch: dict[str, Any], words: str
) -> None:
    with pytest.raises(PolicyInvalidError, match=words):
        await store.write(patch, expected="default-1", author="ann")
    assert await store.history() == ()


async def test_who_is_named_instead_of_a_subject_is_not_repeated(store: PolicyStore) -> None:
    with pytest.raises(PolicyInvalidError) as refused:
        await store.write({"user_caps": {"ann@example.org": {}}}, expected="default-1", author="a")
    assert "ann@" not in str(refused.value)


@pytest.mark.parametrize(("author", "note"), [("", ""), ("x" * 65, ""), ("ann", "x" * 501)])
async def test_an_author_and_a_note_have_a_length(store: PolicyStore, author: str, note: str) -> None:
    with pytest.raises(PolicyInvalidError, match="author"):
        await store.write({"local_enabled": False}, expected="default-1", author=author, note=note)


async def test_a_written_policy_stands_in_redis_and_a_message_goes_out(
    bank: Bank, store: PolicyStore
) -> None:
    async with store.board.listener() as listener:
        assert (await listener.get_message(timeout=PATIENT))["type"] == "subscribe"
        fresh = await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
        message = await listener.get_message(timeout=PATIENT)
    assert (message["type"], message["data"]) == ("message", "1")
    assert json.loads(await bank.link.redis.get("{voicetasks}:policy")) == fresh.model_dump(mode="json")
    assert await store.board.read(1) == fresh
    assert store.why_not_posted == ""


async def test_an_older_policy_never_replaces_a_newer_one_in_redis(store: PolicyStore) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    newer = await store.write({"tiers_off": []}, expected="1", author="ann")
    late = newer.model_copy(update={"version": "1"}).model_dump_json()
    assert await store.board.post(1, late) == 2
    assert await store.board.number() == 2
    assert await store.board.read(2) == newer


async def test_a_redis_that_knows_more_than_the_database_is_put_right(bank: Bank, store: PolicyStore) -> None:
    from_another_time = DEFAULT_POLICY.model_copy(update={"version": "9"})
    await store.board.post(9, from_another_time.model_dump_json())
    fresh = await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    assert await store.board.number() == 1
    assert await store.board.read(1) == fresh


async def test_a_policy_is_written_while_redis_is_away_and_says_that_nobody_was_told(
    database_url: str,
) -> None:
    link = RedisLink("redis://127.0.0.1:1/0")
    store = PolicyStore(database_url, link)
    fresh = await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    assert (await store.current(), store.why_not_posted) == (fresh, "connection")
    await store.aclose()
    await link.aclose()


async def test_a_database_that_is_no_database_is_said_to_be_down(bank: Bank) -> None:
    store = PolicyStore("sqlite+aiosqlite:///:memory:", bank.link)
    for ask in (store.current, store.history):
        with pytest.raises(JournalDownError):
            await ask()
    await store.aclose()


async def test_a_stored_policy_that_cannot_be_read_is_named(bank: Bank, store: PolicyStore) -> None:
    row = {"version": 4, "document": '{"version": "4"}', "author": "x", "at_ms": 0, "note": ""}
    async with bank.journal.engine.begin() as connection:
        await connection.execute(insert(PolicyRow).values(row))
    with pytest.raises(PolicyInvalidError, match="policy 4 in the database"):
        await store.current()
    async with bank.journal.engine.begin() as connection:
        await connection.execute(delete(PolicyRow))
    assert await store.current() == DEFAULT_POLICY


def test_a_merge_patch_merges_objects_replaces_values_and_removes_by_null() -> None:
    document = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 5}
    assert merged(document, {"a": {"b": 9, "x": {"y": None, "z": 1}}, "d": [3], "e": None}) == {
        "a": {"b": 9, "c": 2, "x": {"z": 1}},
        "d": [3],
    }
    assert document["a"] == {"b": 1, "c": 2}


def test_a_difference_is_told_value_by_value_and_the_version_does_not_count() -> None:
    fresh = changed(DEFAULT_POLICY, {"caps": {"call": {"premium": 7}}}, version="5", at_ms=0)
    (change,) = differences(DEFAULT_POLICY.model_dump(mode="json"), fresh.model_dump(mode="json"))
    assert str(change) == "caps.call.premium: 2000000 → 7"
