"""What we say in our own words."""

import pytest

from agent.gate import Action
from agent.goodbye import is_goodbye
from agent.persona import done, greeting, question

pytestmark = pytest.mark.unit

MILK = Action("delete_task", {"task_id": "a"}, ("Buy milk",))
REPORT = Action("complete_task", {"task_id": "b"}, ("Write report",))


def test_a_question_names_action_and_objects_at_its_end() -> None:
    assert question([MILK]) == 'Shall I delete "Buy milk"?'
    assert question([REPORT]) == 'Shall I mark "Write report" as done?'
    assert question([MILK, REPORT]) == 'Shall I delete "Buy milk" and mark "Write report" as done?'


def test_what_was_done_is_said_by_action() -> None:
    assert done([MILK]) == 'I\'ve deleted "Buy milk".'
    assert done([]) == ""


@pytest.mark.parametrize("channel", ["browser", "phone"])
def test_each_greeting_says_that_an_ai_speaks(channel: str) -> None:
    assert "AI" in greeting("phone" if channel == "phone" else "browser")


def test_greetings_differ_by_channel() -> None:
    assert greeting("phone") != greeting("browser")


@pytest.mark.parametrize(
    "said", ["Goodbye.", "Okay, that's all, thanks. Bye!", "Bye bye", "Good night", "end the call"]
)
def test_a_goodbye_is_heard(said: str) -> None:
    assert is_goodbye(said)


@pytest.mark.parametrize(
    "said", ["Remind me to say goodbye to Ann", "Thanks", "That's all", "", "delete the bye task"]
)
def test_other_words_are_no_goodbye(said: str) -> None:
    assert not is_goodbye(said)
