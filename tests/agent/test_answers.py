"""How a caller's answer to a yes-or-no question is read."""

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.answers import Answer, read_answer
from agent.phrase_match import phrase_file

pytestmark = pytest.mark.unit

SAID = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text())
HONEST = SAID.pop("honest")
CASES = [(Answer(meaning), said) for meaning, listed in SAID.items() for said in listed]


@pytest.mark.parametrize(("meaning", "said"), CASES, ids=[f"{m.value}: {s}" for m, s in CASES])
def test_an_answer_is_read_as_its_speaker_meant_it(meaning: Answer, said: str) -> None:
    read = read_answer(said, tool="delete_task", expected_words=["Buy milk"])
    if meaning is Answer.UNCLEAR:
        assert read in (Answer.UNCLEAR, Answer.OTHER)
    else:
        assert read is meaning


def test_of_forty_honest_ways_to_agree_at_least_thirty_nine_are_understood() -> None:
    read = {said: read_answer(said, tool="delete_task", expected_words=["Buy milk"]) for said in HONEST}
    assert len(read) == 40
    assert [said for said, answer in read.items() if answer is not Answer.YES][1:] == []


def test_naming_another_action_is_no_yes_to_this_one() -> None:
    assert read_answer("Yes, mark it as done.", tool="complete_task") is Answer.YES
    assert read_answer("Yes, mark it as done.", tool="delete_task") is not Answer.YES


PHRASES = [
    phrase
    for said in (
        *(phrase_file("answers")[kind] for kind in ("yes", "filler")),
        phrase_file("answers")["action"]["delete_task"],
    )
    for phrase in said
]
LETTERS = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)


@given(st.one_of(st.text(max_size=80), st.lists(st.one_of(st.sampled_from(PHRASES), LETTERS)).map(" ".join)))
def test_no_text_at_all_is_a_yes_unless_each_of_its_words_belongs_to_one(text: str) -> None:
    if read_answer(text, tool="delete_task") is Answer.YES:
        known = {word for phrase in PHRASES for word in phrase.split()}
        plain = unicodedata.normalize("NFKC", text).casefold()
        assert all(word.strip(".,!?") in known for word in plain.split() if word.isalpha())


@given(
    st.sampled_from(["no", "wait", "don't", "stop", "cancel"]),
    st.sampled_from(["yes", "sure", "okay"]),
    st.booleans(),
)
def test_a_yes_that_comes_with_a_no_is_never_a_yes(no: str, yes: str, first: bool) -> None:
    said = f"{yes}, {no}" if first else f"{no}, {yes}"
    assert read_answer(said, tool="delete_task") is not Answer.YES
