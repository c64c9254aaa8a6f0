from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.matching import likeness
from mcp_tasks.spoken_form import spoken_form
from mcp_tasks.store import TaskStore
from mcp_tasks.task import TaskList
from tests.mcp_tasks.people import ANN, BOB, LA, later, make, titles

pytestmark = pytest.mark.unit


async def find(store: TaskStore, query: str, view: Any = "all", limit: int = 50) -> TaskList:
    return await store.list_tasks(ANN, view, query, limit)


async def meant(store: TaskStore, query: str) -> str | None:
    """The title of the one task that is meant; None when there is a question or nothing."""
    found = await find(store, query)
    return next((task.title for task in found.tasks if task.id == found.meant), None)


async def test_the_exact_title_wins_over_those_that_sound_alike(store: TaskStore) -> None:
    for title in ("call Anne", "call Ann", "call Anna", "flour", "flower", "Task 4", "Task 41"):
        await make(store, title)
    for said, title in (
        ("call Ann", "call Ann"),
        ("CALL ANN", "call Ann"),
        ("call Anne", "call Anne"),
        ("call Anna", "call Anna"),
        ("flower", "flower"),
        ("the flour one", "flour"),
        ("task four", "Task 4"),
        ("Task forty-one", "Task 41"),
    ):
        assert await meant(store, said) == title, said
    found = await find(store, "call Ann")
    assert found.match == "exact"
    assert found.question is None


async def test_what_was_misheard_is_found_by_its_sound(store: TaskStore) -> None:
    for title in ("buy milk", "Call the vet at 2:30", "two pears for Jon"):
        await make(store, title)
    for said, title in (
        ("by milk", "buy milk"),
        ("bye milk", "buy milk"),
        ("call the vet at two thirty", "Call the vet at 2:30"),
        ("2 pairs for John", "two pears for Jon"),
    ):
        found = await find(store, said)
        assert [task.title for task in found.tasks] == [title], said
        assert found.meant == found.tasks[0].id
    assert (await find(store, "by milk")).match == "sound"


async def test_homophones_that_are_both_there_are_asked_about(store: TaskStore) -> None:
    await make(store, "meet Sara", due=date(2026, 11, 27))
    await make(store, "meet Sarah")
    found = await find(store, "meat Sara")
    assert (found.meant, found.match) == (None, "sound")
    assert found.question == (
        'Which one do you mean: "meet Sara", due Friday, November 27th; or "meet Sarah", without a date?'
    )


async def test_a_tie_is_asked_with_the_first_fact_that_tells_them_apart(store: TaskStore) -> None:
    for facts, told in (
        ([{"due": date(2026, 11, 25)}, {}], [", due tomorrow", ", without a date"]),
        ([{"list_name": "home"}, {"list_name": "office"}], [", on the list home", ", on the list office"]),
        ([{"notes": "two litres"}, {}], [", with the note two litres", ", without notes"]),
        ([{"caller": later(-60 * 48)}, {}], [", added on Sunday, November 22nd", ", added today"]),
        ([{"caller": later(-5)}, {}], [", the older one", ", the newer one"]),
    ):
        ids = [(await make(store, "Buy milk", **each))["task"]["id"] for each in facts]
        found = await find(store, "buy milk")
        assert found.meant is None
        assert {task.id for task in found.tasks} == set(ids)
        assert found.question is not None
        assert all(f'"Buy milk"{each}' in found.question for each in told), found.question
        for each in ids:
            await store.delete(ANN, None, each, None)


async def test_one_title_with_all_the_words_is_meant_and_several_are_asked_about(store: TaskStore) -> None:
    await make(store, "Send the budget to Carla")
    await make(store, "Book a flight to Rome")
    assert await meant(store, "the flight") == "Book a flight to Rome"
    await make(store, "Review the budget proposal")
    found = await find(store, "budget")
    assert (found.total, found.meant, found.match) == (2, None, "words")
    assert (
        found.question
        == 'Which one do you mean: "Send the budget to Carla"; or "Review the budget proposal"?'
    )
    assert await meant(store, "budget proposal") == "Review the budget proposal"


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Clean the garage", "the garridge"),
        ("call Anna", "call Ann"),
        ("Task 41 of the plan", "plann"),
        ("Buy milk", "mil"),
    ],
)
async def test_what_is_only_alike_is_never_meant_but_asked_about(
    store: TaskStore, title: str, said: str
) -> None:
    await make(store, title)
    found = await find(store, said)
    assert found.meant is None
    assert found.question is not None
    assert title in found.question


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Book dentist", "dentist appointment"),
        ("Book dentist", "call the dentist"),
        ("Book dentist", "dentists"),
        ("Book dentist", "the dentists appointment"),
        ("Pay electricity bill", "bills"),
        ("Send invoice", "the invoices"),
        ("buy battery", "batteries"),
        ("charge batteries", "the battery"),
        ("Unload dishwasher", "dish washer"),
        ("Renew passport", "passports"),
    ],
)
async def test_words_in_another_form_and_half_of_them_are_a_question_where_else_there_were_none(
    store: TaskStore, title: str, said: str
) -> None:
    for each in (title, "Buy milk", "Water the plants"):
        await make(store, each)
    found = await find(store, said)
    assert (found.match, found.meant, found.question) == (
        "similar",
        None,
        f'Do you mean "{title}", without a date?',
    )


async def test_many_that_have_the_words_in_another_form_are_told_and_counted(store: TaskStore) -> None:
    for number in range(12):
        await make(store, f"Electricity bill number {number}")
    found = await find(store, "bills", limit=5)
    assert (len(found.tasks), found.total, found.meant) == (5, 12, None)


async def test_half_of_the_words_offer_neither_another_number_nor_a_crowd(store: TaskStore) -> None:
    await make(store, "Pay invoice 3")
    for name in ("Ann", "Bob", "Carla", "Dora", "Emil", "Fritz", "Gina"):
        await make(store, f"Call {name}")
    assert await titles(store, query="invoice 7") == []
    assert await titles(store, query="call Zebulon") == []


async def test_words_that_are_nowhere_find_nothing_and_ask_nothing(store: TaskStore) -> None:
    await make(store, "Buy milk")
    found = await find(store, "zeppelin")
    assert (found.tasks, found.total, found.meant, found.question, found.match) == ([], 0, None, None, None)
    assert (await find(store, "task 4")).tasks == []


async def test_notes_lists_and_tags_are_searched_too(store: TaskStore) -> None:
    await make(store, "Milk", notes="from the organic shop", list_name="groceries", tags=["errand"])
    await make(store, "Errand boy wanted")
    assert await titles(store, query="organic") == ["Milk"]
    assert await titles(store, query="groceries") == ["Milk"]
    assert await titles(store, query="#errand") == ["Milk"]
    assert set(await titles(store, query="errand")) == {"Milk", "Errand boy wanted"}


async def test_a_search_keeps_to_its_view_and_follows_every_change(store: TaskStore) -> None:
    task_id = (await make(store, "Buy milk", due=date(2026, 11, 24)))["task"]["id"]
    assert await titles(store, "today", "milk") == ["Buy milk"]
    assert await titles(store, "done", "milk") == []
    await store.complete(ANN, None, task_id, None)
    assert await titles(store, "all", "milk") == []
    assert await titles(store, "done", "milk") == ["Buy milk"]
    await store.delete(ANN, None, task_id, None)
    assert await titles(store, "done", "milk") == []
    await store.undo(later(1), None)
    assert await titles(store, "done", "by milk") == ["Buy milk"]


async def test_nobody_finds_another_ones_task(store: TaskStore) -> None:
    await make(store, "Buy milk")
    for query in ("buy milk", "milk", "mil", "melk", "ilk"):
        assert await titles(store, query=query, caller=BOB) == []


@pytest.mark.parametrize(
    "query",
    ['"', "milk OR", "NEAR(milk)", "*", "milk*", "-milk", "words:milk", "^milk", "(", "'", "%_", "{a}:b"],
)
async def test_no_query_is_a_language_of_the_index(store: TaskStore, query: str) -> None:
    await make(store, "Buy milk")
    await find(store, query)


async def test_more_hits_than_are_wanted_are_counted(store: TaskStore) -> None:
    for number in range(30):
        await make(store, f"Pay bill number {number}", due=date(2027, 1, 1) - timedelta(days=number))
    found = await find(store, "bill", limit=5)
    assert (len(found.tasks), found.total, found.question) == (5, 30, None)
    assert found.tasks[0].due == "2026-12-03"


async def test_what_is_meant_does_not_depend_on_how_many_are_wanted(store: TaskStore) -> None:
    await make(store, "Plan shopping trip", due=date(2026, 11, 25))
    for number in range(25):
        await make(store, f"Bread {number}", list_name="shopping", due=date(2026, 12, 1))
    assert await meant(store, "shopping") == "Plan shopping trip"
    await make(store, "Shopping for grandma")
    for limit in (5, 20, 50):
        found = await find(store, "shopping", limit=limit)
        assert (found.total, found.meant) == (27, None)
        assert found.question == 'Which one do you mean: "Plan shopping trip"; or "Shopping for grandma"?', (
            limit
        )


async def test_a_search_is_spoken_of_in_the_callers_words_for_dates(store: TaskStore) -> None:
    await make(store, "Call Ann", due=datetime(2026, 11, 24, 17, tzinfo=LA))
    await make(store, "Call Ann", due=datetime(2026, 11, 25, 17, tzinfo=LA))
    found = await find(store, "call Ann")
    assert (
        found.question
        == 'Which one do you mean: "Call Ann", due today at 5 PM; or "Call Ann", due tomorrow at 5 PM?'
    )


WORDS = st.lists(
    st.sampled_from(["buy", "milk", "call", "Ann", "two", "pears", "the", "report", "4", "forty"]),
    min_size=1,
    max_size=4,
)


@given(WORDS, WORDS)
@settings(max_examples=200, deadline=None)
def test_likeness_is_a_share_and_whole_for_the_same_words(one: list[str], other: list[str]) -> None:
    key = spoken_form(" ".join(other))
    assert 0 <= likeness(" ".join(one), key) <= 1
    assert likeness(" ".join(other), key) == pytest.approx(1)
