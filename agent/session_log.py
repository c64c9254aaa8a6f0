"""What the log learns of a session: that a turn was answered and how fast, and what went wrong. No words."""

from __future__ import annotations

import logging
from typing import Any

from livekit.agents import ErrorEvent, llm

from tiers.diagnosis import classify

log = logging.getLogger("agent.session")


def tell_answer(item: llm.ChatMessage, *, turn: int) -> int | None:
    """Tell that a turn was answered, and give after how many ms; None where the library took no time."""
    metrics = item.metrics or {}
    latency = metrics.get("e2e_latency")
    milliseconds = round(1000 * latency) if latency is not None else None
    log.info(
        "turn.answered",
        extra={
            "turn": turn,
            "interrupted": item.interrupted,
            "ms": milliseconds,
        },
    )
    return milliseconds


def tell_error(event: ErrorEvent) -> None:
    """Tell whose fault an error of a session was."""
    error: Any = getattr(event.error, "error", event.error)
    fault = classify(error)
    log.warning(
        "session.error",
        extra={
            "fault": fault.label,
            "blame": fault.blame,
            "source": getattr(event.error, "type", None),
            "recoverable": getattr(event.error, "recoverable", None),
            "error": type(error).__name__,
        },
    )
