"""Whatever is said, in whatever conversation: the brain answers, and destroys nothing that it was not asked to."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import brain
from sandbox.brain.matching import said_in
from sandbox.brain.request import Intent
from sandbox.brain.understanding import understand

pytestmark = pytest.mark.unit

Make = Callable[..., Any]

WORDS = [
    "add",
    "delete",
    "complete",
    "mark",
    "the",
    "milk",
    "one",
    "task",
    "buy",
    "by",
    "and",
    "no",
    "yes",
    "not",
    "other",
    "dentist",
    "done",
    "as",
    "to",
    "I",
    "meant",
    "Friday",
    "tomorrow",
    "undo",
    "it",
    "that",
    "all",
    "my",
    "list",
    "what's",
    "please",
    "never",
    "mind",
    "don't",
    ",",
    ".",
    "?",
    "call",
    "Ann",
    "rename",
    "move",
    "change",
]
SPEECH = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join))
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(st.lists(SPEECH, min_size=1, max_size=4))
def test_every_turn_gets_an_answer(caller_with: Make, turns: list[str]) -> None:
    caller = caller_with("buy milk", ("Dentist", "Friday"))
    for turn in turns:
        assert caller.say(turn).strip()


@FEW
@given(SPEECH)
def test_one_turn_deletes_at_most_what_it_named_and_only_when_it_says_so(
    caller_with: Make, text: str
) -> None:
    caller = caller_with("buy milk", "Dentist", "call Ann")
    caller.say(text)
    tools = caller.tools
    gone = {"buy milk", "Dentist", "call Ann"} - set(tools.open_titles())
    changed = [name for name, _ in tools.ran if name in {"delete_task", "complete_task"}]
    intents = {request.intent for request in understand(text)}
    if changed or gone:
        # Where the command was guessed at, the whole title must have been said.
        assert intents & {Intent.DELETE, Intent.COMPLETE, Intent.UPDATE} or (
            gone and all(said_in(title, text) for title in gone)
        )
        for title in gone:
            assert (
                any(word.casefold() in text.casefold() for word in title.split()) or Intent.UPDATE in intents
            )


@FEW
@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_no_message_of_any_role_breaks_it(
    schemas: list[dict[str, Any]], system: str, said: str, result: str
) -> None:
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": said},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "1", "function": {"name": "list_tasks", "arguments": said}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": result},
    ]
    reply = brain.reply(messages, tools=schemas)
    assert reply.text or reply.calls


@pytest.mark.parametrize(
    "text", ["delete " + "one task " * 5000, "add " * 20_000, "a" * 100_000, "no, " * 3000]
)
@pytest.mark.timeout(10)
def test_a_flood_of_words_is_answered_in_good_time(schemas: list[dict[str, Any]], text: str) -> None:
    reply = brain.reply([{"role": "user", "content": text}], tools=schemas)
    assert reply.text
    assert not reply.calls
