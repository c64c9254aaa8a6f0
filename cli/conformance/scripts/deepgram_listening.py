"""Deepgram's listen v1: a sentence with what surrounds it, a finalize, the end."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, wire
from cli.conformance.scripts.speech import spoken

_PIECE_SECONDS: Final = 0.1
TAG: Final = "conformance"
"""By which the stand-in knows whose words it was told."""


async def run(peer: Peer) -> list[Frame]:
    """Speak to it. Raises PeerError."""
    pcm, rate = await spoken()
    query = {
        "model": "nova-3",
        "encoding": "linear16",
        "sample_rate": rate,
        "interim_results": "true",
        "punctuate": "true",
        "vad_events": "true",
        "endpointing": 25,
        "utterance_end_ms": 1000,
        "tag": TAG,
    }
    headers = {"Authorization": f"Token {peer.key}"}
    async with wire(peer, f"/v1/listen?{urlencode(query)}", headers) as line:
        size = 2 * round(rate * _PIECE_SECONDS)
        for at in range(0, len(pcm), size):
            await line.send_sound(pcm[at : at + size])
        await line.until("UtteranceEnd")
        await line.send({"type": "Finalize"})
        await line.send({"type": "CloseStream"})
        await line.rest()
        return line.frames
