"""A session that has ended raises where it is asked to speak, and a room that is gone takes nothing: a call ends all the same,
and what its caller wished is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

import agent.call_end
from agent import persona
from agent.attributes import CallAttributes
from agent.call import Call
from agent.erasure import AccountErasure, Erased, Erases
from agent.gate import Gate
from agent.invitation import Invitation
from agent.no_more_calls import STOPPED
from agent.nothing_left import TROUBLE, GivenUp
from agent.rehearsal.stage import NoRoom
from agent.settings import AgentSettings
from agent.sounds.make import TEXTS
from people.user import GUEST_DOMAIN, Plan, Role, User

pytestmark = pytest.mark.unit


class Session:
    """One that has ended: asked to be silent or to speak, it raises as livekit does. Or one that serves."""

    keeps_spoken_turns = False

    def __init__(self, *, ended: bool = True, serves: bool = True) -> None:
        self.ended, self.serves = ended, serves
        self.stack = SimpleNamespace(has_voice=True)
        self.said: list[str] = []
        self.asked: list[str] = []

    async def hush(self) -> None:
        self._raise()

    def say(self, line: str, **_: Any) -> Any:
        self._raise()
        self.said.append(line)

    def reply(self, text: str) -> None:
        self._raise()
        self.asked.append(text)

    def _raise(self) -> None:
        if self.ended:
            raise RuntimeError("AgentSession isn't running")


class Served:
    """A call by phone, the session that serves it, and what was played and written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = cast("Any", NoRoom("caller"))
        self.session = Session()
        self.played: list[str] = []
        self.stopped: list[str] = []

        async def stops_calls(how: Any) -> bool:
            self.stopped.append(how)
            return True

        async def play(_room: Any, name: str) -> None:
            self.played.append(name)

        monkeypatch.setattr(agent.call_end, "play_recording", play)
        self.call = Call(
            self.room,
            Invitation(call_id="c1", subject="usr", identity="caller", channel="phone"),
            User(
                id="usr",
                email="ann@example.org",
                plan=Plan.PREMIUM,
                role=Role.USER,
                time_zone="UTC",
                created_at=datetime.now(UTC),
            ),
            cast("Any", None),
            AgentSettings(phone_survey=False),
            CallAttributes(self.room, call_id="c1"),
            cast("Any", None),
            stops_calls=stops_calls,
        )
        self.call._serving = cast("Any", self)

    async def done(self) -> None:
        """Wait for what goes on in the background, well or badly."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self.call._background, return_exceptions=True)

    @property
    def end(self) -> str:
        return self.call._ends.over.result()


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(monkeypatch)


Ending = Callable[[Call], Awaitable[None]]


@pytest.mark.parametrize(
    ("ending", "recording", "reason"),
    [
        (lambda call: call._ends.give_up(GivenUp(TROUBLE)), "trouble", "vendor_failed"),
        (lambda call: call._go_on_without_voice(), "no_voice", "no_voice"),
    ],
)
async def test_where_nothing_can_be_written_the_recording_is_played_and_the_call_ends(
    served: Served, ending: Ending, recording: str, reason: str
) -> None:
    async def refuses(*_: Any, **__: Any) -> None:
        raise ConnectionError("the stream is closed")

    served.room.local_participant.send_text = refuses
    with pytest.raises(ConnectionError):
        await ending(served.call)
    assert (served.played, served.end) == ([recording], reason)


@pytest.mark.parametrize(
    "ending", [lambda call: call._ends.give_up(GivenUp(TROUBLE)), lambda call: call._go_on_without_voice()]
)
async def test_where_no_recording_can_be_played_the_call_ends(
    served: Served, monkeypatch: pytest.MonkeyPatch, ending: Ending
) -> None:
    async def refuses(*_: Any) -> None:
        raise ConnectionError("the track was not published")

    monkeypatch.setattr(agent.call_end, "play_recording", refuses)
    with pytest.raises(ConnectionError):
        await ending(served.call)
    assert served.end


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (lambda call: call._turns._say_goodbye(), "goodbye"),
        (lambda call: call._manners._let_go(), "silent"),
    ],
)
async def test_a_call_whose_last_words_cannot_be_said_ends(
    served: Served, ending: Ending, reason: str
) -> None:
    with pytest.raises(RuntimeError):
        await ending(served.call)
    assert served.end == reason


def erasure_of(served: Served, erases: Erases, ended: list[str]) -> AccountErasure:
    """The erasure of whoever is served; that the call ends goes into a list."""
    return AccountErasure(
        erases,
        Gate(),
        session=lambda: cast("Any", served.session),
        end=lambda: ended.append("erased"),
        promise=asyncio.create_task,
    )


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_who_is_erased_is_let_go_though_nothing_says_so(served: Served, elsewhere: bool) -> None:
    times: list[int] = []
    ended: list[str] = []

    async def erases() -> Erased:
        times.append(1)
        return Erased.WHOLLY

    erasure = erasure_of(served, erases, ended)
    with pytest.raises(RuntimeError):
        await (erasure.happened_elsewhere() if elsewhere else erasure.carry_out())
    assert ended == ["erased"]
    assert bool(times) is not elsewhere


async def test_who_was_told_one_moment_is_told_that_erasing_failed_and_may_ask_again(served: Served) -> None:
    served.session = Session(ended=False)
    ended: list[str] = []

    async def erases() -> Erased:
        raise LookupError("of a kind that nobody thought of")

    erasure = erasure_of(served, erases, ended)
    for times in (1, 2):
        await erasure.carry_out()
        assert served.session.said == [persona.ERASING, persona.NOT_ERASED] * times
    assert (erasure.is_done, ended) == (False, [])


@pytest.mark.parametrize(
    ("erased", "said", "is_done"),
    [
        (Erased.REST_FOLLOWS, persona.REST_IS_ERASED_SOON, True),
        (Erased.LATER, persona.ERASED_LATER, False),
    ],
)
async def test_who_is_erased_later_is_told_so_and_not_that_it_is_done(
    served: Served, erased: Erased, said: str, is_done: bool
) -> None:
    served.session = Session(ended=False)
    ended: list[str] = []

    async def erases() -> Erased:
        return erased

    erasure = erasure_of(served, erases, ended)
    await erasure.carry_out()
    assert served.session.said == [persona.ERASING, said]
    assert (erasure.is_done, ended) == (is_done, ["erased"])


async def test_a_wish_for_no_more_calls_is_written_down_though_the_session_has_ended_and_its_successor_says_so(
    served: Served,
) -> None:
    served.call._no_more.wanted("key")
    await asyncio.sleep(0)
    assert served.stopped == ["key"]
    served.session = Session(ended=False)
    await served.done()
    assert served.session.said == [STOPPED]


async def test_who_wishes_no_more_calls_is_told_when_it_is_written_down(served: Served) -> None:
    served.session.ended = False
    served.call._no_more.wanted("voice")
    await served.done()
    assert (served.stopped, served.session.said) == (["voice"], [STOPPED])


@pytest.mark.parametrize("left", [Session(serves=False, ended=False), Session(ended=True)])
async def test_what_was_typed_to_a_session_that_is_over_is_answered_by_its_successor(
    served: Served, left: Session
) -> None:
    served.session = left
    typed = asyncio.create_task(served.call._on_message("What is on my list?"))
    await asyncio.sleep(0)
    served.session = Session(ended=False)
    await asyncio.wait_for(typed, 5)
    assert (left.asked, served.session.asked) == ([], ["What is on my list?"])


async def test_a_guest_without_a_voice_is_sent_to_no_page(served: Served) -> None:
    served.call._user = served.call._user.model_copy(update={"email": f"guest-1@{GUEST_DOMAIN}"})
    await served.call._go_on_without_voice()
    assert (served.played, served.end) == (["no_voice_guest"], "no_voice")
    assert "page" not in TEXTS["no_voice_guest"]


async def test_a_caller_at_a_page_who_has_no_voice_is_told_in_writing_and_stays(served: Served) -> None:
    written: list[str] = []

    async def send_text(text: str, **_: Any) -> None:
        written.append(text)

    served.room.local_participant.send_text = send_text
    served.call._invitation = Invitation(call_id="c1", subject="usr", identity="caller", channel="browser")
    await served.call._go_on_without_voice()
    assert (written, served.played) == ([persona.NO_VOICE], [])
    assert not served.call._ends.over.done()
