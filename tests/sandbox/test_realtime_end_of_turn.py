import pytest

from sandbox.realtime_end_of_turn import finished_after, longest_wait, sounds_unfinished

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Add a task to",
        "Add a task to buy milk and.",
        "Remind me to call my",
        "Add buy milk,",
        "Well...",
        "Add um",
    ],
)
def test_words_that_lead_on_are_unfinished(text: str) -> None:
    assert sounds_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "Yes please.",
        "No.",
        "Delete it.",
        "What tasks do I have?",
        "Add a task to buy milk by Friday.",
        "Undo that",
    ],
)
def test_whole_sentences_and_short_answers_are_finished(text: str) -> None:
    assert not sounds_unfinished(text)


@pytest.mark.parametrize("eagerness", ["low", "medium", "high", "auto"])
def test_a_finished_sentence_waits_far_less_than_an_unfinished_one(eagerness: str) -> None:
    assert finished_after(eagerness) * 5 <= longest_wait(eagerness)
