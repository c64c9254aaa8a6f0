import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.brain.phones import distance, distance_inside, likeness, phones

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "near", "far"),
    [
        ("the fence", "defense", "the roof"),
        ("undo that", "and do that", "delete that"),
        ("push water the plants", "bush water the plants", "mark water the plants"),
        ("move review", "new review", "delete review"),
    ],
)
def test_what_an_ear_mixes_up_is_nearer_than_what_it_does_not(one: str, near: str, far: str) -> None:
    assert likeness(phones(one), phones(near)) > likeness(phones(one), phones(far)) + 0.1


@given(st.text("abcdefghiklmnoprstu ", max_size=20), st.text("abcdefghiklmnoprstu ", max_size=20))
def test_a_distance_is_nought_for_the_same_sound_and_equal_both_ways(one: str, other: str) -> None:
    a, b = phones(one), phones(other)
    assert distance(a, a) == 0
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance_inside(a, f"{b}{a}{b}") == 0
    assert 0 <= likeness(a, b) <= 1
