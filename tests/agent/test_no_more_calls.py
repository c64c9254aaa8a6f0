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


@pytest.mark.parametrize(("reminder", "pressed"), [("call", 1), ("", 0)])
def test_nine_counts_in_a_call_that_we_made_and_only_from_who_was_called(reminder: str, pressed: int) -> None:
    room: Any = rtc.EventEmitter[str]()
    found: list[int] = []
    invitation = Invitation(call_id="c", subject="u", identity="sip_1", channel="phone", reminder=reminder)
    key = OptOutKey(cast("rtc.Room", room), invitation, lambda: found.append(1))
    key.open()
    for identity, digit in (("sip_1", "1"), ("somebody", "9"), ("sip_1", "9")):
        press = SimpleNamespace(participant=SimpleNamespace(identity=identity), code=int(digit), digit=digit)
        room.emit("sip_dtmf_received", press)
    key.close()
    room.emit("sip_dtmf_received", SimpleNamespace(participant=SimpleNamespace(identity="sip_1"), code=9, digit="9"))  # fmt: skip
    assert len(found) == pressed
