"""Traces of calls: livekit's spans of turns, vendors and tools, and our own, on their way out without words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from livekit.agents import JobContext, telemetry
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider

from mcp_tasks.tracing import FLUSH_MS, start

_TRACER: Final = trace.get_tracer("voicetasks.agent")


def begin() -> None:
    """Trace what this process does, where a place for traces is set."""
    if (provider := start("voicetasks-worker")) is not None:
        telemetry.set_tracer_provider(provider, allow_pii=False)


def follow(ctx: JobContext, call_id: str) -> None:
    """Name the call in its trace, and have its last spans out before the process ends."""
    trace.get_current_span().set_attribute("voicetasks.call_id", call_id)
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):

        async def flush() -> None:
            await asyncio.to_thread(provider.force_flush, FLUSH_MS)

        ctx.add_shutdown_callback(flush)


@contextmanager
def tool_span(tool: str, *, foreign: bool) -> Iterator[trace.Span]:
    """Trace the run of a tool. Another server than ours is told nothing of the trace that it is part of."""
    name = "other" if foreign else tool
    with _TRACER.start_as_current_span("tool", attributes={"voicetasks.tool": name}) as span:
        token = context.attach(trace.set_span_in_context(trace.INVALID_SPAN)) if foreign else None
        try:
            yield span
        finally:
            if token is not None:
                context.detach(token)


def answered(seconds: float, *, stack: str, channel: str) -> None:
    """Trace an answer: it began when the turn was over, so long ago, and its first sound goes out now."""
    now = time.time_ns()
    span = _TRACER.start_span(
        "answer",
        start_time=now - round(seconds * 1e9),
        attributes={"voicetasks.stack": stack, "voicetasks.channel": channel},
    )
    span.end(now)
