import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.brain.spoken_form import plain_form, spoken_form

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buy milk!", "by milk"),
        ("call at 2:30", "Call at 2.30"),
        ("call at two thirty", "call at 2:30"),
        ("Task 4", "task four"),
        ("R&D plan", "r and d plan"),
        ("Call Dr. Smith", "call doctor Smith"),
        ("e-mail Bob", "email Bob"),
        ("at 5 p.m.", "at 5pm"),
        ("the 3rd", "the third"),
        ("call Ann", "call Anne"),
        ("5 o'clock", "five o'clock"),
        ("Ann's present", "anns present"),
    ],
)
def test_what_sounds_the_same_has_one_form(one: str, other: str) -> None:
    assert spoken_form(one) == spoken_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Task 4", "Task 41"),
        ("call Ann", "call Anna"),
        ("buy milk", "buy silk"),
        ("pay $2.30", "pay $230"),
        ("buy milk (oat)", "buy milk (soy)"),
        ("2:30", "2:13"),
    ],
)
def test_what_sounds_different_stays_apart(one: str, other: str) -> None:
    assert spoken_form(one) != spoken_form(other)


def test_homophones_stay_apart_in_the_plain_form() -> None:
    assert plain_form("Flour") != plain_form("flower")


@pytest.mark.parametrize("text", ["", "  ", "🥛", "?!"])
def test_a_text_without_words_has_an_empty_form(text: str) -> None:
    assert spoken_form(text) == ""


@given(st.text(max_size=200))
def test_any_text_has_a_form_and_case_does_not_matter_to_it(text: str) -> None:
    assert spoken_form(text) == " ".join(spoken_form(text).split())


@given(
    st.lists(
        st.sampled_from(["Buy", "call", "the", "report", "milk", "Friday", "gym", "plumber", "twice"]),
        min_size=1,
    )
)
def test_points_and_case_never_change_the_form(words: list[str]) -> None:
    assert spoken_form(" ".join(words)) == spoken_form(", ".join(words).upper() + "!")
