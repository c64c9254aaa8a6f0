"""«Stop calling me» and the key 9 end calls about tasks; tasks that sound alike do not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.invitation import Invitation
from agent.no_more_calls import OptOutKey, wants_no_more_calls

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said",
    ["Stop calling me.", "Please don't call me again.", "No more calls, thank you.", "Could you stop these calls?", "Take me off your list!"],
)  # fmt: skip
def test_a_wish_for_no_more_calls_is_heard(said: str) -> None:
    assert wants_no_more_calls(said)


@pytest.mark.parametrize(
    "said",
    ["Remind me to stop calling Bob.", "Call me tomorrow at nine.", "Add a task: stop calling the plumber.", "Take milk off the list.", "Please.", ""],
)  # fmt: skip
def test_other_wishes_are_not(said: str) -> None:
    assert not wants_no_more_calls(said)


class Telephone:
    """The keys of a call, and what came of them."""

    def __init__(self, reminder: str = "call") -> None:
        self.room: Any = rtc.EventEmitter[str]()
        self.heard = 0
        invitation = Invitation(
            call_id="c", subject="u", identity="sip_1", channel="phone", reminder=reminder
        )
        self.key = OptOutKey(cast("rtc.Room", self.room), invitation)

    def press(self, digit: str, identity: str = "sip_1") -> None:
        who = SimpleNamespace(identity=identity)
        self.room.emit("sip_dtmf_received", SimpleNamespace(participant=who, code=int(digit), digit=digit))

    def hears(self) -> None:
        self.heard += 1


@pytest.mark.parametrize(("reminder", "pressed"), [("call", 1), ("", 0)])
def test_nine_counts_in_a_call_that_we_made_and_only_from_who_was_called(reminder: str, pressed: int) -> None:
    telephone = Telephone(reminder)
    telephone.key.answer(telephone.hears)
    telephone.press("1")
    telephone.press("9", "somebody")
    telephone.press("9")
    telephone.key.close()
    telephone.press("9")
    assert telephone.heard == pressed


@pytest.mark.parametrize("behind_the_pin", [True, False])
def test_nine_counts_that_is_pressed_before_the_call_is_served(behind_the_pin: bool) -> None:
    telephone = Telephone()
    telephone.press("9")
    telephone.key.open(pressed=behind_the_pin)
    if not behind_the_pin:
        telephone.press("9")
    assert telephone.key.is_unanswered
    telephone.key.answer(telephone.hears)
    assert telephone.heard == 1, "and a key of the PIN does not"
    assert not telephone.key.is_unanswered


def test_where_nobody_pressed_it_nothing_is_heard() -> None:
    telephone = Telephone()
    telephone.press("9")
    telephone.key.open()
    telephone.key.answer(telephone.hears)
    assert telephone.heard == 0
