"""How a caller's answer to a yes-or-no question is read."""

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.answers import Answer, read_answer
from agent.phrase_match import phrase_file
from agent.symbols import symbol_kinds

pytestmark = pytest.mark.unit

SAID = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text())
HONEST = SAID.pop("honest")
ABOUT = [
    (each["things"], Answer(meaning), said)
    for each in SAID.pop("about")
    for meaning, listed in each.items()
    if meaning != "things"
    for said in listed
]
CASES = [(Answer(meaning), said) for meaning, listed in SAID.items() for said in listed]


@pytest.mark.parametrize(("meaning", "said"), CASES, ids=[f"{m.value}: {s}" for m, s in CASES])
def test_an_answer_is_read_as_its_speaker_meant_it(meaning: Answer, said: str) -> None:
    read = read_answer(said, tool="delete_task", things=[["Buy milk"]])
    if meaning is Answer.UNCLEAR:
        assert read in (Answer.UNCLEAR, Answer.OTHER)
    else:
        assert read is meaning


@pytest.mark.parametrize(("things", "meaning", "said"), ABOUT, ids=[f"{m.value}: {s}" for _, m, s in ABOUT])
def test_a_title_says_which_and_never_whether(things: list[str], meaning: Answer, said: str) -> None:
    assert read_answer(said, tool="delete_task", things=[[each] for each in things]) is meaning


def test_naming_words_of_one_thing_with_several_words_is_naming_it() -> None:
    mail = [["to Ann", "subject Lunch"]]
    assert read_answer("Yes, to Ann.", tool="mailer_send", things=mail) is Answer.YES


@given(
    st.lists(
        st.lists(
            st.sampled_from(["buy", "call", "ann", "anna", "milk", "the", "fine", "one"]),
            min_size=1,
            max_size=3,
        ).map(" ".join),
        min_size=2,
        max_size=4,
        unique=True,
    ),
    st.data(),
)
def test_whoever_names_one_of_several_by_its_title_releases_no_other(
    titles: list[str], data: st.DataObject
) -> None:
    title = data.draw(st.sampled_from(titles))
    said = f"Yes, delete {title}."
    assert read_answer(said, tool="delete_task", things=[[each] for each in titles]) is not Answer.YES


def test_of_forty_honest_ways_to_agree_at_least_thirty_nine_are_understood() -> None:
    read = {said: read_answer(said, tool="delete_task", things=[["Buy milk"]]) for said in HONEST}
    assert len(read) == 40
    assert [said for said, answer in read.items() if answer is not Answer.YES][1:] == []


def test_naming_another_action_is_no_yes_to_this_one() -> None:
    assert read_answer("Yes, mark it as done.", tool="complete_task") is Answer.YES
    assert read_answer("Yes, mark it as done.", tool="delete_task") is not Answer.YES


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("Yes, move it to Friday.", Answer.YES),
        ("Yes, move it to", Answer.UNCLEAR),
        ("Change it to", Answer.UNCLEAR),
        ("Yes, Monday.", Answer.OTHER),
    ],
)
def test_a_change_whose_end_is_still_to_come_or_another_is_no_yes(said: str, meaning: Answer) -> None:
    assert read_answer(said, tool="update_task", things=[["Call Ann", "Friday"]]) is meaning


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("Okay, I'm done, thanks.", Answer.UNCLEAR),
        ("I'm done.", Answer.UNCLEAR),
        ("Yes, we're done.", Answer.UNCLEAR),
        ("No, I'm done.", Answer.NO),
        ("No thanks, I am done.", Answer.NO),
        ("Okay, I'm done, goodbye.", Answer.OTHER),
        ("Yes, it's done.", Answer.YES),
        ("Done.", Answer.YES),
    ],
)
def test_who_is_done_may_have_finished_the_task_or_be_leaving(said: str, meaning: Answer) -> None:
    assert read_answer(said, tool="complete_task", things=[["Water the plants"]]) is meaning


@pytest.mark.parametrize(
    ("said", "tool", "meaning"),
    [
        ("Scrap that.", "delete_task", Answer.UNCLEAR),
        ("Drop it.", "delete_task", Answer.UNCLEAR),
        ("Kill it.", "delete_task", Answer.UNCLEAR),
        ("Drop the milk.", "delete_task", Answer.YES),
        ("Sure, drop it.", "delete_task", Answer.YES),
        ("Remove it.", "update_task", Answer.UNCLEAR),
        ("Clear.", "update_task", Answer.UNCLEAR),
        ("Yes, remove it.", "update_task", Answer.YES),
        ("Put it back.", "undo_create", Answer.UNCLEAR),
        ("Restore it.", "undo_create", Answer.UNCLEAR),
        ("Restore the milk.", "undo_create", Answer.UNCLEAR),
        ("Undo it.", "undo_create", Answer.YES),
        ("Put it back.", "undo", Answer.YES),
        ("Delete it.", "delete_task", Answer.YES),
    ],
)
def test_what_may_be_said_of_the_question_itself_agrees_only_beside_a_yes_or_a_title(
    said: str, tool: str, meaning: Answer
) -> None:
    assert read_answer(said, tool=tool, things=[["Buy the milk"]]) is meaning


@pytest.mark.parametrize(
    "said", ["Absolutely not.", "Of course not!", "Certainly not.", "Please do not.", "Definitely not, no."]
)
def test_a_no_that_begins_like_a_yes_is_a_no(said: str) -> None:
    assert read_answer(said, tool="delete_task", things=[["Buy milk"]]) is Answer.NO


PHRASES = [
    phrase
    for said in (
        *(phrase_file("answers")[kind] for kind in ("yes", "filler", "leads_on")),
        phrase_file("answers")["action"]["delete_task"],
        phrase_file("answers")["two_ways"]["delete_task"],
    )
    for phrase in said
]
LETTERS = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)


SIGNS = st.one_of(
    st.sampled_from([each for signs in phrase_file("answers")["symbols"].values() for each in signs]),
    st.characters(categories=["So", "Sm", "Co"], exclude_characters="+<=>|~"),
)


@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.one_of(st.sampled_from(PHRASES), LETTERS)).map(" ".join),
        st.lists(st.one_of(st.sampled_from(PHRASES), SIGNS), max_size=3).map(" ".join),
    )
)
def test_no_text_at_all_is_a_yes_unless_each_of_its_words_belongs_to_one(text: str) -> None:
    if read_answer(text, tool="delete_task") is Answer.YES:
        known = {word for phrase in PHRASES for word in phrase.split()}
        plain = unicodedata.normalize("NFKC", text).casefold()
        assert all(word.strip(".,!?") in known for word in plain.split() if word.isalpha())
        assert set(symbol_kinds(text)) <= {"yes", "neutral"}


@given(
    st.sampled_from(["no", "wait", "don't", "stop", "cancel"]),
    st.sampled_from(["yes", "sure", "okay"]),
    st.booleans(),
)
def test_a_yes_that_comes_with_a_no_is_never_a_yes(no: str, yes: str, first: bool) -> None:
    said = f"{yes}, {no}" if first else f"{no}, {yes}"
    assert read_answer(said, tool="delete_task") is not Answer.YES
