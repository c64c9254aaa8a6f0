"""How a call ends from the other side, and how it outlives who served it."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from cli.caller import script
from cli.caller.errors import CallOverError
from cli.caller.record import CallRecord
from cli.caller.script import Order
from cli.caller.steps import HangUp, Pause, Step, Type
from cli.caller.told_sound import told_sound
from cli.caller.voices import VoiceName
from cli.caller.web_door import Tasks, Ticket
from tests.cli.room_partner import LONG_PATIENCE, Call, Partner, close, served, token

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(tmp_path_factory.mktemp("livekit"))


async def test_a_room_that_is_deleted_ends_the_call_at_once(server: str) -> None:
    async with Partner(server, "deleted"), Call(server, "deleted", LONG_PATIENCE) as call:
        await call.wait_for_agent()
        await call.wait_for_greeting()
        pausing = asyncio.create_task(call.pause(60))
        await close(server, "deleted")
        with pytest.raises(CallOverError, match="ended by the other side"):
            async with asyncio.timeout(5):
                await pausing
        with pytest.raises(CallOverError):
            await call.say("are you there", told_sound("are you there"))


async def test_an_agent_that_leaves_a_room_that_stays_is_waited_for_and_not_for_ever(server: str) -> None:
    async with Call(server, "leaves") as call:
        async with Partner(server, "leaves"):
            await call.wait_for_agent()
            await call.wait_for_greeting()
        assert await call.line.changes.wait_until(lambda: not call.line.agent.here, 5)
        left = time.monotonic()
        with pytest.raises(CallOverError, match="nobody took it over within 3 s"):
            await call.say("are you there", told_sound("are you there"))
        assert time.monotonic() - left >= 2.5


async def test_who_takes_a_call_over_is_spoken_to_and_heard(server: str) -> None:
    async with Call(server, "taken over", LONG_PATIENCE) as call:
        async with Partner(server, "taken over"):
            await call.wait_for_agent()
            await call.wait_for_greeting()
        assert await call.line.changes.wait_until(lambda: not call.line.agent.here, 5)
        asking = asyncio.create_task(call.say("are you there", told_sound("are you there")))
        async with Partner(server, "taken over", identity="kim") as kim:
            kim.answers[:] = [("I took over.", 0.8), ("Yes, I am here.", 0.8), ("Added.", 0.4)]
            spoken = await asking
            typed = await call.type("add milk")
            assert kim.typed == ["add milk"]
        assert [turn.answered for turn in (spoken, typed)] == [True] * 2
        assert "I am here" in spoken.heard
        assert typed.heard == "Added."


async def test_of_two_agents_in_the_room_the_one_who_came_last_is_followed(server: str) -> None:
    async with Partner(server, "two") as dead, Call(server, "two", LONG_PATIENCE) as call:
        dead.answers.append(("Nobody should hear this.", 0.2))
        await call.wait_for_agent()
        await call.wait_for_greeting()
        async with Partner(server, "two", identity="kim") as kim:
            assert await call.line.changes.wait_until(lambda: call.line.agent.identity == "kim", 5)
            await call.type("add milk")
            assert kim.typed == ["add milk"]
            assert dead.typed == []


class Door:
    """A web server that lets everybody into one room."""

    plan = "economy"

    def __init__(self, server: str, room: str) -> None:
        self.ticket = Ticket("call-1", server, token("caller", room), room)

    def __call__(self, _url: str) -> "Door":
        return self

    async def __aenter__(self) -> "Door":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def sign_in(self, _email: str, _password: str) -> None:
        pass

    async def start_call(self) -> Ticket:
        return self.ticket

    async def tasks(self) -> Tasks:
        return Tasks([], 0)


def order(*steps: Step) -> Order:
    return Order("http://web", "a@b.c", "demo", steps, voice=VoiceName.TOLD, patience=LONG_PATIENCE)


async def test_a_call_that_is_ended_after_its_last_answer_was_answered_whatever_pauses_were_left(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "WebDoor", Door(server, "goodbye"))
    record = CallRecord()
    async with Partner(server, "goodbye", ends_the_room=True) as partner:
        partner.answers.append(("Goodbye!", 0.4))
        async with asyncio.timeout(30):
            await script.make_call(order(Type("Goodbye."), Pause(60), HangUp()), record, lambda _: None)
    assert (record.answered, record.error) == (True, None), record
    assert [turn.heard for turn in record.turns] == ["Goodbye!"]


async def test_a_call_that_is_ended_while_an_answer_is_owed_was_not_answered(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "WebDoor", Door(server, "owed"))
    record = CallRecord()
    async with Partner(server, "owed", ends_the_room=True) as partner:
        partner.answers.append(("Goodbye!", 0.4))
        with pytest.raises(CallOverError):
            async with asyncio.timeout(30):
                await script.make_call(
                    order(Type("Goodbye."), Pause(60), Type("One thing more.")), record, lambda _: None
                )
    assert not record.answered
    assert record.error == "the call was ended by the other side"
