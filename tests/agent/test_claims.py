"""We never say that something was done unless a tool said so."""

import json
from collections.abc import AsyncIterator

import pytest
from livekit.agents import llm

from agent.claims import NOTHING_DONE, ClaimWatch, claims_an_effect, has_effect, only_true_claims

pytestmark = pytest.mark.unit

CLAIMS = [
    "Done, both are updated.",
    "I've added buy milk.",
    "I have deleted the dentist task.",
    "I added it to your list.",
    "Your task has been created.",
    "Okay, done!",
    "All set.",
    "Deleted.",
    "Added buy stamps for Friday.",
    "The task is now marked as done.",
    "It’s done.",
    "I just marked it as complete.",
    "Buy milk was removed.",
    "Taken care of.",
]
NO_CLAIMS = [
    'Shall I delete "Buy milk"?',
    "You have three tasks: buy milk, call Ann and review the proposal.",
    "I couldn't delete it.",
    "Nothing was changed.",
    "What would you like to do?",
    "You have no tasks.",
    "I haven't added anything yet.",
    "Do you want it marked as done?",
    "Goodbye.",
    "I can only help with tasks.",
    "I found two tasks called call Ann.",
    "When is it due?",
]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_claim_is_recognised(sentence: str) -> None:
    assert claims_an_effect(sentence)


@pytest.mark.parametrize("sentence", NO_CLAIMS)
def test_an_honest_sentence_is_no_claim(sentence: str) -> None:
    assert not claims_an_effect(sentence)


def user(text: str) -> llm.ChatMessage:
    return llm.ChatMessage(role="user", content=[text])


def result(output: object, *, is_error: bool = False) -> llm.FunctionCallOutput:
    return llm.FunctionCallOutput(call_id="c", name="t", output=json.dumps(output), is_error=is_error)


def test_only_a_success_since_the_caller_last_spoke_supports_a_claim() -> None:
    changed = result({"task": {"id": "a"}, "changed": True, "repeated": False})
    assert has_effect([user("add milk"), changed])
    assert not has_effect([user("add milk"), changed, user("add bread")])
    assert not has_effect([user("add milk"), result({"error": {"code": "bad_date"}}, is_error=True)])
    assert not has_effect([user("list"), result({"tasks": [], "total": 0})])
    assert not has_effect([user("delete"), result({"status": "waiting_for_confirmation"})])


async def spoken(parts: list[object], items: list[llm.ChatItem]) -> str:
    async def stream() -> AsyncIterator[object]:
        for part in parts:
            yield part

    return "".join([chunk async for chunk in only_true_claims(stream(), items) if isinstance(chunk, str)])


async def test_a_lie_is_replaced_and_the_rest_is_said() -> None:
    said = await spoken(["Done, both are ", "updated. ", "Anything else?"], [user("delete it")])
    assert "updated" not in said
    assert "Anything else?" in said
    assert NOTHING_DONE in said


async def test_the_truth_passes_untouched() -> None:
    items: list[llm.ChatItem] = [user("add milk"), result({"task": {}, "changed": True})]
    assert await spoken(["I've added ", "milk."], items) == "I've added milk."


async def test_a_claim_ahead_of_its_tool_call_is_left_out_without_a_denial() -> None:
    call = llm.ChatChunk(
        id="1",
        delta=llm.ChoiceDelta(
            tool_calls=[llm.FunctionToolCall(name="create_task", arguments="{}", call_id="c")],
        ),
    )
    assert await spoken(["I've added it. ", call], [user("add milk")]) == ""


def test_a_claim_that_is_already_being_spoken_is_noticed_at_the_end_of_its_sentence() -> None:
    watch = ClaimWatch(lambda: False)
    assert [watch.hears_a_lie(piece) for piece in ("All right. ", "I've added ", "the milk", ".")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_claim_with_a_change_behind_it_may_be_spoken() -> None:
    assert not ClaimWatch(lambda: True).hears_a_lie("I've added the milk.")
