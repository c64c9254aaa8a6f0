"""A chat completion on the wire: as one object, or as the chunks of a stream."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox import tokens

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that the model makes; `arguments` is JSON text, or what a script makes of it."""

    name: str
    arguments: str
    id: str = field(default_factory=lambda: f"call_{secrets.token_hex(12)}")


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model says: text, tool calls or both."""

    content: str | None
    calls: tuple[Call, ...] = ()
    finish: FinishReason = "stop"


@dataclass(frozen=True, slots=True)
class Header:
    """What is the same in every chunk of a completion."""

    id: str
    created: int
    model: str

    def chunk(
        self, choices: list[dict[str, Any]], *, usage: dict[str, Any] | None, with_usage: bool
    ) -> dict[str, Any]:
        """One `chat.completion.chunk`. With usage asked for, OpenAI sends `usage: null` in all but the last."""
        result: dict[str, Any] = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_sandbox",
            "choices": choices,
        }
        if with_usage:
            result["usage"] = usage
        return result


def usage(prompt: int, cached: int, completion: int) -> dict[str, Any]:
    """OpenAI's usage object; cached tokens are inside the prompt's."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def cut(completion: Completion, limit: int | None) -> Completion:
    """The completion up to a token limit; when it was cut, arguments are as broken as OpenAI's would be."""
    if limit is None:
        return completion
    left = limit
    content: str | None = None
    was_cut = False
    if completion.content is not None:
        parts = tokens.pieces(completion.content)
        content = "".join(parts[:left])
        was_cut = len(parts) > left
        left -= len(parts)
    calls: list[Call] = []
    for call in completion.calls:
        if left <= 0:
            was_cut = True
            break
        left -= tokens.count(call.name)
        parts = tokens.pieces(call.arguments)
        kept = parts[: max(left, 0)]
        was_cut = was_cut or len(kept) < len(parts)
        left -= len(parts)
        calls.append(Call(call.name, "".join(kept), call.id))
    return Completion(content, tuple(calls), "length" if was_cut else completion.finish)


WORDS_BEFORE_A_BREAK = 12


def broken_off(completion: Completion) -> Completion:
    """The beginning of the completion: twelve words or half of them, and half of the last call's arguments."""
    content, calls = completion.content, completion.calls
    if calls:
        arguments = tokens.pieces(calls[-1].arguments)
        last = Call(calls[-1].name, "".join(arguments[: len(arguments) // 2]), calls[-1].id)
        calls = (*calls[:-1], last)
    elif content:
        words = content.split(" ")
        content = " ".join(words[: min(WORDS_BEFORE_A_BREAK, max(1, len(words) // 2))])
    return Completion(content, calls, "length")


def deltas(completion: Completion) -> Iterator[tuple[dict[str, Any], int]]:
    """The stream's deltas in OpenAI's order, each with the tokens that it took to generate."""
    opening: dict[str, Any] = {
        "role": "assistant",
        "content": None if completion.content is None else "",
        "refusal": None,
    }
    if completion.content is not None or not completion.calls:
        yield opening, 0
        for piece in tokens.pieces(completion.content or ""):
            yield {"content": piece}, tokens.count(piece)
        opening = {}
    for index, call in enumerate(completion.calls):
        function = {"name": call.name, "arguments": ""}
        start = {"index": index, "id": call.id, "type": "function", "function": function}
        yield {**opening, "tool_calls": [start]}, tokens.count(call.name)
        opening = {}
        for piece in tokens.pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, tokens.count(piece)


def choice(delta: dict[str, Any], finish: FinishReason | None = None) -> dict[str, Any]:
    """A stream's choice."""
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def whole(header: Header, completion: Completion, used: dict[str, Any]) -> dict[str, Any]:
    """The completion as one `chat.completion` object."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": completion.content,
        "refusal": None,
        "annotations": [],
    }
    if completion.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in completion.calls
        ]
    return {
        "id": header.id,
        "object": "chat.completion",
        "created": header.created,
        "model": header.model,
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish}],
        "usage": used,
    }
