"""Speech to speech with an ear beside it: when a turn is over, and what is none."""

from __future__ import annotations

import pytest

from tests.agent.live_call import live_call
from tests.agent.test_murmurs import TITLES, hears_the_list, hears_the_list_through
from tiers.faults import Fault

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


async def test_a_breath_behind_words_that_lead_on_is_no_end(port: int) -> None:
    async with live_call(port, "usr_breath", plan="premium") as live:
        said = await live.turn("Add a task to call the plumber", pause=(0.5, 1.0))
        assert "call the plumber" in said
        assert (live.call.turn, await live.titles()) == (1, ["call the plumber"])


async def test_a_listeners_words_over_ours_are_no_turn_and_we_go_on(port: int) -> None:
    async with live_call(port, "usr_listener", plan="premium", pauses=True) as live:
        await hears_the_list_through(live, "Mhm", "Yeah")
        detector = live.serving.session._models.end_of_turn
        assert not detector.is_asked()
        assert "Shall I delete" in await live.turn("Delete paint the fence")
        assert detector.is_asked(), "an answer is given time for a second piece"
        assert detector.behind() < 60, "the ear tells how far it has written"
        await live.turn("Yeah")
        assert await live.titles() == sorted(set(TITLES) - {"paint the fence"})


async def test_a_request_over_ours_that_ends_in_a_thank_you_is_a_request(port: int) -> None:
    async with live_call(port, "usr_polite", plan="premium", pauses=True) as live:
        before = await hears_the_list(live)
        await live.say("Delete paint the fence thank you", pause=(0.67, 0.2))
        await live.until(lambda: "Shall I delete" in live.ours(before), 15, "we ask about the deletion")


async def test_a_stop_behind_an_okay_is_a_stop(port: int) -> None:
    async with live_call(port, "usr_okay_stop", plan="premium", pauses=True) as live:
        before = await hears_the_list(live)
        await live.say("Okay stop", pause=(0.5, 0.3))
        await live.until(lambda: live.call.turn == 2, 10, "the stop is a turn")
        await live.quiet()
        said = live.ours(before)
        assert not all(title in said for title in TITLES), said


@pytest.mark.parametrize("kind", ["refuse", "silent", "cut"])
async def test_the_call_goes_on_where_the_ear_does_not_and_its_breaker_is_told_once(
    port: int, kind: str
) -> None:
    async with live_call(port, f"usr_deaf_{kind}", plan="premium") as live:
        live.desk.faults.set("deepgram-stt", kind)
        if kind == "refuse":  # who is connected is refused nothing
            live.desk.faults.set("deepgram-stt", "cut", times=1)
        assert "water the plants" in await live.turn("Add a task to water the plants")
        assert "buy milk" in await live.turn("Add a task to buy milk")
        assert live.stack == "premium"
        assert await live.titles() == ["buy milk", "water the plants"]
        assert live.switch.beside == [("deepgram-stt", Fault.VENDOR_DOWN)]
        assert live.switch.told == []


async def test_the_ear_is_booked_as_it_is_billed_and_counts_as_well(port: int) -> None:
    async with live_call(port, "usr_billed", plan="premium") as live:
        await live.turn("Add a task to water the plants")
        assert "deepgram-stt" in live.switch.well, "what it wrote heals its breaker"
        assert live.switch.beside == []
        desk, usage = live.desk, live.usage
    billed = sum(row.microdollars for row in desk.invoice.rows() if row.vendor == "deepgram")
    heard_ms = sum(each.units["audio_ms"] for each in usage if each.part == "stt")
    assert heard_ms > 3000
    assert billed == pytest.approx(heard_ms * 7700 / 60_000, abs=200)
