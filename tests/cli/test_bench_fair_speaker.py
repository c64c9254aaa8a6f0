"""The speaker of `bench speech` answers what is asked back as somebody would who knows what they want."""

from __future__ import annotations

import pytest

from cli.bench.fair_speaker import NO, YES, consent, which
from cli.bench.utterances import Utterance, utterances

pytestmark = pytest.mark.unit


def utterance(name: str) -> Utterance:
    return next(each for each in utterances() if each.id == name)


@pytest.mark.parametrize(
    ("name", "heard", "answer"),
    [
        ("complete-done", 'Sure. Do you mean "Buy milk"?', YES),
        ("move-to", 'Right. Do you mean "Review the report", due tomorrow?', YES),
        ("move-make-due", 'Right. Do you mean "Review the report", due tomorrow?', NO),
        ("delete-task", 'Okay. Which one do you mean: "Walk the dog"; or "Wash the dog"?', "Walk the dog."),
        ("delete-remove", 'Okay. Which one do you mean: "Walk the dog"; or "Wash the dog"?', NO),
        ("create-plain", 'Do you mean "Buy stamps"?', NO),
        ("complete-declined", 'Do you mean "Renew the car insurance"?', NO),
    ],
)
def test_a_question_which_task_is_meant_is_answered_by_what_was_meant(
    name: str, heard: str, answer: str
) -> None:
    assert which(heard, utterance(name)) == answer


@pytest.mark.parametrize(
    "heard",
    [
        "",
        'Okay. I\'ve added "Buy milk".',
        'Okay. I\'ve added "Buy milk". Anything else?',
        "I did not catch the date. Which day do you mean?",
        'Sorry. I can\'t find a task called "cleaning the garage".',
    ],
)
def test_what_asks_for_no_task_is_not_answered(heard: str) -> None:
    assert which(heard, utterance("complete-done")) is None


def test_consent_is_given_to_what_was_meant_alone_and_only_where_it_is_wanted() -> None:
    assert consent('Delete "Walk the dog"?', utterance("delete-task")) == YES
    assert consent('Delete "Wash the dog"?', utterance("delete-task")) == NO
    assert consent('Delete "Pay the rent"?', utterance("delete-declined")) == NO
