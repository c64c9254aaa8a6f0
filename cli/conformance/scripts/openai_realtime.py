"""OpenAI's realtime API: a session, a spoken answer to a typed word, a call of a tool, sound that is committed, a refusal."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any, Final

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, wire
from tiers.catalogue import MODELS

_RATE: Final = 24_000
_TOOL: Final[dict[str, Any]] = {
    "type": "function",
    "name": "list_tasks",
    "description": "List the caller's tasks.",
    "parameters": {"type": "object", "properties": {"view": {"type": "string"}}},
}


async def run(peer: Peer) -> list[Frame]:
    """Speak with it. Raises PeerError."""
    model = MODELS["gpt-realtime"].on(date.today()).name
    headers = {"Authorization": f"Bearer {peer.key}"}
    async with wire(peer, f"/realtime?model={model}", headers) as line:
        await line.until("session.created")
        session = {
            "type": "realtime",
            "instructions": "Answer in one word.",
            "tools": [_TOOL],
            "audio": {"input": {"turn_detection": None}},
        }
        await line.send({"type": "session.update", "session": session})
        await line.until("session.updated")
        await _write(line, "Say yes.")
        await line.send(
            {"type": "response.create", "response": {"max_output_tokens": 200, "tool_choice": "none"}}
        )
        await line.until("response.done")
        await _write(line, "What is on my list today?")
        choice = {"type": "function", "name": "list_tasks"}
        await line.send(
            {"type": "response.create", "response": {"max_output_tokens": 200, "tool_choice": choice}}
        )
        await line.until("response.done")
        silence = base64.b64encode(bytes(_RATE)).decode()  # half a second
        await line.send({"type": "input_audio_buffer.append", "audio": silence})
        await line.send({"type": "input_audio_buffer.commit"})
        committed = await line.until("input_audio_buffer.committed")
        await line.send({"type": "conversation.item.delete", "item_id": committed.body["item_id"]})
        await line.until("conversation.item.deleted")
        await line.send({"type": "nonsense"})
        await line.until("error")
        return line.frames


async def _write(line: Any, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    await line.send({"type": "conversation.item.create", "item": item})
    await line.until("conversation.item.done")
