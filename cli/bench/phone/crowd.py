"""Part `crowd`: as many calls at once as the worker has room for, and one more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cli.bench.latency.judge import p95
from cli.bench.phone.office import LINES, Office
from cli.bench.report import Report
from cli.caller.conversation import Conversation, Patience
from cli.caller.errors import CallError
from cli.caller.record import CallRecord
from cli.caller.told_words import tell as tell_ear

WORDS: Final = "What's on my list?"
TURNS: Final = 2
"""How often each of them speaks when all are up, at least; they talk on until everybody has, and one more has called."""
ARRIVE_SECONDS: Final = 2.0
"""From one who dials to the next: nobody has arranged to dial in the same instant."""
THINK_SECONDS: Final = (2.0, 5.0)
"""How long a caller is silent before speaking again; by ten seconds a telephone is asked whether somebody is there."""
PATIENCE: Final = Patience(greeting=30.0, answer=20.0, whole_answer=40.0)
UP_SECONDS: Final = 150.0
TOLD_SECONDS: Final = 25.0
STATE: Final = "voicetasks.state"
BUSY: Final = "busy"
HEARD_SECONDS: Final = 1.5
"""The sentence takes longer."""


@dataclass
class Served:
    """One call of the crowd."""

    greeted: bool = False
    first_sound_ms: list[int] = field(default_factory=list)
    unanswered: int = 0
    problem: str = ""


@dataclass
class Crowd:
    """All of them."""

    calls: list[Served] = field(default_factory=list)
    told: bool | None = None
    """Whether the one too many heard that all lines are busy, and was let go; None: nobody called."""
    told_what: str = ""

    def judge(self, report: Report) -> None:
        """Hold it to the promise."""
        if self.calls:
            served = sum(call.greeted and not call.problem and not call.unanswered for call in self.calls)
            report.at_least("crowd: calls served at once", LINES, served, "calls", len(self.calls))
        if self.told is not None:
            line = "crowd: calls beyond them that were told so"
            report.at_least(line, 1, int(self.told), "calls", 1)

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return asdict(self)


async def measure(office: Office, found: Crowd, tell: Callable[[str], None]) -> None:
    """Have all lines taken at once, everybody talk, and stay until one more has called."""
    done, everybody = asyncio.Event(), asyncio.Event()
    through = [asyncio.Event() for _ in range(LINES)]
    found.calls += [Served() for _ in range(LINES)]
    sound = await office.world.voice.speak(WORDS)

    def all_are_up() -> None:
        if all(served.greeted or served.problem for served in found.calls):
            everybody.set()

    async def one(number: int, served: Served) -> None:
        thinks = random.Random(number)  # noqa: S311 (the same pauses in each run)
        try:
            await asyncio.sleep(number * ARRIVE_SECONDS)
            async with office.line("economy") as line:
                conversation = Conversation(line, CallRecord(), PATIENCE)
                await conversation.wait_for_agent()
                await conversation.wait_for_greeting()
                served.greeted = True
                all_are_up()
                turns = 0
                while not done.is_set():
                    turns += everybody.is_set()
                    await tell_ear(office.world.control_url, line.call_id, WORDS)
                    turn = await conversation.say(WORDS, sound)
                    served.unanswered += not turn.answered
                    served.first_sound_ms += [turn.first_sound_ms] if turn.first_sound_ms is not None else []
                    if turns == TURNS:
                        through[number].set()
                    await asyncio.sleep(thinks.uniform(*THINK_SECONDS))
        except CallError as error:
            served.problem = str(error)
            all_are_up()
        finally:
            through[number].set()

    async with asyncio.TaskGroup() as group:
        for number, served in enumerate(found.calls):
            group.create_task(one(number, served))
        try:
            async with asyncio.timeout(UP_SECONDS):
                for each in through:
                    await each.wait()
            sounds = [each for call in found.calls for each in call.first_sound_ms]
            problems = [call.problem for call in found.calls if call.problem]
            tell(
                f"{LINES} calls at once: p95 {p95(sounds):.0f} ms to the first sound, {len(problems)} failed"
            )
            if not problems:
                found.told, found.told_what = await _one_too_many(office)
                tell(f"one more heard: {found.told_what or 'nothing'}")
        except TimeoutError:
            tell(f"{LINES} calls at once: not all were through after {UP_SECONDS:.0f} s")
        finally:
            done.set()


async def _one_too_many(office: Office) -> tuple[bool, str]:
    """Whether a caller who keys nothing is told that all lines are busy and then let go, and what they heard."""
    async with office.line("economy", pin="") as line:
        # The caption is written before anybody can look into the room: what the agent shows stays.
        shown = await line.changes.wait_until(
            lambda: line.agent.attributes.get(STATE) == BUSY or not line.connected, TOLD_SECONDS
        )
        is_busy = shown and line.agent.attributes.get(STATE) == BUSY
        ended = await line.changes.wait_until(lambda: not line.connected, TOLD_SECONDS)
        heard = line.listener.log.heard_seconds
    told = f"{heard:.1f} s of a recording, and «{BUSY}» is shown" if is_busy else ""
    return ended and is_busy and heard > HEARD_SECONDS, told
