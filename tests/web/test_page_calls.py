"""Whole conversations on the page, in a real Chromium: the store, the page's transcript, the sound that came back."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from tests.web.page_driver import PATIENT_MS, OpenTab, Speech, StartWith, Tab, wav_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

FRIDAY = 4
HALF_A_SECOND = 10
"""Entries of the page's ear: one for each 50 ms that could be heard."""


@pytest.fixture(params=["economy@example.com", "premium@example.com"])
def email(request: pytest.FixtureRequest) -> str:
    """Whoever calls: every conversation goes alike with every plan."""
    return str(request.param)


by_any_plan = pytest.mark.parametrize("email", ["premium@example.com"])
"""For what is the page's own and comes to pass before any stack has a part in it."""


async def in_a_call(open_tab: OpenTab, email: str) -> Tab:
    tab = await open_tab()
    await tab.sign_in(email)
    await tab.start()
    await tab.greeted()
    return tab


async def well_ended(tab: Tab) -> None:
    """Nothing went wrong in the browser, and the call can be ended."""
    await tab.hang_up()
    assert tab.errors == []


@pytest.mark.dear
async def test_a_list_is_read_out_added_to_and_each_answer_has_its_effect(
    open_tab: OpenTab, start_with: StartWith, email: str
) -> None:
    """One call, since what is asked, typed, said and clicked in it is one conversation to the caller too."""
    await start_with(email, "Buy milk", "Call the plumber")
    tab = await in_a_call(open_tab, email)
    await expect(tab.shown_tasks()).to_have_text(["Buy milk", "Call the plumber"])
    await _the_list_is_read_out(tab)
    await _a_task_is_added_by_text(tab)
    await _a_task_is_completed_after_a_spoken_yes(tab)
    await _a_deletion_that_is_declined_deletes_nothing(tab)
    await _a_task_is_deleted_after_a_clicked_yes(tab)
    await well_ended(tab)


async def _the_list_is_read_out(tab: Tab) -> None:
    said, heard = await tab.count(), len(await tab.heard_ms())
    await tab.say("What is on my list?")
    await tab.said_since(said, "list", who="you")
    await tab.said_since(said, "buy milk.*call the plumber|call the plumber.*buy milk")
    assert len(await tab.heard_ms()) - heard > 2 * HALF_A_SECOND
    assert await tab.titles() == ["buy milk", "call the plumber"]
    await tab.listening()


async def _a_task_is_added_by_text(tab: Tab) -> None:
    said = await tab.count()
    await tab.type("Add a task to water the plants")
    await tab.said_since(said, "water the plants", who="you")
    await tab.said_since(said + 1, "water the plants")
    await expect(tab.shown_tasks()).to_have_text(
        ["Buy milk", "Call the plumber", "water the plants"], ignore_case=True
    )
    assert await tab.titles() == ["buy milk", "call the plumber", "water the plants"]
    await tab.listening()


async def _a_task_is_completed_after_a_spoken_yes(tab: Tab) -> None:
    said = await tab.count()
    await tab.say_for_the_card("Please complete the task buy milk.", "Buy milk")
    await tab.said_since(said, r"as done\?")
    await tab.listening()
    assert await tab.titles("done") == []
    await tab.say("Yes, please.")
    await tab.said_since(said, "you said yes by voice", who="note")
    await expect(tab.card).to_have_count(0)
    await expect(tab.page.get_by_role("region", name="Done")).to_contain_text("Buy milk")
    assert await tab.titles("done") == ["buy milk"]
    assert await tab.titles() == ["call the plumber", "water the plants"]
    await tab.listening()


async def _a_deletion_that_is_declined_deletes_nothing(tab: Tab) -> None:
    for by in ("click", "voice"):
        said = await tab.count()
        await tab.type("Delete call the plumber")
        await expect(tab.card).to_contain_text("plumber", timeout=PATIENT_MS)
        if by == "voice":
            await tab.said_since(said, r"shall i delete.*\?")
            await tab.listening()
            await tab.say("No, don't.")
        else:
            await tab.card.get_by_role("button", name="No").click()
        await tab.said_since(said, f"you said no by {by}. Nothing was changed", who="note")
        await expect(tab.card).to_have_count(0)
        assert await tab.titles() == ["call the plumber", "water the plants"]
        await tab.listening()
    assert await tab.titles("done") == ["buy milk"]


async def _a_task_is_deleted_after_a_clicked_yes(tab: Tab) -> None:
    asked = await tab.count()
    await tab.say_for_the_card("Please delete call the plumber.", "plumber")
    assert await tab.titles() == ["call the plumber", "water the plants"], "deleted before the yes"
    said = await tab.count()
    await tab.card.get_by_role("button", name="Yes").click()
    await tab.said_since(asked, "you said yes by click", who="note")
    await tab.said_since(said, "deleted")
    assert await tab.titles() == ["water the plants"]
    await expect(tab.shown_tasks()).to_have_text(["water the plants"], ignore_case=True)


@pytest.mark.dear
async def test_speaking_over_the_agent_silences_it_and_a_task_by_friday_is_made(
    open_tab: OpenTab, start_with: StartWith, email: str
) -> None:
    titles = [
        *("Return the library books", "Call the plumber about the kitchen", "Book a table for four people"),
        *("Renew the car insurance", "Order new glasses for the party", "Clean the garage before winter"),
    ]
    today = date.fromisoformat(await start_with(email, *titles))
    tab = await in_a_call(open_tab, email)
    said, heard = await tab.count(), len(await tab.heard_ms())
    await tab.say("What is on my list?")
    await tab.page.wait_for_function(
        "count => window.__test.heard.length > count", arg=heard + 3 * HALF_A_SECOND, timeout=PATIENT_MS
    )
    interrupted_at = await tab.now_ms()
    await tab.say("Please add a task to buy milk.")
    await tab.said_since(said, "milk", who="you")
    await tab.said_since(said + 2, "buy milk")
    listing = (await tab.lines("assistant").nth(1).inner_text()).lower()
    assert sum(title.lower() in listing for title in titles) < len(titles), "it spoke to the end of its list"
    times = [at for at in await tab.heard_ms() if at >= interrupted_at]
    pauses = [
        (before - interrupted_at, after - before)
        for before, after in zip([interrupted_at, *times], times, strict=False)
        if after - before > 500
    ]
    assert pauses, "it never fell silent"
    # How fast it falls silent is the bench's to measure; here, that it does, in the middle of a list of many seconds.
    assert pauses[0][0] < 8000, f"it spoke on for {pauses[0][0]:.0f} ms"
    assert "buy milk" in await tab.titles()
    await tab.listening()
    if today.weekday() != FRIDAY:  # on a Friday «by Friday» is asked back
        await _a_task_by_friday_is_made(tab, today + timedelta(days=(FRIDAY - today.weekday()) % 7))
    await well_ended(tab)


async def _a_task_by_friday_is_made(tab: Tab, friday: date) -> None:
    said, heard = await tab.count(), len(await tab.heard_ms())
    await tab.say("Please add a task to review the proposal by Friday.")
    await tab.said_since(said, "review the proposal.*friday")
    [task] = [one for one in await tab.tasks() if one["due"]]
    assert task["title"].lower() == "review the proposal"
    assert task["due"] == friday.isoformat()
    due = tab.shown_tasks().filter(has_text=re.compile("review the proposal", re.IGNORECASE))
    await expect(due).to_have_count(1)
    await expect(tab.page.locator(".tasks time")).to_contain_text("Fri")
    assert len(await tab.heard_ms()) - heard > HALF_A_SECOND


@pytest.mark.dear
@by_any_plan
async def test_chromiums_own_microphone_is_heard(
    open_tab: OpenTab, start_with: StartWith, email: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No part of the page's microphone is a test's: the browser plays a file where its device would be."""
    await start_with(email)
    pcm, rate = await Speech.of("Please add a task to feed the cat.")
    file = tmp_path_factory.mktemp("microphone") / "speech.wav"
    file.write_bytes(wav_of(pcm, rate, silence_before=4, silence_after=12))
    tab = await open_tab(microphone=file)
    await tab.sign_in(email)
    await tab.start()
    # The file is played over and over, so that it does not matter when the agent came.
    await tab.said_since(0, "feed the cat", who="you")
    await tab.said_since(0, "added.*feed the cat")
    assert set(await tab.titles()) == {"feed the cat"}
    level = tab.page.get_by_role("meter", name="Microphone level")
    await expect(level).not_to_have_attribute("aria-valuenow", "0", timeout=PATIENT_MS)
    await well_ended(tab)


@pytest.mark.dear
@by_any_plan
async def test_words_from_before_the_agent_came_are_not_lost(
    open_tab: OpenTab, start_with: StartWith, email: str
) -> None:
    await start_with(email)
    tab = await open_tab()
    await tab.sign_in(email)
    await Speech.of("Please add a task to water the plants.")
    await tab.start()
    # Whoever has just pressed a button takes a breath; on a busy machine the page is not recording any sooner.
    speaking = asyncio.create_task(tab.say("Please add a task to water the plants.", breath=1.0))
    await expect(tab.state).to_have_text("Connecting")
    await speaking
    await tab.said_since(0, "water the plants", who="you")
    await tab.said_since(0, "added.*water the plants")
    assert await tab.titles() == ["water the plants"]
