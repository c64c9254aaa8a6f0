"""OpenAI's chat completions, streamed: words, a call of a tool, what was used, a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import aiohttp

from cli.conformance.frame import Frame
from cli.conformance.scripts.peer import Peer, PeerError
from tiers.catalogue import MODELS

_TOOL: Final[dict[str, Any]] = {
    "type": "function",
    "function": {
        "name": "list_tasks",
        "description": "List the caller's tasks.",
        "parameters": {"type": "object", "properties": {"view": {"type": "string"}}},
    },
}


async def run(peer: Peer) -> list[Frame]:
    """Ask it twice, and wrongly once. Raises PeerError."""
    model = MODELS["gpt-4o-mini"].on(date.today()).name
    asked = {"model": model, "max_completion_tokens": 50, "tools": [_TOOL]}
    words = await _ask(peer, asked | {"tool_choice": "none"}, "Say yes.")
    called = await _ask(peer, asked | {"tool_choice": "required"}, "What is on my list today?")
    refused = await _ask(peer, asked | {"model": "no-such-model"}, "Say yes.")
    return [*words, *called, *refused]


async def _ask(peer: Peer, asked: Mapping[str, Any], text: str) -> list[Frame]:
    body = {
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    frames: list[Frame] = []
    try:
        async with peer.http.post(
            f"{peer.base_url}/chat/completions",
            json=body | dict(asked),
            headers={"Authorization": f"Bearer {peer.key}"},
        ) as answer:
            if answer.status in (400, 404):
                return [Frame("error", await answer.json())]
            if answer.status != 200:
                raise PeerError(f"it answered {answer.status}")
            async for line in answer.content:
                data = line.decode().removeprefix("data:").strip()
                if data and data != "[DONE]" and line.startswith(b"data:"):
                    chunk = json.loads(data)
                    frames.append(Frame(_kind(chunk), chunk))
    except (aiohttp.ClientError, OSError) as error:
        raise PeerError(type(error).__name__) from error
    return frames


def _kind(chunk: Mapping[str, Any]) -> str:
    """Chunks have no names of their own: what stands in them tells them apart."""
    if not chunk.get("choices"):
        return "chunk with usage"
    choice = chunk["choices"][0]
    if choice.get("finish_reason"):
        return "last chunk"
    delta = choice.get("delta", {})
    if delta.get("role"):
        return "first chunk of a tool" if delta.get("tool_calls") else "first chunk"
    return "chunk of a tool" if delta.get("tool_calls") else "chunk of words"
