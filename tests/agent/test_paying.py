"""What a successor says of what its predecessor owed, also where a question is open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import llm
from livekit.agents.voice import SpeechHandle

from agent.followed import Followed
from agent.owed import Leftover, Owed, OwnLine
from agent.paying import pay

pytestmark = pytest.mark.unit

APOLOGY = "your tasks just now."


class Session:
    """Says things into a list."""

    def __init__(self) -> None:
        self.said: list[tuple[str, tuple[Followed, ...]]] = []

    async def remember(self, *_: Any) -> None: ...

    def say(self, text: str, *, followed: tuple[Followed, ...] = ()) -> None:
        self.said.append((text, followed))


async def paid(left: Leftover, *, asks: bool) -> list[tuple[str, tuple[Followed, ...]]]:
    """What is said at once, where a question is open or not; that follows by itself."""
    session: Any = Session()
    conversation: Any = SimpleNamespace(puts_question=lambda: asks)
    ring: Any = SimpleNamespace(is_open=False)
    assert await pay(session, left, [], conversation=conversation, ring=ring)
    return session.said  # type: ignore[no-any-return]


@pytest.mark.parametrize("asks", [False, True])
async def test_the_rest_of_a_line_of_ours_is_said_also_where_a_question_is_open(*, asks: bool) -> None:
    followed = Followed()
    owed = Owed()
    owed.line(SpeechHandle.create(), OwnLine(f"I cannot reach {APOLOGY}", (followed,)))
    left = owed.left(llm.ChatContext.empty(), "I cannot reach", lines=owed.lines())
    assert await paid(left, asks=asks) == [(APOLOGY, (followed,))]


@pytest.mark.parametrize("asks", [False, True])
async def test_a_question_takes_the_place_of_the_rest_of_a_models_answer(*, asks: bool) -> None:
    left = Leftover(llm.ChatContext.empty(), owes_answer=True, heard="I have", rest="found the milk.")
    assert await paid(left, asks=asks) == ([] if asks else [("found the milk.", ())])
