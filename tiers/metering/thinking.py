"""Chat completions, billed by token: OpenAI.

A stream reports its usage in its last chunk, so one that was interrupted reports nothing. Then the prompt is counted
as it was sent, and the answer as far as it came. What the vendor had cached is worked out from the prompts before:
a prefix that is the same, of 1,024 tokens or more, in steps of 128
(https://platform.openai.com/docs/guides/prompt-caching). The vendor's cache is the account's, so other calls' count too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from functools import cached_property
from itertools import takewhile
from typing import Any, Final, Protocol

import httpx2 as httpx

from tiers.catalogue import Model
from tiers.metering import tokens
from tiers.metering.bookings import Bookings
from tiers.metering.reports import chat_units, readable
from tiers.metering.taps import quietly
from tiers.usage import Outcome

_CACHE_FROM: Final = 1024
_CACHE_STEP: Final = 128
_REMEMBERED: Final = 8
_MESSAGE_FRAME: Final = 3
"""Tokens around each message, and at the end of a prompt: OpenAI's own recipe for counting."""

_BROKEN_OFF: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_GIVEN_UP: Final = (asyncio.CancelledError, GeneratorExit)


_ALIKE: Final = ("system", "developer")
"""What a prompt begins with behind its tools is the same in every call."""


class Beginnings(Protocol):
    """What is known of the beginnings that a vendor holds in its cache, whoever sent them."""

    def knows(self, digest: str) -> bool:
        """Whether it holds one."""

    def used(self, digest: str) -> None:
        """A prompt that begins so was sent to it."""


class _Prompt:
    """A prompt as it was sent. Its tokens are only counted when somebody asks."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @cached_property
    def tokens(self) -> list[int]:
        """Its tokens in the order in which they are cached; -1 stands for those that frame a message."""
        return self._tokens(self._request.get("messages") or [])

    @cached_property
    def beginning(self) -> str:
        """A digest of what it has in common with those of other calls: the tools and the instructions."""
        alike = {"tools": self._request.get("tools"), "messages": self._instructions}
        return hashlib.sha256(json.dumps(alike, sort_keys=True).encode()).hexdigest()[:32]

    @cached_property
    def alike(self) -> int:
        """How many tokens that is."""
        return len(self._tokens(self._instructions)) - _MESSAGE_FRAME

    @cached_property
    def _request(self) -> dict[str, Any]:
        return dict(json.loads(self._body))

    @property
    def _instructions(self) -> list[dict[str, Any]]:
        return list(takewhile(lambda message: message.get("role") in _ALIKE, self._request["messages"]))

    def _tokens(self, messages: list[dict[str, Any]]) -> list[int]:
        found: list[int] = []
        for tool in self._request.get("tools") or ():
            found += tokens.encode(_compact(tool.get("function", tool)))
        for message in messages:
            found += [-1] * _MESSAGE_FRAME + tokens.encode(str(message.get("role", "")))
            found += tokens.encode(_text(message.get("content")))
            for call in message.get("tool_calls") or ():
                function = call.get("function") or {}
                found += tokens.encode(str(function.get("name", "")))
                found += tokens.encode(str(function.get("arguments", "")))
        return found + [-1] * _MESSAGE_FRAME


def _compact(value: Any) -> str:
    return json.dumps(_without_null(value), separators=(",", ":"))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return value


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


class ThinkingWatch:
    """The chat completions of one model of one session."""

    def __init__(self, bookings: Bookings, model: Model, beginnings: Beginnings | None = None) -> None:
        self._bookings = bookings
        self._model = model
        self._beginnings = beginnings
        self._prompts: deque[_Prompt] = deque(maxlen=_REMEMBERED)
        self._drift: tuple[_Prompt, int] | None = None
        self._running: set[_Exchange] = set()

    def request(self, body: bytes) -> _Exchange:
        """A request goes out."""
        before = list(self._prompts)
        prompt = _Prompt(body)
        self._prompts.append(prompt)
        exchange = _Exchange(self, prompt, before)
        self._running.add(exchange)
        return exchange

    def flush(self) -> None:
        """Book what runs still, as far as it came."""
        for exchange in list(self._running):
            exchange.ended(None)

    def reported(
        self, exchange: _Exchange, vendor_id: str, units: Mapping[str, int], outcome: Outcome
    ) -> None:
        """Book what the vendor reported, and learn how far our own counting of prompts is off."""
        self._running.discard(exchange)
        self._drift = (exchange.prompt, units["input_tokens"])
        self._bookings.book(vendor_id, self._model, "llm", units, certainty="actual", outcome=outcome)
        self._used(exchange.prompt)

    def unreported(self, exchange: _Exchange, vendor_id: str, made: int, outcome: Outcome) -> None:
        """Book an estimate of what the vendor never reported."""
        self._running.discard(exchange)
        counted = len(exchange.prompt.tokens)
        if self._drift is not None:
            known, reported = self._drift
            counted = max(0, counted + reported - len(known.tokens))
        cached = max((_same(before, exchange.prompt) for before in exchange.before), default=0)
        if self._beginnings is not None and self._beginnings.knows(self._digest(exchange.prompt)):
            cached = max(cached, exchange.prompt.alike)
        cached -= cached % _CACHE_STEP
        cached = min(cached, counted) if cached >= _CACHE_FROM else 0
        self._estimate(vendor_id, counted, cached, made, outcome)
        self._used(exchange.prompt)

    def free(self, exchange: _Exchange) -> None:
        """The vendor refused the request, or never got it."""
        self._running.discard(exchange)

    def never_begun(self, exchange: _Exchange, vendor_id: str) -> None:
        """The vendor broke the line off before it began to answer: it owes nothing, until its export says otherwise."""
        self._running.discard(exchange)
        self._estimate(vendor_id, 0, 0, 0, "failed")

    def _digest(self, prompt: _Prompt) -> str:
        return f"{self._model.service}:{self._model.name}:{prompt.beginning}"

    def _used(self, prompt: _Prompt) -> None:
        if self._beginnings is not None:
            self._beginnings.used(self._digest(prompt))

    def _estimate(self, vendor_id: str, given: int, cached: int, made: int, outcome: Outcome) -> None:
        units = {"input_tokens": given, "cached_input_tokens": cached, "output_tokens": made}
        self._bookings.book(vendor_id, self._model, "llm", units, certainty="estimated", outcome=outcome)


def _same(one: _Prompt, other: _Prompt) -> int:
    """How many tokens at the start of two prompts are the same."""
    same, upto = 0, min(len(one.tokens), len(other.tokens))
    while same < upto:  # by halves: a loop over some thousand tokens holds the calls up
        middle = (same + upto + 1) // 2
        if one.tokens[same:middle] == other.tokens[same:middle]:
            same = middle
        else:
            upto = middle - 1
    return same


class _Exchange:
    """One request and its answer."""

    def __init__(self, owner: ThinkingWatch, prompt: _Prompt, before: list[_Prompt]) -> None:
        self.prompt = prompt
        self.before = before
        self._owner = owner
        self._id = str(uuid.uuid4())
        self._rest = b""
        self._written: defaultdict[str, str] = defaultdict(str)
        self._usage: Any = None
        self._complete = False
        self._sent = False
        self._begun = False
        self._refused = False
        self._over = False

    def sent(self) -> None:
        """All of it has gone out: from here on it may be billed, whoever gives up."""
        self._sent = True

    def answered(self, status: int, request_id: str) -> None:
        """The vendor has begun to answer; an error is not billed."""
        self._begun = True
        self._refused = status >= 400
        self._id = request_id or self._id

    def data(self, chunk: bytes) -> None:
        """Read the stream's events as they come; an answer that comes whole is read at its end."""
        self._rest += chunk
        if self._rest.startswith(b"{"):
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            payload = line.removeprefix(b"data:").strip()
            if payload == b"[DONE]":
                self._complete = True
            else:
                self._take(json.loads(payload))

    def _take(self, message: dict[str, Any]) -> None:
        self._id = message.get("id") or self._id
        self._usage = message.get("usage") or self._usage
        for choice in message.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            self._written["content"] += delta.get("content") or ""
            for call in delta.get("tool_calls") or ():
                function = call.get("function") or {}
                self._written[f"name {call.get('index')}"] += function.get("name") or ""
                self._written[f"arguments {call.get('index')}"] += function.get("arguments") or ""

    def ended(self, error: BaseException | None) -> None:
        """Book it, once."""
        if self._over:
            return
        self._over = True
        if self._rest.startswith(b"{") and error is None and not self._refused:
            quietly(self._take_whole)
        if self._refused:
            self._owner.free(self)
        elif not self._begun and isinstance(error, _BROKEN_OFF):
            self._owner.never_begun(self, self._id)
        elif not self._sent and not self._begun:  # while a connection was made or waited for
            self._owner.free(self)
        elif (units := self._reported()) is not None:
            self._owner.reported(self, self._id, units, "ok")
        else:
            broken = error is not None and not isinstance(error, _GIVEN_UP)
            is_whole = self._complete or self._usage is not None  # a usage comes last
            outcome: Outcome = "failed" if broken else "ok" if is_whole else "cancelled"
            self._owner.unreported(self, self._id, self._made, outcome)

    def _take_whole(self) -> None:
        self._take(json.loads(self._rest))
        self._complete = True

    @property
    def _made(self) -> int:
        return sum(tokens.count(text) for text in self._written.values())

    def _reported(self) -> dict[str, int] | None:
        """The units that the vendor reported; None where it did not, or where they cannot be right."""
        units = readable(chat_units, self._usage, "llm") if self._usage is not None else None
        return units if units is not None and (units["output_tokens"] or not self._made) else None
