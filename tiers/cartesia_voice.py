"""Cartesia's voice, with the errors that its plugin takes for an end.

An error of Cartesia's says `done: true`, and the plugin (livekit-plugins-cartesia 1.8.9) looks at that first: a refusal
is a text without sound to it, which livekit asks for once more, and an error in mid-sentence is the sentence's end. So
`done` is taken out of errors on their way to it. Those of a context that was broken off before it knows by their id.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any, Final

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, APIError, APIStatusError, tts
from livekit.plugins import cartesia
from livekit.plugins.cartesia.tts import SynthesizeStream
from typing_extensions import override

_REPORTED: Final = "Cartesia returned error"
"""How the plugin's words for an error of the vendor's begin."""

_errors: ContextVar[list[dict[str, Any]]] = ContextVar("cartesia_errors")
"""What the text that is spoken in this context has been told of errors."""


def amended(message: str) -> str:
    """Give a message of the socket as the plugin reads it rightly."""
    if '"error"' not in message:
        return message
    try:
        body: Any = json.loads(message)
    except ValueError:
        return message
    if not isinstance(body, dict) or body.get("type") != "error":
        return message
    if (errors := _errors.get(None)) is not None:
        errors.append(body)
    return json.dumps({key: value for key, value in body.items() if key != "done"})


class CartesiaVoice(cartesia.TTS):
    """The plugin's voice, on a session whose messages are `amended`. What the vendor refuses is asked for once."""

    @override
    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> SynthesizeStream:
        stream = _Stream(tts=self, conn_options=conn_options)
        self._streams.add(stream)
        return stream


class _Stream(SynthesizeStream):
    @override
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        errors: list[dict[str, Any]] = []
        _errors.set(errors)
        try:
            await super()._run(output_emitter)
        except APIError as error:
            if errors and error.message.startswith(_REPORTED):  # it stops at the first of its own
                raise _told(errors[-1]) from error
            raise


def _told(body: dict[str, Any]) -> APIStatusError:
    """An error of the vendor's as the diagnosis reads it."""
    status = body.get("status_code")
    return APIStatusError(
        "the voice reported an error",
        status_code=status if isinstance(status, int) else -1,
        body=str(body.get("error_code") or ""),
        retryable=False,
    )
