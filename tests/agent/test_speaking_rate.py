"""How fast we speak is measured as livekit does it, without holding up our first frame."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice.transcription import _speaking_rate
from livekit.agents.voice.transcription._speaking_rate import SpeakingRateStream

from agent.line import Line
from agent.speaking_rate import Sound, spectral_flux

pytestmark = pytest.mark.unit

RATES = (8_000, 16_000, 24_000, 48_000)


@pytest.fixture
def livekits_own(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sound, int], float]:
    """The method as the package has it, whatever was put in its place in this process."""
    name = f"{_speaking_rate.__package__}.livekits_own"
    spec = importlib.util.spec_from_file_location(name, _speaking_rate.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    stream = object.__new__(module.SpeakingRateStream)
    own: Callable[[Sound, int], float] = stream._spectral_flux
    return own


def noise(samples: int) -> Sound:
    dice = np.random.default_rng(5)
    loudness = np.abs(np.sin(np.linspace(0, 20, samples)))
    return (0.1 * loudness * dice.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.025, 0.03, 0.0375, 0.04, 0.5, 1.0])
def test_the_numbers_are_livekits(
    livekits_own: Callable[[Sound, int], float], rate: int, seconds: float
) -> None:
    sound = noise(round(seconds * rate))
    assert spectral_flux(sound, rate) == pytest.approx(livekits_own(sound, rate), rel=1e-4)


def test_they_are_had_in_less_than_half_of_the_time(livekits_own: Callable[[Sound, int], float]) -> None:
    sound = noise(24_000)

    def least(measure: Callable[[Sound, int], float]) -> float:
        took = []
        for _ in range(20):
            began = time.perf_counter()
            measure(sound, 24_000)
            took.append(time.perf_counter() - began)
        return min(took)

    assert least(spectral_flux) < least(livekits_own) / 2


async def test_a_line_measures_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpeakingRateStream, "_spectral_flux", None)
    Line(rtc.Room(), "caller")
    stream = object.__new__(SpeakingRateStream)
    assert stream._spectral_flux(noise(24_000), 24_000) == spectral_flux(noise(24_000), 24_000)
