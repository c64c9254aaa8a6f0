"""A telephone's line is charged by the begun minute, from picking up to hanging up, each minute once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from agent import job
from agent.invitation import Invitation
from agent.phone_line import Carrier, line_metered
from agent.served import Begun
from agent.settings import AgentSettings
from tests.agent.virtual_time import VirtualLoop
from tiers.prices import bundled
from tiers.usage import Usage

pytestmark = pytest.mark.unit

CALLER = "sip_1"
BEGAN_MS = 1_000_000


class Telephone:
    """A telephone in a room, picked up as the clock begins, and what its line is charged."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.stack = "economy"
        self.charged: list[Usage] = []
        self.room: Any = SimpleNamespace(remote_participants={CALLER: object()})

    def now_ms(self) -> int:
        return BEGAN_MS + round(1000 * self.loop.time())

    def served_for(self, seconds: float, carrier: Carrier = "twilio", **invited: Any) -> None:
        about = {"call_id": "c1", "subject": "usr", "channel": "phone", "identity": CALLER}
        invitation = Invitation.model_validate(about | {"picked_up_ms": BEGAN_MS} | invited)

        async def serve() -> None:
            async with line_metered(
                self.room,
                invitation,
                carrier,
                meter=self.charged.append,
                stack=lambda: self.stack,
                now_ms=self.now_ms,
            ):
                await asyncio.sleep(seconds)

        self.loop.run_until_complete(serve())

    @property
    def events(self) -> list[str]:
        return [usage.event_id for usage in self.charged]


@pytest.fixture
def telephone(loop: VirtualLoop) -> Telephone:
    return Telephone(loop)


def test_a_call_of_sixty_one_seconds_is_two_minutes(telephone: Telephone) -> None:
    telephone.served_for(61)
    assert telephone.events == ["line:0", "line:1"]
    assert [bundled().price(usage) for usage in telephone.charged] == [3_400, 3_400]
    assert {usage.stack for usage in telephone.charged} == {"economy"}


def test_one_of_fifty_nine_is_one_and_where_we_called_it_has_the_other_price(telephone: Telephone) -> None:
    telephone.served_for(59, reminder="r1")
    assert [bundled().price(usage) for usage in telephone.charged] == [7_000]


def test_a_call_that_is_taken_over_is_charged_no_minute_under_another_name(telephone: Telephone) -> None:
    telephone.served_for(30)
    telephone.served_for(31, again=True)
    assert sorted(set(telephone.events)) == ["line:0", "line:1"]


def test_who_takes_a_long_call_over_charges_no_more_than_its_last_worker_may_have_left(
    telephone: Telephone,
) -> None:
    telephone.loop.pass_seconds(600)
    telephone.served_for(10, again=True)
    assert telephone.events == ["line:9", "line:10"]


def test_minutes_before_anybody_was_known_are_charged_too(telephone: Telephone) -> None:
    telephone.loop.pass_seconds(70)
    telephone.served_for(10)
    assert telephone.events == ["line:0", "line:1"]


def test_a_minute_is_charged_to_what_serves_as_it_begins(telephone: Telephone) -> None:
    telephone.loop.call_later(50, setattr, telephone, "stack", "local")
    telephone.served_for(61)
    assert [usage.stack for usage in telephone.charged] == ["economy", "local"]


def test_who_has_hung_up_is_charged_no_more(telephone: Telephone) -> None:
    telephone.loop.call_later(50, telephone.room.remote_participants.clear)
    telephone.served_for(70)
    assert telephone.events == ["line:0"]


def test_what_began_while_our_own_line_was_away_is_charged_once_it_is_back(telephone: Telephone) -> None:
    there = dict(telephone.room.remote_participants)
    telephone.loop.call_later(50, telephone.room.remote_participants.clear)
    telephone.loop.call_later(70, telephone.room.remote_participants.update, there)
    telephone.served_for(121)
    assert telephone.events == ["line:0", "line:1", "line:2"]


def test_where_nobody_bills_the_line_nothing_is_charged_and_a_browser_has_none(telephone: Telephone) -> None:
    telephone.served_for(61, carrier="none")
    telephone.served_for(61, channel="browser")
    assert telephone.charged == []


async def test_when_it_was_picked_up_is_handed_on_and_not_found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Invitation] = []
    asked: list[Invitation] = []

    async def is_up(*_: object) -> bool:
        return True

    async def admitted(_: object, invitation: Invitation, *__: object, **___: object) -> None:
        asked.append(invitation)

    async def done(*_: object) -> None: ...

    line = SimpleNamespace(open=done, close=done, ignore=lambda: None)
    monkeypatch.setattr(job, "is_up", is_up)
    monkeypatch.setattr(job, "admitted", admitted)
    monkeypatch.setattr(job, "Line", lambda *_: line)
    monkeypatch.setattr(job, "CallAttributes", lambda *_, **__: SimpleNamespace(set_state=done))

    def names(metadata: str) -> None:
        told.append(Invitation.model_validate_json(metadata))

    ours: Any = SimpleNamespace(
        begun=Begun(before=0, turn=0),
        redis=None,
        served=SimpleNamespace(names=names),
        cut_off=None,
        chat=None,
    )
    nobody_is_busy = SimpleNamespace(local_participant=SimpleNamespace(attributes={}), off=lambda *_: None)
    ctx: Any = SimpleNamespace(room=nobody_is_busy, connect=done)
    rings = Invitation(call_id="c1", subject="", channel="phone", identity=CALLER)
    assert await job._serve_it(ctx, rings, AgentSettings(), ours) == "not_admitted"
    assert told == asked
    assert told[0].picked_up_ms > BEGAN_MS
    assert await job._serve_it(ctx, told[0], AgentSettings(), ours) == "not_admitted"
    assert (len(told), asked[1]) == (1, asked[0])
