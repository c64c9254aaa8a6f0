"""An ear that fails in mid-sentence: another one hears the whole sentence. Real speech, really heard."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.agent.live_call import LiveCall, live_call
from tiers.faults import Fault
from tiers.watch import SHORT_PIECES

pytestmark = pytest.mark.system

PATIENCE = 2.0
"""Two ears on one machine hear at the same time."""


def ear(live: LiveCall) -> str:
    return live.serving.session.stack.parts["stt"].name


@pytest.mark.parametrize("kind", ["cut", "silent", "no-final", "empty-final"])
async def test_a_sentence_that_an_ear_lost_is_heard_by_the_next(port: int, kind: str) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", hears=True, patience=PATIENCE) as live:
        sentence = "Add a task to buy some bread, and water the plants tomorrow."
        await live.mouth.speak(sentence)
        speaking = live.speaking(sentence, pause=(0.5, 0.5))
        await live.until(lambda: live.serving.session.session.user_state == "speaking", 5, "speech is found")
        live.desk.faults.set("deepgram-stt", kind)
        await speaking
        await live.heard(30)
        await live.quiet()
        assert ear(live) == "whisper"
        assert len([title for title in await live.titles() if "bread" in title]) == 1


async def test_who_answers_with_one_word_again_and_again_is_heard_by_the_next_ear(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", hears=True) as live:
        live.desk.faults.set("deepgram-stt", "silent")
        for _ in range(SHORT_PIECES):
            await live.say("Yes.")
            await live.until(
                lambda: live.serving.session.session.user_state != "speaking", 5, "the word is over"
            )
        await live.until(lambda: ear(live) == "whisper", 20, "another ear hears")
        await live.until(lambda: any(item.role == "user" for item in live.items), 30, "the word is heard")
        assert live.switch.told == [("deepgram-stt", Fault.VENDOR_DOWN)]


async def test_an_ear_that_has_no_room_for_us_is_left_at_once_and_not_taken_for_broken(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", hears=True, patience=PATIENCE) as live:
        live.desk.faults.set("deepgram-stt", "rate-limit")
        live.desk.faults.set("deepgram-stt", "cut", times=1)
        said = await live.turn("Add a task to buy bread")
        assert "bread" in said
        assert ear(live) == "whisper"
        assert live.switch.told == [("deepgram-stt", Fault.VENDOR_BUSY)]


async def test_an_ear_that_was_closed_in_a_long_silence_hears_the_first_word_again(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", hears=True, patience=PATIENCE) as live:
        live.desk.faults.set("deepgram-stt", "cut", times=1)
        await live.until(lambda: live.desk.connections.ever("deepgram-stt") >= 2, 10, "it is connected again")
        said = await live.turn("Add a task to buy bread")
        assert "bread" in said
        assert ear(live) == "nova-3"
        assert live.switch.told == []
