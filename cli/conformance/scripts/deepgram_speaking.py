"""Deepgram's speak v1: a sentence, a flush, a clear, the end."""

from __future__ import annotations

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, wire


async def run(peer: Peer) -> list[Frame]:
    """Have it speak. Raises PeerError."""
    query = "model=aura-2-thalia-en&encoding=linear16&sample_rate=24000"
    headers = {"Authorization": f"Token {peer.key}"}
    async with wire(peer, f"/v1/speak?{query}", headers) as line:
        await line.send({"type": "Speak", "text": "I added buy milk."})
        await line.send({"type": "Flush"})
        await line.until("Flushed")
        await line.send({"type": "Speak", "text": "Anything else?"})
        await line.send({"type": "Clear"})
        await line.until("Cleared")
        await line.send({"type": "Close"})
        await line.rest()
        return line.frames
