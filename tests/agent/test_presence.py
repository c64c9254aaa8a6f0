"""A caller who leaves is waited for as long as they may come back, and no longer."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.attributes import CallAttributes
from agent.call import Call
from agent.invitation import Invitation
from agent.presence import Graces, Presence
from agent.rehearsal.stage import NoRoom
from agent.settings import AgentSettings
from agent.thread import Thread
from people.user import Plan, Role, User
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

REASONS = rtc.DisconnectReason


class Room(rtc.EventEmitter[str]):
    """What Presence needs of a room: its events and who is there."""

    def __init__(self, *identities: str) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = dict.fromkeys(identities)
        self.connected = True

    def isconnected(self) -> bool:
        return self.connected


def presence(room: Room, *, leave: float = 0.05, lost: float = 10.0) -> Presence:
    graces = Graces(left=leave, left_parked=leave, lost=lost, lost_parked=lost)
    watched = Presence(room, "caller", graces)  # type: ignore[arg-type]
    watched.watch()
    return watched


def participant(reason: int | None = None, identity: str = "caller") -> SimpleNamespace:
    return SimpleNamespace(identity=identity, disconnect_reason=reason)


@pytest.mark.parametrize(
    "reason", [REASONS.CLIENT_INITIATED, REASONS.USER_REJECTED, REASONS.PARTICIPANT_REMOVED]
)
async def test_a_caller_who_left_on_purpose_is_gone_after_a_short_grace(reason: int) -> None:
    room = Room("caller")
    watched = presence(room)
    room.emit("participant_disconnected", participant(reason))
    assert await asyncio.wait_for(watched.gone, 5) == "left"
    watched.stop()


@pytest.mark.parametrize(
    "reason",
    [
        REASONS.CONNECTION_TIMEOUT,
        REASONS.SIGNAL_CLOSE,
        REASONS.MEDIA_FAILURE,
        REASONS.STATE_MISMATCH,
        REASONS.UNKNOWN_REASON,
    ],
)
async def test_a_caller_whose_line_was_lost_is_gone_after_the_long_grace(reason: int) -> None:
    room = Room("caller")
    watched = presence(room, leave=60, lost=0.05)
    room.emit("participant_disconnected", participant(reason))
    assert await asyncio.wait_for(watched.gone, 5) == "lost"
    watched.stop()


async def test_a_caller_who_comes_back_in_time_was_never_gone() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.05)
    room.emit("participant_disconnected", participant(REASONS.CLIENT_INITIATED))
    room.emit("participant_connected", participant())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


async def test_a_second_tab_that_took_over_does_not_end_the_call() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.01, lost=0.01)
    room.emit("participant_disconnected", participant(REASONS.DUPLICATE_IDENTITY))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


async def test_strangers_who_leave_do_not_end_the_call() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.01)
    room.emit("participant_disconnected", participant(REASONS.CLIENT_INITIATED, identity="somebody"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


class Comings:
    """What a call is told of its caller, by a clock that only a test moves."""

    def __init__(self, graces: Graces, *, here: bool = True) -> None:
        self.room = Room(*(["caller"] if here else []))
        self.told: list[tuple[float, str]] = []
        self.lost_at: list[float] = []
        self.clock = VirtualLoop()
        self.clock.do(lambda: self._watch(graces))

    def _watch(self, graces: Graces) -> None:
        self.presence = Presence(
            self.room,  # type: ignore[arg-type]
            "caller",
            graces,
            on_away=lambda: self._note("away"),
            on_back=lambda: self._note("back"),
            on_lost=lambda: self.lost_at.append(round(self.clock.time(), 3)),
        )
        self.presence.watch()
        self.presence.gone.add_done_callback(lambda gone: self._note(gone.result()))

    def _note(self, what: str) -> None:
        self.told.append((round(self.clock.time(), 3), what))

    def goes(self, reason: int) -> None:
        self.room.remote_participants.pop("caller", None)
        self.clock.do(lambda: self.room.emit("participant_disconnected", participant(reason)))

    def comes(self) -> None:
        self.room.remote_participants["caller"] = None
        self.clock.do(lambda: self.room.emit("participant_connected", participant()))


BROWSER = AgentSettings().graces("browser")
PHONE = AgentSettings().graces("phone")


@pytest.fixture
def comings(request: pytest.FixtureRequest) -> Iterator[Comings]:
    made = Comings(request.param)
    yield made
    made.clock.do(made.presence.stop)
    made.clock.close()


@pytest.mark.parametrize("comings", [BROWSER], indirect=True)
def test_a_lost_line_is_parked_after_thirty_seconds_and_given_up_after_two_minutes(comings: Comings) -> None:
    comings.goes(REASONS.CONNECTION_TIMEOUT)
    comings.clock.pass_seconds(200)
    assert comings.told == [(30, "away"), (120, "lost")]


@pytest.mark.parametrize("comings", [BROWSER], indirect=True)
@pytest.mark.parametrize("seconds", [5, 25, 84])
def test_a_caller_comes_back_after_any_time_below_two_minutes(comings: Comings, seconds: int) -> None:
    comings.goes(REASONS.SIGNAL_CLOSE)
    comings.clock.pass_seconds(seconds)
    comings.comes()
    comings.clock.pass_seconds(500)
    away = [(30, "away")] if seconds > 30 else []
    assert comings.told == [*away, (seconds, "back")]


@pytest.mark.parametrize("comings", [BROWSER], indirect=True)
def test_who_leaves_on_purpose_costs_nothing_from_the_second_second_on_and_may_reload(
    comings: Comings,
) -> None:
    comings.goes(REASONS.CLIENT_INITIATED)
    comings.clock.pass_seconds(3)
    comings.comes()
    comings.clock.pass_seconds(100)
    comings.goes(REASONS.CLIENT_INITIATED)
    comings.clock.pass_seconds(100)
    assert comings.told == [(2, "away"), (3, "back"), (105, "away"), (107, "left")]


@pytest.mark.parametrize("comings", [PHONE], indirect=True)
@pytest.mark.parametrize(
    "reason", [REASONS.CLIENT_INITIATED, REASONS.USER_UNAVAILABLE, REASONS.SIP_TRUNK_FAILURE]
)
def test_a_telephone_that_hangs_up_ends_the_call_at_once(comings: Comings, reason: int) -> None:
    comings.goes(reason)
    comings.clock.pass_seconds(1)
    assert comings.told == [(0, "left")]
    assert comings.lost_at == []


@pytest.mark.parametrize("comings", [PHONE], indirect=True)
def test_a_telephone_that_is_lost_is_not_waited_for_longer_than_thirty_seconds(comings: Comings) -> None:
    comings.goes(REASONS.CONNECTION_TIMEOUT)
    comings.clock.pass_seconds(100)
    assert comings.told == [(30, "lost")]
    assert comings.lost_at == [0], "it is told at once that they are gone, since they may call again"


@pytest.mark.parametrize("comings", [BROWSER], indirect=True)
def test_a_second_tab_that_never_comes_is_a_lost_line(comings: Comings) -> None:
    comings.goes(REASONS.DUPLICATE_IDENTITY)
    comings.clock.pass_seconds(200)
    assert comings.told == [(30, "away"), (120, "lost")]


@pytest.mark.parametrize(
    ("channel", "told"), [("browser", [(30.0, "away"), (120.0, "lost")]), ("phone", [(30.0, "lost")])]
)
def test_a_call_that_is_taken_over_waits_for_its_caller_as_long_as_any_that_lost_its_line(
    loop: VirtualLoop, channel: Any, told: list[tuple[float, str]]
) -> None:
    happened: list[tuple[float, str]] = []

    async def take_over() -> None:
        call = call_of_nobody_here(channel)

        async def park() -> None:
            happened.append((round(loop.time(), 3), "away"))

        cast("Any", call)._park = park
        serving: Any = SimpleNamespace(given_up=loop.create_future(), on=lambda *_: None)
        served = asyncio.create_task(call.serve(serving, thread=Thread(turn=3)))
        ended = await call._presence.gone
        happened.append((round(loop.time(), 3), ended))
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)
        call._presence.stop()
        await call._background.cancel()

    loop.run_until_complete(take_over())
    assert happened == told


def call_of_nobody_here(channel: Any) -> Call:
    """A call whose caller is not in the room, and whose task server never answers."""
    room = cast("Any", NoRoom("caller"))
    room.remote_participants.clear()
    client: Any = SimpleNamespace(list_tools=asyncio.Event().wait)
    user = User(
        id="usr",
        email="ann@example.org",
        plan=Plan.PREMIUM,
        role=Role.USER,
        time_zone="UTC",
        created_at=datetime.now(UTC),
    )
    return Call(
        room,
        Invitation(call_id="c1", subject="usr", identity="caller", channel=channel),
        user,
        client,
        AgentSettings(),
        CallAttributes(room, call_id="c1"),
        cast("Any", None),
    )


async def test_a_closed_room_ends_the_call_at_once() -> None:
    room = Room("caller")
    watched = presence(room)
    room.emit("disconnected", REASONS.ROOM_DELETED)
    assert await asyncio.wait_for(watched.gone, 5) == "room_closed"
    watched.stop()


async def test_a_room_that_was_closed_before_anybody_watched_is_no_room_with_a_caller_in_it() -> None:
    room = Room("caller")  # whoever was there last is in its list still
    room.connected = False
    watched = presence(room)
    assert await asyncio.wait_for(watched.gone, 5) == "line_lost"
    watched.stop()


@pytest.mark.parametrize(
    ("reason", "ended"),
    [
        (REASONS.PARTICIPANT_REMOVED, "taken_over"),
        (REASONS.SIGNAL_CLOSE, "line_lost"),
        (REASONS.SERVER_SHUTDOWN, "line_lost"),
    ],
)
async def test_a_room_that_puts_us_out_goes_on_with_another_worker(reason: int, ended: str) -> None:
    room = Room("caller")
    watched = presence(room)
    room.emit("disconnected", reason)
    assert await asyncio.wait_for(watched.gone, 5) == ended
    watched.stop()
