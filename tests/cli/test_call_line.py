"""The caller in a real room, opposite a participant whose timing the test decides."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.line import Line
from cli.caller.told_sound import told_sound
from cli.caller.web_door import Ticket
from cli.ports import FreePorts
from tests.cli.room_partner import QUIET_AFTER, REPLY_AFTER, Call, Partner, served, token

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(tmp_path_factory.mktemp("livekit"))


async def test_the_time_to_the_first_sound_is_the_partners_delay_and_a_little_of_the_road(
    server: str,
) -> None:
    async with Partner(server, "delay") as partner, Call(server, "delay") as call:
        partner.answers.append(("You said something.", 0.8))
        await call.wait_for_agent()
        await call.wait_for_greeting()
        turn = await call.say("hello there robin", told_sound("hello there robin"))
        assert call.record.greeting.heard == "I am Robin, an AI. How can I help?"
        assert turn.answered
        assert turn.heard == "You said something."
        assert turn.first_sound_ms is not None
        assert REPLY_AFTER * 1000 - 100 <= turn.first_sound_ms <= REPLY_AFTER * 1000 + 400
        assert turn.silence_after_interrupt_ms is None
        assert turn.stack == "economy"
        assert call.record.sandbox is True
        assert call.record.reasons == ["the plan is economy"]
        assert 1.4 <= call.record.heard_seconds <= 2.4
        assert np.abs(call.line.listener.recording.astype(int)).max() > 3000


async def test_an_interruption_begins_when_asked_and_tells_when_the_agent_fell_silent(server: str) -> None:
    async with Partner(server, "interrupt") as partner, Call(server, "interrupt") as call:
        partner.answers += [("A very long list.", 8.0), ("Stopped.", 0.5)]
        await call.wait_for_agent()
        await call.wait_for_greeting()
        listing = await call.say("read it all", told_sound("read it all"), to_its_end=False)
        await call.wait_into_speech(1.5)
        stop = await call.say("no stop it please", told_sound("no stop it please"))
        assert listing.heard == "A very long list."
        assert stop.heard == "Stopped."
        assert stop.silence_after_interrupt_ms is not None
        assert QUIET_AFTER * 1000 - 100 <= stop.silence_after_interrupt_ms <= QUIET_AFTER * 1000 + 400
        long_one = call.line.listener.log.stretches[1]
        assert 1.5 <= long_one.end - long_one.start <= 2.6


async def test_text_keys_and_clicks_reach_the_agent(server: str) -> None:
    async with Partner(server, "hands") as partner, Call(server, "hands") as call:
        partner.answers += [("Read.", 0.4), ("Key.", 0.4), ("Done.", 0.4)]
        await call.wait_for_agent()
        await call.wait_for_greeting()
        typed = await call.type("add milk")
        pressed = await call.press("1")
        question = json.dumps({"id": "q1", "question": "Shall I delete «Milk»?", "action": "delete"})
        await partner.room.local_participant.send_text(question, topic="voicetasks.confirm")
        clicked = await call.click("yes")
        assert partner.typed == ["add milk"]
        assert partner.keys == "1"
        assert partner.clicks == [{"id": "q1", "answer": "yes"}]
        assert [turn.answered for turn in (typed, pressed, clicked)] == [True] * 3
        outcome = json.dumps({"id": "q1", "outcome": "confirmed", "by": "click", "answer": "yes"})
        await partner.room.local_participant.send_text(outcome, topic="voicetasks.confirm")
        assert await call.line.changes.wait_until(lambda: call.record.confirmations[0].outcome is not None, 3)
        assert call.record.confirmations[0].by == "click"


async def test_a_click_without_a_question_says_so(server: str) -> None:
    async with Partner(server, "no-question"), Call(server, "no-question") as call:
        await call.wait_for_agent()
        await call.wait_for_greeting()
        turn = await call.click("yes")
        assert not turn.answered
        assert turn.problem == "there was no question to click on"


async def test_an_empty_room_is_told_apart_from_a_silent_agent(server: str) -> None:
    async with Call(server, "empty") as call:
        with pytest.raises(NobodyAnsweredError, match="no agent came"):
            await call.wait_for_agent()


async def test_a_token_signed_by_somebody_else_is_refused(server: str, tmp_path: Path) -> None:
    ticket = Ticket(
        "c", server, token("caller", "x", secret="another-secret-of-more-than-32-characters"), "x"
    )
    with pytest.raises(RefusedError):
        async with Line(ticket, [], lambda _segment: None, record=False):
            pass


async def test_a_server_that_is_not_there_is_nobody_answering(server: str) -> None:
    ticket = Ticket("c", f"ws://127.0.0.1:{FreePorts().take()}", token("caller", "x"), "x")
    with pytest.raises(NobodyAnsweredError, match="no LiveKit server"):
        async with Line(ticket, [], lambda _segment: None, record=False):
            pass
