"""Cartesia's websocket: a sentence with the times of its words, a flush, a refusal."""

from __future__ import annotations

from typing import Any, Final

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, wire
from tiers.cartesia_protocol import VERSION

_ASKED: Final[dict[str, Any]] = {
    "model_id": "sonic-3",
    "voice": {"mode": "id", "id": "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"},
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
    "add_timestamps": True,
}


async def run(peer: Peer) -> list[Frame]:
    """Have it speak. Raises PeerError."""
    headers = {"X-API-Key": peer.key, "Cartesia-Version": VERSION}
    async with wire(peer, f"/tts/websocket?cartesia_version={VERSION}", headers) as line:
        said = _ASKED | {"context_id": "one"}
        await line.send(said | {"transcript": "I added buy milk. ", "continue": True})
        await line.send(said | {"transcript": "", "continue": True, "flush": True})
        await line.until("flush_done")
        await line.send(said | {"transcript": "Anything else?", "continue": False})
        await line.until("done")
        await line.send(_ASKED | {"context_id": "two", "transcript": "Yes.", "model_id": "no-such-model"})
        await line.until("error")
        return line.frames
