"""Writing down what the caller said: a model of its own, with its own bill."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import tokens
from sandbox.desk import Desk
from sandbox.invoice import Status
from sandbox.price_list import prices_of
from sandbox.realtime_events import server_event
from sandbox.realtime_items import Item
from sandbox.realtime_session import Transcription

VENDOR = "openai"
_EVENT = "conversation.item.input_audio_transcription"


async def transcribe(
    desk: Desk,
    item: Item,
    config: Transcription,
    send: Callable[[dict[str, Any]], Awaitable[None]],
    tag: str | None,
) -> None:
    """Send the words of a committed item and charge for them. An ear that cannot hear is told, and costs nothing."""
    part = item.parts[0]
    where = {"item_id": item.id, "content_index": 0}
    seconds = part.sound.seconds if part.sound else 0.0
    audio = part.sound.token_count if part.sound else 0
    text: str | None = None
    prompt = tokens.count(config.prompt or "")
    timed = "audio_seconds" in prices_of(VENDOR, config.model)

    def charge(status: Status, written: int) -> None:
        units: dict[str, float] = (
            {"audio_seconds": seconds}
            if timed
            else {
                "audio_input_tokens": audio,
                "text_input_tokens": prompt,
                "text_output_tokens": written,
            }
        )
        desk.invoice.charge(
            vendor=VENDOR, model=config.model, request_id=item.id, units=units, status=status, tag=tag
        )

    try:
        text = await part.words()
    except asyncio.CancelledError:
        charge("cancelled", 0)
        raise
    except (RuntimeError, ValueError):
        error = {
            "type": "server_error",
            "code": "transcription_failed",
            "message": "Input transcription failed for this item.",
            "param": None,
        }
        await send(server_event(f"{_EVENT}.failed", **where, error=error))
        return
    written = tokens.count(text)
    charge("ok", written)
    for piece in tokens.pieces(text):
        await send(server_event(f"{_EVENT}.delta", **where, delta=piece))
    usage: dict[str, Any] = {"type": "duration", "seconds": seconds}
    if not timed:
        usage = {
            "type": "tokens",
            "input_tokens": audio + prompt,
            "output_tokens": written,
            "total_tokens": audio + prompt + written,
            "input_token_details": {"text_tokens": prompt, "audio_tokens": audio},
        }
    await send(server_event(f"{_EVENT}.completed", **where, transcript=text, usage=usage))
