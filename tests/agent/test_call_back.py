"""What is left of a call that was cut off: for two minutes, for its own caller, read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from livekit.agents import llm
from pydantic import SecretStr

from agent.call_back import KEEP_SECONDS, CallBack, CutOffCall
from agent.ending import Ending
from agent.presence import Presence
from agent.settings import AgentSettings
from agent.thread import Thread, Vault
from privacy.live_calls import CUT_OFF_PREFIX, LiveCalls
from tests.agent.test_presence import REASONS, Room, participant
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

VAULT = Vault(SecretStr("a key that only workers have, long enough"))


class FakeRedis:
    """Keys and how long they live."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.lives: dict[str, int] = {}

    async def set(self, key: str, value: bytes, *, ex: int) -> None:
        self.kept[key], self.lives[key] = value, ex

    async def getdel(self, key: str) -> bytes | None:
        return self.kept.pop(key, None)

    async def delete(self, key: str) -> int:
        return int(self.kept.pop(key, None) is not None)


def thread(turn: int = 2) -> Thread:
    history = llm.ChatContext.empty()
    history.add_message(role="user", content="the marker words")
    return Thread(turn, history)


def call_back(redis: Any, subject: str = "usr_ann") -> CallBack:
    return CallBack(redis, VAULT, subject)


async def test_it_is_found_once_by_its_own_caller_alone() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert await call_back(redis, "usr_bob").found(allowed=True) is None
    found = await call_back(redis).found(allowed=True)
    assert found is not None
    assert found.turn == 2
    assert await call_back(redis).found(allowed=True) is None


async def test_it_is_encrypted_and_gone_after_two_minutes() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert redis.lives == {CUT_OFF_PREFIX + "usr_ann": KEEP_SECONDS}
    assert KEEP_SECONDS == 120
    assert b"marker" not in redis.kept[CUT_OFF_PREFIX + "usr_ann"]


async def test_who_allows_it_no_more_is_not_asked_and_it_is_deleted() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert await call_back(redis).found(allowed=False) is None
    assert redis.kept == {}


async def test_a_call_in_which_nothing_was_said_leaves_nothing() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread(turn=0))
    assert redis.kept == {}


async def test_without_a_key_nothing_is_kept() -> None:
    redis: Any = FakeRedis()
    await CallBack(redis, None, "usr_ann").keep(thread())
    assert redis.kept == {}
    assert await CallBack(redis, None, "usr_ann").found(allowed=True) is None


async def test_an_erasure_takes_it_away() -> None:
    redis: Any = FakeRedis()
    await call_back(redis).keep(thread())
    assert await LiveCalls(redis).forget_cut_off("usr_ann") == 1
    assert await call_back(redis).found(allowed=True) is None


class LostCall:
    """A call by telephone whose line is lost, by a clock that only a test moves."""

    def __init__(self, *, allowed: bool = True) -> None:
        self.redis: Any = FakeRedis()
        self.clock, self.room = VirtualLoop(), Room("caller")
        self.clock.do(lambda: self._begin(allowed))

    def _begin(self, allowed: bool) -> None:
        async def is_allowed() -> bool:
            return allowed

        self.leaves = CutOffCall(call_back(self.redis), is_allowed)
        spawn = self.clock.create_task
        self.presence = Presence(
            self.room,  # type: ignore[arg-type]
            "caller",
            AgentSettings().graces("phone"),
            on_lost=lambda: spawn(self.leaves.lost(thread())),
            on_back=lambda: spawn(self.leaves.back()),
        )
        self.presence.watch()
        self.presence.gone.add_done_callback(lambda gone: spawn(self.leaves.over(gone.result(), thread())))

    def loses_its_line(self) -> None:
        self.room.remote_participants.clear()
        gone = participant(REASONS.CONNECTION_TIMEOUT)
        self.clock.do(lambda: self.room.emit("participant_disconnected", gone))

    def comes_back(self) -> None:
        self.room.remote_participants["caller"] = None
        self.clock.do(lambda: self.room.emit("participant_connected", participant()))

    def ends(self, reason: Ending) -> None:
        self.clock.run_until_complete(self.leaves.over(reason, thread()))

    def found(self) -> Thread | None:
        return self.clock.run_until_complete(call_back(self.redis).found(allowed=True))


@pytest.fixture
def lost_call(request: pytest.FixtureRequest) -> Iterator[LostCall]:
    made = LostCall(**getattr(request, "param", {}))
    made.loses_its_line()
    yield made
    made.clock.do(made.presence.stop)
    made.clock.close()


def test_who_calls_back_while_the_lost_line_is_still_waited_for_is_asked_and_the_next_one_is_not(
    lost_call: LostCall,
) -> None:
    lost_call.clock.pass_seconds(10)
    found = lost_call.found()
    assert found is not None
    assert found.turn == 2
    lost_call.clock.pass_seconds(100)
    assert lost_call.presence.gone.result() == "lost"
    assert lost_call.redis.kept == {}


def test_a_telephone_that_is_back_in_its_room_has_left_nothing(lost_call: LostCall) -> None:
    lost_call.clock.pass_seconds(10)
    lost_call.comes_back()
    assert lost_call.redis.kept == {}
    lost_call.ends("left")
    assert lost_call.found() is not None, "it was cut off at last"


@pytest.mark.parametrize("reason", ["erased", "signed_out"])
def test_a_lost_call_that_ends_as_its_callers_account_is_another_now_leaves_nothing(
    lost_call: LostCall, reason: Ending
) -> None:
    lost_call.ends(reason)
    assert lost_call.redis.kept == {}


@pytest.mark.parametrize("lost_call", [{"allowed": False}], indirect=True)
def test_without_consent_a_lost_line_leaves_nothing(lost_call: LostCall) -> None:
    lost_call.clock.pass_seconds(100)
    assert lost_call.redis.kept == {}
