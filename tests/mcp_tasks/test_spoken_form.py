from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.spoken_form import LONGEST, homophones, plain_form, same_words, sound, spoken_form, telling

pytestmark = pytest.mark.unit

PAIRS = yaml.safe_load((Path(__file__).parent / "spoken_forms.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pair", PAIRS["same"], ids=str)
def test_what_sounds_the_same_has_one_key(pair: list[str]) -> None:
    assert spoken_form(pair[0]) == spoken_form(pair[1])


@pytest.mark.parametrize("pair", PAIRS["apart"], ids=str)
def test_what_can_be_heard_apart_has_two_keys(pair: list[str]) -> None:
    assert spoken_form(pair[0]) != spoken_form(pair[1])


def test_homophones_are_alike_only_in_their_spoken_form() -> None:
    assert plain_form("by milk") != plain_form("buy milk")
    assert same_words("Task four") != same_words("Task 4")


def test_each_word_sounds_like_one_group_of_homophones() -> None:
    groups = yaml.safe_load((Path("mcp_tasks") / "homophones.yaml").read_text(encoding="utf-8"))
    words = [str(word) for group in groups for word in group]
    assert len(words) == len(set(words))
    assert all(homophones()[str(word)] == str(group[0]) for group in groups for word in group)


def test_small_words_tell_nothing_unless_there_are_no_others() -> None:
    assert telling("the one about the budget") == ["budget"]
    assert telling("the task") == ["the", "task"]
    assert telling("!?") == []


def test_a_rough_sound_is_a_key_and_a_number_its_own() -> None:
    assert sound("budget") == sound("budgit")
    assert sound("41") == "41"


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_key_of_words_alone_and_the_key_is_its_own_key(text: str) -> None:
    key = spoken_form(text)
    assert key == " ".join(key.split())
    assert all(character.isalnum() or character == " " for character in key)


def test_only_the_beginning_of_an_endless_text_is_looked_at() -> None:
    assert len(spoken_form("word " * 5000)) <= LONGEST
