import numpy as np
import pytest

from sandbox.recording import Recording

pytestmark = pytest.mark.unit


def test_sound_is_found_by_its_time_in_the_stream_whatever_was_forgotten():
    recording = Recording(100)
    for first in range(0, 1_000, 50):
        recording.add(np.arange(first, first + 50, dtype=np.int16))
    assert recording.between(1.0, 1.03).tolist() == [100, 101, 102]
    recording.forget_before(5.2)
    assert recording.between(5.2, 5.22).tolist() == [520, 521]
    assert recording.between(0.0, 4.0).size == 0
    assert recording.between(9.98, 20.0).tolist() == [998, 999]
