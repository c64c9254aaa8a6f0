"""A contract with faster-whisper: an upgrade must be read against the patch first."""

import inspect
from importlib.metadata import version

import numpy as np
import pytest
from faster_whisper import transcribe

from tiers.local import short_window

pytestmark = pytest.mark.unit


def test_the_patch_is_for_the_version_that_is_installed():
    assert version("faster-whisper") == short_window.PINNED_VERSION


def test_faster_whisper_pads_each_window_by_the_name_that_is_replaced():
    source = inspect.getsource(transcribe.WhisperModel.generate_segments)
    assert "segment = pad_or_trim(segment)" in source


@pytest.mark.parametrize(
    ("seconds", "padded"),
    [(0.5, 15), (2.5, 15), (14, 15), (14.5, 16), (20, 21), (28.5, 30), (30, 30), (45, 30)],
)
def test_an_utterance_is_padded_to_its_length_and_a_second_within_15_and_30(seconds, padded):
    mel = np.ones((80, round(seconds * 100)), np.float32)
    short_window.install()
    assert transcribe.pad_or_trim(mel).shape == (80, padded * 100)


def test_padding_adds_silence_and_changes_nothing_else():
    mel = np.random.default_rng(1).random((80, 250), np.float32)
    out = short_window.pad_short(mel)
    assert np.array_equal(out[:, :250], mel)
    assert not out[:, 250:].any()
