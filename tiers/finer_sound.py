"""An ear's sound in steps of 20 ms instead of the 50 ms that its plugin collects (livekit-plugins-deepgram 1.8).

The end of the caller's last word waits for the rest of its step: 25 ms on average and 50 at most, before the vendor has it.
"""

from __future__ import annotations

from typing import Any, Final

from livekit.agents import utils
from livekit.plugins.deepgram import stt

STEP_MS: Final = 20
"""What a room gives at a time (`agent/line.py`). Deepgram recommends 20 to 250 ms a message
(https://github.com/orgs/deepgram/discussions/224)."""


class _Audio:
    """`livekit.agents.utils.audio`, where a stream of bytes is cut finer."""

    def __getattr__(self, name: str) -> Any:
        return getattr(utils.audio, name)

    def AudioByteStream(self, sample_rate: int, num_channels: int, **_: Any) -> utils.audio.AudioByteStream:  # noqa: N802
        return utils.audio.AudioByteStream(
            sample_rate, num_channels, samples_per_channel=sample_rate * STEP_MS // 1000
        )


class _Utils:
    audio = _Audio()

    def __getattr__(self, name: str) -> Any:
        return getattr(utils, name)


def send_finely() -> None:
    """Have the plugin's streams send what they are given in steps of 20 ms. Safe to call again."""
    stt.utils = _Utils()  # type: ignore[assignment, attr-defined]
