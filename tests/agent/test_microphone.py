"""The page says what became of the microphone; nobody else is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from agent.microphone import TOPIC, Microphone

pytestmark = pytest.mark.unit


class Reader:
    def __init__(self, *parts: str) -> None:
        self.parts = parts

    async def __aiter__(self) -> AsyncIterator[str]:
        for part in self.parts:
            yield part

    def close(self) -> None: ...


class Room:
    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def register_text_stream_handler(self, topic: str, handler: Any) -> None:
        self.handlers[topic] = handler

    def unregister_text_stream_handler(self, topic: str) -> None:
        del self.handlers[topic]


@pytest.mark.parametrize(
    ("sender", "parts", "state"),
    [
        ("caller", ("den", "ied"), "denied"),
        ("caller", ("off",), "off"),
        ("somebody", ("denied",), "on"),
        ("caller", ("louder",), "on"),
        ("caller", ("denied",) * 100, "on"),
    ],
)
async def test_only_the_callers_own_word_counts(sender: str, parts: tuple[str, ...], state: str) -> None:
    room = Room()
    microphone = Microphone(cast("Any", room), caller_identity="caller")
    microphone.open()
    room.handlers[TOPIC](Reader(*parts), sender)
    await asyncio.gather(*microphone._stream._reading)
    assert microphone.state == state
    microphone.close()
    microphone.close()
    assert room.handlers == {}
