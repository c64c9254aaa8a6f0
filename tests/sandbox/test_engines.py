"""The sandbox's ear and voice before the first caller."""

from __future__ import annotations

import pytest

from sandbox.engines import warm_up
from tiers.local.ear import Ear
from tiers.local.voice import Voice

pytestmark = pytest.mark.unit


async def test_an_ear_that_was_warmed_up_has_its_model_and_has_heard_somebody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []
    transcribe = Ear.transcribe

    async def listening(self: Ear, *sound: object) -> object:
        found = await transcribe(self, *sound)  # type: ignore[arg-type]
        heard.append(found.text)
        return found

    monkeypatch.setattr(Ear, "transcribe", listening)
    ear, voice = Ear(), Voice()
    try:
        await warm_up(ear, voice)
        assert ear._model is not None
        assert "ready" in heard[0].lower()
    finally:
        ear.close()
        await voice.aclose()
