"""A session whose vendor announces its end is renewed in a pause before it, and not in the middle of a sentence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent import pauses
from tests.agent.served_call import Served, Session, Told
from tiers.catalogue import STACKS
from tiers.faults import Fault
from tiers.watch import Failure

pytestmark = pytest.mark.unit

LOOKS = 5


class Speaking(Session):
    """One that is asked again and again whether anybody speaks."""

    def __init__(self) -> None:
        self.looks, self.speaks_on, self.looked = 0, True, asyncio.Event()
        super().__init__(STACKS["economy"])

    @property
    def is_quiet(self) -> bool:
        self.looks += 1
        if self.looks >= LOOKS:
            self.looked.set()
        return not self.speaks_on

    @is_quiet.setter
    def is_quiet(self, _: bool) -> None: ...


@pytest.fixture
async def speaking(monkeypatch: pytest.MonkeyPatch) -> tuple[Served, Speaking]:
    monkeypatch.setattr(pauses, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pauses, "PAUSE_SECONDS", 0.02)
    served = Served(tells=Told())
    session: Any = Speaking()
    served.sessions[0] = served.serving.session = session
    await served.begin()
    return served, session


def announced(served: Served, within: float) -> None:
    session: Any = served.sessions[0]
    served.serving.failed(session, Failure("gemini-live", Fault.EXPIRED, "go_away", within=within))


async def renewed(served: Served) -> None:
    await served.is_served_by(await served.asked(1))
    assert served.serving.session.stack.name == "economy"
    await served.serving.aclose()


async def test_what_is_being_said_is_said_to_its_end_before_the_session_is_renewed(
    speaking: tuple[Served, Speaking],
) -> None:
    served, session = speaking
    announced(served, 60.0)
    await asyncio.wait_for(session.looked.wait(), 5)
    assert len(served.sessions) == 1
    session.speaks_on = False
    await renewed(served)


async def test_who_speaks_on_and_on_is_served_by_a_new_session_before_the_old_one_ends(
    speaking: tuple[Served, Speaking],
) -> None:
    served, session = speaking
    announced(served, 0.2)
    await renewed(served)
    assert session.looks >= LOOKS


async def test_what_has_expired_is_renewed_at_once(speaking: tuple[Served, Speaking]) -> None:
    served, session = speaking
    announced(served, 0.0)
    await renewed(served)
    assert session.looks == 0


async def test_a_call_that_ends_does_not_wait_for_the_pause(speaking: tuple[Served, Speaking]) -> None:
    served, session = speaking
    announced(served, 600.0)
    await asyncio.wait_for(session.looked.wait(), 5)
    await asyncio.wait_for(served.serving.aclose(), 5)
    assert len(served.sessions) == 1
