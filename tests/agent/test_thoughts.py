"""A language model that answers with nothing is asked again, and then another one is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import APIError, llm

from agent.thoughts import thinking

pytestmark = pytest.mark.unit

BREAKS_OFF = "†"
"""Where a model's answer ends in an error."""

TURN = llm.ChatMessage(role="user", content=["Add a task to buy milk"])


class Minds:
    """Models that answer one after the other, a character at a time."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.failed: list[str] = []

    def ask(self) -> AsyncIterator[Any]:
        return self._answer(self.answers[min(self.asked, len(self.answers) - 1)])

    async def _answer(self, text: str) -> AsyncIterator[Any]:
        self.asked += 1
        for piece in text.removesuffix(BREAKS_OFF):
            yield llm.ChatChunk(id="c", delta=llm.ChoiceDelta(role="assistant", content=piece))
        if text.endswith(BREAKS_OFF):
            raise APIError("the model broke off", retryable=True)

    async def another(self, error: APIError, attempt: int) -> bool:
        self.failed.append(error.message)
        return True


async def answer(minds: Minds, *items: llm.ChatItem) -> str:
    said = [chunk async for chunk in thinking(minds.ask, list(items), minds.another)]
    return "".join(
        chunk if isinstance(chunk, str) else ((chunk.delta and chunk.delta.content) or "") for chunk in said
    )


async def test_an_empty_answer_is_asked_for_once_more_before_anybody_is_blamed() -> None:
    minds = Minds("", "Which day?")
    assert await answer(minds, TURN) == "Which day?"
    assert (minds.asked, minds.failed) == (2, [])


async def test_a_model_that_goes_on_answering_with_nothing_is_left_for_another() -> None:
    minds = Minds("", "", "Which day?")
    assert await answer(minds, TURN) == "Which day?"
    assert minds.failed == ["the model answered with nothing"]


async def test_when_nobody_has_an_answer_that_is_an_error() -> None:
    minds = Minds("")
    with pytest.raises(APIError, match="nothing"):
        await answer(minds, TURN)
    assert minds.asked == 4


async def test_after_a_tool_nothing_may_be_left_to_say() -> None:
    minds = Minds("")
    output = llm.FunctionCallOutput(call_id="c1", name="create_task", output="{}", is_error=False)
    assert await answer(minds, TURN, output) == ""
    assert minds.asked == 1


async def test_a_sentence_in_which_a_model_failed_is_said_anew_by_its_successor() -> None:
    minds = Minds(f"You have two tasks for {BREAKS_OFF}", "You have two tasks for today. Which one?")
    assert await answer(minds, TURN) == (
        "You have two tasks One moment. You have two tasks for today. Which one?"
    )


async def test_what_was_said_whole_is_not_said_again_after_a_failure() -> None:
    minds = Minds(
        f"You have two tasks for today. The first of them {BREAKS_OFF}",
        f"You have two tasks for today. The first {BREAKS_OFF}",
        "You have two tasks for today. The first is milk. Which one?",
    )
    said = await answer(minds, TURN)
    assert said == "You have two tasks for today. One moment. The first is milk. Which one?"


async def test_a_model_that_fails_before_its_first_words_could_be_said_leaves_no_trace() -> None:
    minds = Minds(f"You have two{BREAKS_OFF}", "You have two tasks for today.")
    said = await answer(minds, TURN)
    assert said == "You have two tasks for today."


async def test_an_answer_that_has_begun_has_no_second_opening() -> None:
    minds = Minds(f"Okay. You have two tasks for {BREAKS_OFF}", "Sure. You have two tasks for today.")
    assert await answer(minds, TURN) == "Okay. You have two tasks One moment. You have two tasks for today."


async def test_what_was_said_whole_behind_an_opening_is_not_said_again_either() -> None:
    minds = Minds(f"Okay. You have one. The first {BREAKS_OFF}", "Sure. You have one. The first is milk.")
    assert await answer(minds, TURN) == "Okay. You have one. One moment. The first is milk."
