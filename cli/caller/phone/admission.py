"""Showing who calls: the PIN, keyed when it is asked for."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from cli.caller.any_line import AnyLine
from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.listener import SoundLog

PROMPT_SECONDS: Final = 20.0
ADMIT_SECONDS: Final = 20.0
INTO_PROMPT_SECONDS: Final = 0.3


class Heard(Protocol):
    """An ear that can forget."""

    log: SoundLog


async def show_who_it_is(line: AnyLine, ear: Heard, pin: str) -> None:
    """Key the PIN once something is heard, and forget what that was: the greeting comes next.

    Raises NobodyAnsweredError where nobody asks, RefusedError where the PIN is not taken.
    """
    changes, agent = line.changes, line.agent
    log = ear.log
    await changes.wait_until(lambda: bool(log.stretches) or not line.connected, PROMPT_SECONDS)
    if not log.stretches:
        raise NobodyAnsweredError(f"nobody asked for a PIN within {PROMPT_SECONDS:g} s")
    await asyncio.sleep(INTO_PROMPT_SECONDS)
    await line.press(f"{pin}#")
    await changes.wait_until(lambda: agent.stack is not None or not line.connected, ADMIT_SECONDS)
    if agent.stack is None:
        raise RefusedError("the PIN was not taken")
    ear.log = SoundLog()
    line.transcript.begin_anew()
