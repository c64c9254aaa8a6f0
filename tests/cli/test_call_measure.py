"""What counts as the answer's first sound and as silence after an interruption."""

import pytest

from cli.caller.listener import AUDIBLE, SoundLog
from cli.caller.measure import Moments, first_sound_ms, gap_ms, silence_after_interrupt_ms

pytestmark = pytest.mark.unit

FOREVER = float("inf")


def log(*sounding: tuple[float, float], until: float = 20.0) -> SoundLog:
    """A log of 10 ms frames with sound in the given spans of seconds."""
    result = SoundLog()
    for frame in range(int(until * 100)):
        start = frame / 100
        loud = any(begin <= start + 0.001 < end for begin, end in sounding)
        result.add(AUDIBLE + 1 if loud else 0.0, start)
    return result


def test_the_first_sound_counts_from_the_last_word() -> None:
    assert first_sound_ms(Moments(1.0, 3.0), FOREVER, log((3.6, 5.0))) == 600


def test_gaps_between_words_do_not_end_a_stretch_but_pauses_do() -> None:
    assert len(log((1.0, 2.0), (2.2, 3.0)).stretches) == 1
    assert len(log((1.0, 2.0), (2.4, 3.0)).stretches) == 2


def test_sound_begins_again_behind_a_gap_that_ends_no_stretch() -> None:
    heard = log((1.0, 2.0), (2.02, 3.0), (3.08, 4.0), (4.5, 5.0))
    assert len(heard.stretches) == 2
    assert heard.onsets == pytest.approx([1.0, 3.08, 4.5])


def test_an_agent_that_talks_over_the_caller_has_a_negative_time() -> None:
    assert first_sound_ms(Moments(1.0, 3.0), FOREVER, log((2.5, 5.0))) == -500


def test_a_sound_that_the_callers_words_silenced_is_no_answer() -> None:
    assert first_sound_ms(Moments(1.0, 3.0), FOREVER, log((1.5, 2.0), (3.7, 5.0))) == 700


def test_what_the_agent_was_already_saying_is_no_answer() -> None:
    sound = log((0.5, 3.2), (4.0, 5.0))
    assert first_sound_ms(Moments(1.0, 3.0), FOREVER, sound) == 1000
    assert silence_after_interrupt_ms(Moments(1.0, 3.0), sound) == 2200


def test_without_an_answer_before_the_next_turn_there_is_no_time() -> None:
    assert first_sound_ms(Moments(1.0, 3.0), 4.0, log((4.5, 5.0))) is None
    assert first_sound_ms(Moments(1.0, None), FOREVER, log((4.5, 5.0))) is None
    assert silence_after_interrupt_ms(Moments(1.0, 3.0), log((4.5, 5.0))) is None


def test_heard_seconds_count_loud_frames_only() -> None:
    assert log((1.0, 2.0), (3.0, 3.5)).heard_seconds == pytest.approx(1.5, abs=0.02)


def test_an_interruption_in_a_breath_counts_what_is_still_said_after_it() -> None:
    breath = Moments(2.2, 4.0, agent_spoke=True)
    assert silence_after_interrupt_ms(breath, log((1.0, 2.0), (2.5, 2.9), (4.6, 5.0))) == 700
    assert silence_after_interrupt_ms(breath, log((1.0, 2.0), (4.6, 5.0))) == 0
    assert first_sound_ms(breath, FOREVER, log((1.0, 2.0), (2.5, 2.9), (4.6, 5.0))) == 600


def test_a_swap_in_an_answer_costs_the_pause_in_it() -> None:
    turns = [Moments(1.0, 3.0)]
    assert gap_ms(5.2, turns, log((3.5, 5.0), (5.8, 7.0))) == 800
    assert gap_ms(4.0, turns, log((3.5, 5.0), (5.8, 7.0))) == 0


def test_a_swap_before_the_answer_costs_what_the_caller_waits_for_it() -> None:
    sound = log((0.0, 0.9), (4.5, 5.0))
    assert gap_ms(3.5, [Moments(1.0, 3.0)], sound) == 1500
    assert gap_ms(2.0, [Moments(1.0, 3.0)], sound) == 1500  # in the middle of the caller's sentence


def test_a_swap_in_a_rest_costs_nobody_anything() -> None:
    turns = [Moments(1.0, 2.0), Moments(8.0, 9.0)]
    assert gap_ms(6.0, turns, log((2.5, 4.0), (9.5, 10.0))) is None
    assert gap_ms(6.0, turns[:1], log((2.5, 4.0))) is None
    assert gap_ms(0.5, [], log((2.5, 4.0))) is None
