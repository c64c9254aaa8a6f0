"""ElevenLabs' multi-context websocket: one context with two sentences, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, wire

VOICE: Final = "EXAVITQu4vr4xnSDxMaL"
"""The one that the plugin speaks with by default."""


async def run(peer: Peer) -> list[Frame]:
    """Have it speak. Raises PeerError."""
    query = "model_id=eleven_flash_v2_5&output_format=pcm_24000&sync_alignment=true"
    path = f"/text-to-speech/{VOICE}/multi-stream-input?{query}"
    async with wire(peer, path, {"xi-api-key": peer.key}, kind_of=_kind) as line:
        await line.send({"context_id": "one", "text": " ", "voice_settings": {}})
        await line.send({"context_id": "one", "text": "I added buy milk. ", "flush": True})
        await line.send({"context_id": "one", "text": "Anything else? ", "flush": True})
        await line.send({"context_id": "one", "close_context": True})
        await line.until("final")
        await line.send({"close_socket": True})
        await line.rest()
        return line.frames


def _kind(body: Mapping[str, Any]) -> str:
    if body.get("isFinal"):
        return "final"
    return "error" if "error" in body else "audio"
