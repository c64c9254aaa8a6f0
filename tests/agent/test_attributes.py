"""What the room is shown of a call from its first moment on."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.attributes import CallAttributes
from routing.decision import Decision, RouteInputs

pytestmark = pytest.mark.unit

DECISION = Decision(
    stack="economy",
    tier="economy",
    reason="plan",
    reasons=(),
    policy_version="1",
    inputs=RouteInputs(plan="economy", channel="browser", stacks=()),
)


class ShownRoom:
    """Keeps what is shown of our participant."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.local_participant = SimpleNamespace(set_attributes=self._take)

    def isconnected(self) -> bool:
        return True

    async def _take(self, attributes: dict[str, str]) -> None:
        self.shown |= attributes


def attributes_in(room: Any, *, taken_over: bool = False) -> CallAttributes:
    return CallAttributes(cast("rtc.Room", room), call_id="c1", taken_over=taken_over)


async def test_a_call_that_has_cost_nothing_yet_says_so() -> None:
    room = ShownRoom()
    await attributes_in(room).show_decision(DECISION, sandboxed=True, sees=False)
    assert room.shown["voicetasks.cost_microdollars"] == "0"


async def test_a_later_decision_leaves_the_cost_as_it_is() -> None:
    room = ShownRoom()
    attributes = attributes_in(room)
    await attributes.show_decision(DECISION, sandboxed=True, sees=False)
    await attributes.set_cost(1_200)
    await attributes.show_decision(DECISION, sandboxed=True, sees=False)
    assert room.shown["voicetasks.cost_microdollars"] == "1200"


async def test_why_a_call_ends_stays_shown_while_its_last_words_are_said() -> None:
    room = ShownRoom()
    attributes = attributes_in(room)
    await attributes.set_state("listening")
    await attributes.set_last_state("out_of_money")
    await attributes.set_state("speaking")
    assert room.shown["voicetasks.state"] == "out_of_money"


async def test_who_goes_on_with_a_call_does_not_say_that_it_was_free() -> None:
    room = ShownRoom()
    await attributes_in(room, taken_over=True).show_decision(DECISION, sandboxed=True, sees=False)
    assert "voicetasks.cost_microdollars" not in room.shown


@pytest.mark.parametrize("sees", [True, False])
async def test_a_page_is_told_whether_a_screen_can_be_looked_at(*, sees: bool) -> None:
    room = ShownRoom()
    await attributes_in(room).show_decision(DECISION, sandboxed=False, sees=sees)
    assert room.shown["voicetasks.sight"] == str(sees).lower()
