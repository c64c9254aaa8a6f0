"""Gemini Live: a session, a spoken answer to a typed word, a call of a function, a turn of sound, a refusal."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, Wire, wire
from tiers.catalogue import MODELS

_METHOD: Final = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_RATE: Final = 16_000
_TOOL: Final[dict[str, Any]] = {
    "name": "list_tasks",
    "description": "List the caller's tasks.",
    "parameters": {"type": "OBJECT", "properties": {"view": {"type": "STRING"}}},
    "behavior": "NON_BLOCKING",
}


async def run(peer: Peer) -> list[Frame]:
    """Speak with it. Raises PeerError."""
    setup = {
        "model": f"models/{MODELS['gemini-3.8-live'].on(date.today()).name}",
        "generationConfig": {"responseModalities": ["AUDIO"], "maxOutputTokens": 300},
        "systemInstruction": {"parts": [{"text": "Answer in one word."}]},
        "tools": [{"functionDeclarations": [_TOOL]}],
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
        "outputAudioTranscription": {},
    }
    headers = {"x-goog-api-key": peer.key}
    async with wire(peer, f"/ws/{_METHOD}", headers, kind_of=_kind, binary_json=True) as line:
        await line.send({"setup": setup})
        await line.until("setupComplete")
        await _write(line, "Say yes.")
        await line.until("serverContent.turnComplete")
        await _write(line, "What is on my list today?")
        called = await line.until("toolCall")
        call = called.body["toolCall"]["functionCalls"][0]
        result = {"id": call["id"], "name": call["name"], "response": {"output": "nothing"}}
        await line.send({"toolResponse": {"functionResponses": [{**result, "scheduling": "SILENT"}]}})
        await line.send({"realtimeInput": {"activityStart": {}}})
        silence = base64.b64encode(bytes(_RATE)).decode()  # half a second
        sound = {"data": silence, "mimeType": f"audio/pcm;rate={_RATE}"}
        await line.send({"realtimeInput": {"audio": sound}})
        await line.send({"nonsense": {}})
        await line.rest()
        return line.frames


def _kind(body: Mapping[str, Any]) -> str:
    """What a message holds beside its usage; of the server's content also which."""
    kind = next((name for name in body if name != "usageMetadata"), "usageMetadata")
    inner = next(iter(body[kind]), "") if kind == "serverContent" else ""
    return f"{kind}.{inner}" if inner else kind


async def _write(line: Wire, text: str) -> None:
    turn = {"role": "user", "parts": [{"text": text}]}
    await line.send({"clientContent": {"turns": [turn], "turnComplete": True}})
