"""A session that ends by itself cuts off what it says before anybody has it left: its successor says the rest."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from livekit.agents import llm

from agent.tier_session import TierSession
from tiers.catalogue import STACKS
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


@pytest.fixture
async def session(monkeypatch: pytest.MonkeyPatch) -> TierSession:
    for vendor in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    return TierSession(
        STACKS["economy"],
        VendorSettings(),
        call_id="c1",
        today=date(2026, 11, 25),
        on_usage=lambda _: None,
    )


def cut_off(session: TierSession, heard: str) -> None:
    """An answer is given of which so much is heard."""
    session.owed.turn_left()
    session._turns.on_words("You have buy milk and call Ann.")
    session._turns.on_words_over()
    item = llm.ChatMessage(role="assistant", content=[heard], interrupted=True)
    session._on_item(SimpleNamespace(item=item))


async def test_the_rest_of_an_answer_is_owed_where_its_session_has_cut_it_off(session: TierSession) -> None:
    session.session._closing = True
    cut_off(session, "You have buy milk")
    left = await session.leave()
    assert (left.owes_answer, left.heard, left.rest) == (True, "You have buy milk", "and call Ann.")
    await session.aclose()


async def test_what_the_caller_has_broken_off_is_owed_by_nobody(session: TierSession) -> None:
    cut_off(session, "You have buy milk")
    left = await session.leave()
    assert (left.owes_answer, left.rest) == (False, "")
    await session.aclose()
