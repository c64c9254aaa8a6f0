"""Faults on demand: which fault a service shows now.

A fault begins at once or with a later occasion, and a stand-in asks on each of its own: an arrival (a connection), or
an answer (a reply, an utterance, a text to speak; for a service without sockets a request is both).
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock

SLOW_SECONDS = 4.0
"""How much later a slow answer comes, when nothing else is said."""

_CONNECTION = frozenset({"refuse", "cut", "accept-then-close", "unauthorized", "quota", "rate-limit"})
_ANSWER = frozenset({"silent", "slow", "server-error", "garbage"})
_ALL = _CONNECTION | _ANSWER
_SPEAKS = frozenset({"stall-mid-stream", "cut-mid-stream", "error-after-audio"})
_CHAT = _ALL | {"incomplete-reply", "stall-mid-stream", "cut-mid-stream"}

KINDS: Mapping[str, frozenset[str]] = {
    "openai-realtime": _CHAT | {"failed-reply", "session-expired"},
    "openai-chat": _CHAT,
    "ollama": _CHAT - {"unauthorized", "quota", "rate-limit"},
    "deepgram-stt": _ALL | {"no-final", "empty-final"},
    "deepgram-tts": _ALL | _SPEAKS,
    "cartesia": _ALL | _SPEAKS,
    "elevenlabs": _ALL | _SPEAKS,
    "gemini-live": _ALL | {"session-expired", "resumption-refused", "stall-mid-stream", "cut-mid-stream"},
}
"""What each service can be made to do."""

_DOOR = frozenset({"refuse", "accept-then-close", "unauthorized"})
_AT_THE_DOOR: Mapping[str, frozenset[str]] = {
    # Where the vendor refuses a connection for want of credit, and where only what is asked for on it.
    "openai-realtime": _DOOR,
    "deepgram-stt": _DOOR | {"quota", "rate-limit", "server-error"},
    "deepgram-tts": _DOOR | {"quota", "rate-limit", "server-error"},
    "cartesia": _DOOR,
    # A wrong key is let in, and refused by the first thing that it asks for (pipecat-ai/pipecat#1006).
    "elevenlabs": _DOOR - {"unauthorized"},
    "gemini-live": frozenset({"refuse", "accept-then-close"}),
}
_AT_THE_START = frozenset({"unauthorized", "quota", "rate-limit", "server-error"})
"""What a vendor that lets everybody in says to the first message, where it is none of its kinds at the door."""
_RESUMING = frozenset({"resumption-refused"})
_MOMENTARY = frozenset({"session-expired"})

Hook = Callable[[str], None]


class FaultError(ValueError):
    """There is no such service or kind; the message names those that exist."""


@dataclass(slots=True, eq=False)
class _Fault:
    service: str
    kind: str
    after: int
    seconds: float | None
    times: int | None
    delay: float
    began_at: float | None = None
    shown: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ends_at(self) -> float:
        if self.began_at is None or self.seconds is None:
            return math.inf
        return self.began_at + self.seconds


class Faults:
    """The faults that are set. Several kinds may be on for a service; the first that was set shows first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._set: dict[tuple[str, str], _Fault] = {}
        self._hooks: dict[str, list[Hook]] = {}

    def set(
        self,
        service: str,
        kind: str,
        *,
        after: int = 0,
        seconds: float | None = None,
        times: int | None = None,
        delay: float = SLOW_SECONDS,
    ) -> None:
        """Have a service misbehave, instead of the same kind's earlier setting.

        `after`: it begins with the occasion after so many; with 0 it begins now, on live sockets too. It lasts for
        `seconds` of the sandbox's clock and for `times` occasions; until it is cleared without them. A cut with
        `times` cuts what is open and refuses nobody. `delay`: seconds by which «slow» is late.
        Raises FaultError.
        """
        if service not in KINDS:
            raise FaultError(f"there is no service {service!r}; there are {', '.join(sorted(KINDS))}")
        if kind not in KINDS[service]:
            raise FaultError(f"{service} has no fault {kind!r}; it has {', '.join(sorted(KINDS[service]))}")
        self.clear(service, kind)
        fault = self._set[service, kind] = _Fault(service, kind, after, seconds, times, delay)
        if after == 0:
            self._begin(fault)

    def clear(self, service: str | None = None, kind: str | None = None) -> None:
        """End the faults of a service, or all."""
        for fault in list(self._set.values()):
            if service in (None, fault.service) and kind in (None, fault.kind):
                self._end(fault)

    def active(self, service: str, kind: str | None = None) -> bool:
        """Whether the service shows the fault now; without a kind, any."""
        return any(kind in (None, fault.kind) for fault in self._begun(service))

    def arrival(self, service: str) -> str | None:
        """A connection arrives: the kind that it meets, None when it is welcome. A service that was cut gives «cut»."""
        met = self._meet(service, KINDS[service] & _AT_THE_DOOR.get(service, frozenset()))
        return met or ("cut" if self.active(service, "cut") else None)

    def opening(self, service: str, *, resumes: bool = False) -> str | None:
        """A session begins, or goes on, on a connection that was let in: the kind that it meets, None for a good one."""
        return self._meet(service, KINDS[service] & (_AT_THE_START | (_RESUMING if resumes else frozenset())))

    def answer(self, service: str) -> str | None:
        """An answer begins: the kind that it meets, None for a good one. What is due begins now, on live sockets too.

        «slow» and «silent» are waited for in `hold`, «garbage» is the wire's.
        """
        return self._meet(service, KINDS[service] - _AT_THE_DOOR.get(service, frozenset()) - _RESUMING)

    async def late(self, service: str) -> None:
        """Keep an answer back for as long as the service is slow."""
        await self._clock.sleep(sum(each.delay for each in self._begun(service) if each.kind == "slow"))

    async def hold(self, service: str) -> None:
        """Keep an answer back for as long as the service is slow, and then silent."""
        await self.late(service)
        await self.silence(service)

    async def silence(self, service: str) -> None:
        """Wait for as long as the service is silent."""
        while fault := next((each for each in self._begun(service) if each.kind == "silent"), None):
            left = fault.ends_at - self._clock.now()
            with suppress(TimeoutError):
                wait = None if math.isinf(left) else max(0.001, self._clock.real(left))
                await asyncio.wait_for(fault.over.wait(), wait)

    @contextmanager
    def watched(self, service: str, hook: Hook) -> Iterator[None]:
        """While the block lasts, `hook` is called with the kind of each fault of the service as it begins."""
        hooks = self._hooks.setdefault(service, [])
        hooks.append(hook)
        try:
            yield
        finally:
            hooks.remove(hook)

    def as_json(self) -> dict[str, Any]:
        """The faults that are set for the control port, begun or not."""
        now = self._clock.now()
        for service in KINDS:
            self._begun(service)  # those whose time is over go
        return {
            "sandbox": True,
            "faults": [
                {
                    "service": each.service,
                    "kind": each.kind,
                    "on": each.began_at is not None,
                    "after": each.after,
                    "seconds_left": None
                    if each.seconds is None
                    else round(min(each.seconds, each.ends_at - now), 3),
                    "times_left": None if each.times is None else each.times - each.shown,
                }
                for each in self._set.values()
            ],
        }

    def _begun(self, service: str) -> list[_Fault]:
        now = self._clock.now()
        mine = [fault for fault in self._set.values() if fault.service == service]
        for fault in mine:
            if fault.ends_at <= now:
                self._end(fault)
        return [fault for fault in mine if fault.began_at is not None and not fault.over.is_set()]

    def _meet(self, service: str, kinds: frozenset[str]) -> str | None:
        self._begun(service)
        for fault in [each for each in self._set.values() if each.service == service and each.kind in kinds]:
            if fault.began_at is None:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                self._begin(fault)
            elif fault.times is not None and fault.shown >= fault.times:
                self._end(fault)
                continue
            fault.shown += 1
            return fault.kind
        return None

    def _begin(self, fault: _Fault) -> None:
        fault.began_at = self._clock.now()
        if fault.kind in _MOMENTARY or (fault.kind == "cut" and fault.times is not None):
            self._end(fault)
        for hook in list(self._hooks.get(fault.service, ())):
            hook(fault.kind)

    def _end(self, fault: _Fault) -> None:
        fault.over.set()
        if self._set.get((fault.service, fault.kind)) is fault:
            del self._set[fault.service, fault.kind]
