"""What is still to be said of a speech that was cut off."""

from typing import Any

import pytest
from livekit.agents import llm

from agent.owed import Leftover, unheard

pytestmark = pytest.mark.unit

TWINS = 'Which one do you mean: "buy oat milk", due tomorrow; or "buy oat milk", due Friday?'


@pytest.mark.parametrize(
    ("heard", "rest"),
    [
        ("", TWINS),
        ("Which one do you", 'mean: "buy oat milk", due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat", '"buy oat milk", due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat milk", 'due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat milk due tomorrow or buy", '"buy oat milk", due Friday?'),
        (TWINS, ""),
    ],
)
def test_the_rest_begins_where_we_were_cut_off_or_at_the_start_of_the_title_that_was(
    heard: str, rest: str
) -> None:
    assert unheard(TWINS, heard) == rest


def said(*texts: str) -> llm.ChatContext:
    history = llm.ChatContext.empty()
    for text in texts:
        history.add_message(role="user", content=text)
    return history


def test_what_one_session_could_not_pay_its_successor_owes_with_what_was_said_since() -> None:
    unpaid = Leftover(said("Add milk"), owes_answer=True, heard="I have")
    since = said("Add milk", "Hello?")
    assert Leftover(since).after(unpaid) == Leftover(since, owes_answer=True, heard="I have")


@pytest.mark.parametrize("own", [{"owes_answer": True}, {"rest": "Buy milk, due tomorrow."}])
def test_a_newer_debt_takes_the_place_of_an_older_one(own: dict[str, Any]) -> None:
    newer = Leftover(said("Add bread"), **own)
    assert newer.after(Leftover(said("Add milk"), owes_answer=True)) == newer


def test_where_nothing_was_owed_before_it_is_still_known_what_was_heard() -> None:
    left = Leftover(said("Add bread"), heard="I have")
    assert left.after(Leftover(said("Add milk"))) == left


def test_what_never_began_hands_on_what_it_was_given() -> None:
    given = Leftover(said("Add milk"))
    assert Leftover(llm.ChatContext.empty()).after(given) == given
