import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.word_times import spread

pytestmark = pytest.mark.unit


@given(st.text(max_size=200), st.floats(0, 1_000), st.floats(0, 60))
def test_words_keep_their_order_within_the_time_that_was_spoken(text, start, length):
    times = spread(text, start, start + length)
    assert [time.word for time in times] == text.split()
    moments = [moment for time in times for moment in (time.start, time.end)]
    assert moments == sorted(moments)
    assert all(start - 0.001 <= moment <= start + length + 0.001 for moment in moments)


def test_a_longer_word_takes_longer():
    short, long = spread("a proposal", 1.0, 2.0)
    assert (short.start, long.end) == (1.0, 2.0)
    assert long.end - long.start > short.end - short.start
