"""Rehearsed calls: a sandbox, a task server and the calls, each a process of its own, for as long as they last."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from cli.bench.bare_environment import bare_environment
from cli.bench.ending import end
from cli.bench.reference_conversation import PAUSE_SECONDS, TASKS, TURN_SECONDS, turns
from cli.caller.told_sound import told_sound
from cli.environment import process_environment
from cli.ports import HOST, FreePorts, Ports
from cli.secrets_file import load_or_make
from cli.settings import CHECKOUT

SPEED: Final = 10.0
"""How many times faster than the wall's clock the call waits."""
START_SECONDS: Final = 60.0
END_SECONDS: Final = 20.0
_LONGEST_LINE: Final = 1 << 20

Event = dict[str, Any]


class RehearsalError(RuntimeError):
    """The call could not be rehearsed; the message says what ended."""


async def rehearsed(stack: str, minutes: float, folder: Path) -> AsyncIterator[Event]:
    """What a call of so many minutes tells, and at its end `invoice`: what the sandbox has billed.

    Raises RehearsalError.
    """
    call = partial(_plan, stack, minutes, folder)
    async for event in rehearsed_calls(lambda control: [call(control)], folder, speed=SPEED):
        yield event


async def rehearsed_calls(
    calls: Callable[[str], Sequence[Mapping[str, Any]]], folder: Path, *, speed: float, at_once: int = 1
) -> AsyncIterator[Event]:
    """What some calls tell (agent/rehearsal/plan.py), and at the end `invoice`: what the sandbox has billed.

    `calls` gives their plans for a sandbox's control port. Raises RehearsalError.
    """
    free = FreePorts()
    ports = Ports(**{name: free.take() for name in Ports.__dataclass_fields__})
    environment = _environment(ports, folder, speed)
    control = f"http://{HOST}:{ports.sandbox_control}"
    async with contextlib.AsyncExitStack() as running:
        for module, url in (("sandbox", control), ("mcp_tasks", f"http://{HOST}:{ports.tasks}")):
            await running.enter_async_context(_process(module, environment, folder))
            await _until_it_answers(f"{url}/healthz", module)
        rehearsal = await running.enter_async_context(_process("agent.rehearsal", environment, folder))
        plans = {"calls": list(calls(control)), "at_once": at_once, "speed": speed}
        await _hand_over(rehearsal, plans)
        async for event in _told(rehearsal):
            yield event
        if await rehearsal.wait():
            log = (folder / "agent.rehearsal.log").read_text(encoding="utf-8", errors="replace")
            raise RehearsalError(
                f"the rehearsal ended with exit status {rehearsal.returncode}: {log[-2000:]}"
            )
        async with httpx.AsyncClient(base_url=control, timeout=10, trust_env=False) as sandbox:
            await _until_all_is_billed(sandbox)
            yield {"invoice": (await sandbox.get("/invoice")).json()}


async def shared(plan: Mapping[str, Any], folder: Path, *, speed: float) -> AsyncIterator[Event]:
    """What a rehearsed sharing of a screen tells (agent/rehearsal/sharing.py), and at the end `invoice`.

    Raises RehearsalError.
    """
    free = FreePorts()
    ports = Ports(**{name: free.take() for name in Ports.__dataclass_fields__})
    environment = _environment(ports, folder, speed)
    control = f"http://{HOST}:{ports.sandbox_control}"
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(_process("sandbox", environment, folder))
        await _until_it_answers(f"{control}/healthz", "sandbox")
        sharing = await running.enter_async_context(_process("agent.rehearsal.sharing", environment, folder))
        await _hand_over(sharing, {**plan, "control_url": control, "speed": speed})
        async for event in _told(sharing):
            yield event
        if await sharing.wait():
            log = (folder / "agent.rehearsal.sharing.log").read_text(encoding="utf-8", errors="replace")
            raise RehearsalError(f"the rehearsal ended with exit status {sharing.returncode}: {log[-2000:]}")
        async with httpx.AsyncClient(base_url=control, timeout=10, trust_env=False) as sandbox:
            await _until_all_is_billed(sandbox)
            yield {"invoice": (await sandbox.get("/invoice")).json()}


def _environment(ports: Ports, folder: Path, speed: float) -> dict[str, str]:
    """Everything on this machine, whatever keys the user has."""
    return process_environment(bare_environment(), ports, load_or_make(folder), folder) | {
        "VOICETASKS_SANDBOX_EAR": "told",
        "VOICETASKS_SANDBOX_VOICE": "tone",
        "VOICETASKS_SANDBOX_PROFILE": "instant",
        # Slower than the call's own clock, which stops while something is computed: the vendors' patience is in
        # the wall's seconds. A reply still comes faster than it is played.
        "VOICETASKS_SANDBOX_TIME_SCALE": str(speed / 2),
    }


def _plan(stack: str, minutes: float, folder: Path, control: str) -> dict[str, Any]:
    sounds: dict[str, str] = {}
    spoken = turns(minutes)
    for words in spoken:
        if words not in sounds:
            path = folder / f"turn{len(sounds)}.pcm"
            told_sound(words).tofile(path)
            sounds[words] = str(path)
    return {
        "stack": stack,
        "call_id": f"bench-{stack}",
        "seconds": minutes * 60,
        "turn_seconds": TURN_SECONDS,
        "pause_seconds": PAUSE_SECONDS,
        "tasks": [{"title": title, "due_words": due} for title, due in TASKS],
        "turns": [{"words": words, "sound": sounds[words]} for words in spoken],
        "told_url": control,
    }


@contextlib.asynccontextmanager
async def _process(
    module: str, environment: Mapping[str, str], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    with (folder / f"{module}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            cwd=CHECKOUT,
            env=dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if module.startswith("agent.") else log,
            stderr=log,
            limit=_LONGEST_LINE,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await end(process, within=END_SECONDS)


async def _until_it_answers(url: str, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)
    raise RehearsalError(f"{name} did not start within {START_SECONDS:.0f} s")


async def _hand_over(process: asyncio.subprocess.Process, plan: dict[str, Any]) -> None:
    if process.stdin is None:
        raise RehearsalError("the call has no input")
    process.stdin.write(json.dumps(plan).encode())
    await process.stdin.drain()
    process.stdin.close()


async def _told(process: asyncio.subprocess.Process) -> AsyncIterator[Event]:
    if process.stdout is None:
        raise RehearsalError("the call has no output")
    async for line in process.stdout:
        yield json.loads(line)


async def _until_all_is_billed(sandbox: httpx.AsyncClient) -> None:
    """A connection is billed when it ends."""
    deadline = time.monotonic() + END_SECONDS
    while (await sandbox.get("/connections")).json()["open"]:
        if time.monotonic() > deadline:
            raise RehearsalError("the sandbox still has connections of a call that is over")
        await asyncio.sleep(0.05)
