"""A voice is given the first words of an answer, its clauses, and then whole sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.pieces import Piece, Pieces, whole_sentences

pytestmark = pytest.mark.unit

ANSWER = "You have three tasks for today, buy milk and call Ann, and one for Friday. Shall I go on, or is it enough?"


def pieces(text: str, step: int = 1, *, early: bool = True, but: str = "") -> list[Piece]:
    """What is given of a text that comes `step` characters at a time; nothing may be said early up to the word `but`."""
    cut = Pieces(lambda words: but in words, early=early)
    given = [piece for first in range(0, len(text), step) for piece in cut.take(text[first : first + step])]
    return [*given, *cut.rest()]


def test_the_first_four_words_go_first_then_clauses_then_sentences() -> None:
    assert [piece.text for piece in pieces(ANSWER)] == [
        "You have three tasks ",
        "for today, buy milk and call Ann, ",
        "and one for Friday. ",
        "Shall I go on, or is it enough?",
    ]


def test_a_piece_knows_its_sentence_up_to_its_own_end_and_whether_it_is_whole() -> None:
    first, _, last, _ = pieces(ANSWER)
    assert (first.sentence, first.ends) == ("You have three tasks ", False)
    assert last.sentence == ANSWER[: ANSWER.index("Shall")]
    assert last.ends


def test_words_that_may_not_be_said_yet_wait_for_more_and_then_go_together() -> None:
    assert next(piece.text for piece in pieces(ANSWER, but="today")) == "You have three tasks for today, "
    assert next(piece.text for piece in pieces(ANSWER, but="enough")) == ANSWER[: ANSWER.index("Shall")]


def test_a_text_that_is_not_to_begin_early_comes_in_sentences() -> None:
    assert [piece.text for piece in pieces(ANSWER, early=False)] == [
        ANSWER[: ANSWER.index("Shall")],
        "Shall I go on, or is it enough?",
    ]


def test_an_empty_line_ahead_of_an_answer_delays_nothing() -> None:
    assert [piece.text for piece in pieces("\n" + ANSWER)][1] == "You have three tasks "


def test_a_short_word_first_does_not_make_the_sentence_behind_it_wait() -> None:
    assert [piece.text for piece in pieces("Sure! " + ANSWER)][:2] == ["Sure! ", "You have three tasks "]


def test_a_word_is_not_given_before_it_is_over() -> None:
    cut = Pieces(lambda _: True)
    assert not list(cut.take("You have three task"))
    assert not list(cut.take("s"))
    assert [piece.text for piece in cut.take(" for")] == ["You have three tasks "]


@given(st.text(alphabet="ab,.!? \n\"'", max_size=80), st.integers(1, 30), st.booleans())
def test_no_character_is_lost_or_given_twice(text: str, step: int, early: bool) -> None:
    given = "".join(piece.text for piece in pieces(text, step, early=early))
    assert given.rstrip() == text.rstrip()
    assert text.startswith(given)


def test_a_sentence_that_breaks_off_is_none_of_the_whole_ones() -> None:
    assert whole_sentences("You have two tasks. The first is ") == ["You have two tasks. "]
    assert whole_sentences('You have "milk."') == ['You have "milk."']
    assert whole_sentences("") == []
