"""Part `goodbye`: how long after a hang-up there is nothing left of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from cli.bench.phone.office import Office
from cli.bench.report import Report
from cli.caller.conversation import Conversation, Patience
from cli.caller.phone.phone_line import PhoneLine
from cli.caller.record import CallRecord
from cli.caller.told_words import tell as tell_ear

ENDED_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 45.0
WORDS: Final = "What is on my list for today?"
DEED: Final = "Please add a task to inspect the roof."
TOOL_SECONDS: Final = 30.0
PATIENCE: Final = Patience(greeting=30.0)


class Moment(StrEnum):
    """Where in a call the caller hangs up."""

    PROMPT = "prompt"
    GREETING = "greeting"
    SILENCE = "silence"
    SPEECH = "speech"
    ANSWER = "answer"
    TOOL = "tool"


@dataclass
class Ended:
    """One call and its end. `seconds` None: something was left."""

    moment: str
    seconds: float | None
    left: dict[str, int]


@dataclass
class Goodbye:
    """All of them."""

    calls: list[Ended] = field(default_factory=list)

    def judge(self, report: Report) -> None:
        """Hold it to the promise."""
        if not self.calls:
            return
        worst = max(LONGEST_SECONDS if call.seconds is None else call.seconds for call in self.calls)
        line = "goodbye: hang-up to no room, socket, slot and lease, worst"
        report.at_most(line, ENDED_SECONDS, round(worst, 2), "s", len(self.calls))

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return asdict(self)


async def measure(office: Office, found: Goodbye, rounds: int, tell: Callable[[str], None]) -> None:
    """Hang up so often at each moment. Raises CallError."""
    await office.leftovers.gone_within(LONGEST_SECONDS)
    for number in range(rounds):
        for moment in Moment:
            # The tool is slow for one user.
            tier = "premium" if number % 2 or moment is Moment.TOOL else "economy"
            await _call(office, moment, tier)
            seconds, left = await office.leftovers.gone_within(LONGEST_SECONDS)
            found.calls.append(Ended(str(moment), seconds, left))
            tell(
                f"hung up in {moment}: "
                + (f"gone after {seconds:.2f} s" if seconds is not None else f"{left}")
            )


async def _call(office: Office, moment: Moment, tier: str) -> None:
    async with office.line(tier, pin="" if moment is Moment.PROMPT else None) as line:
        if moment is Moment.PROMPT:
            await line.changes.wait_until(lambda: bool(line.listener.log.stretches), PATIENCE.greeting)
            return
        conversation = Conversation(line, CallRecord(), PATIENCE)
        await conversation.wait_for_agent()
        await conversation.wait_for_greeting(to_its_end=moment is not Moment.GREETING)
        if moment in (Moment.GREETING, Moment.SILENCE):
            return
        if moment is Moment.TOOL:
            await _until_a_tool_runs(office, line)
            return
        sound = await office.world.voice.speak(WORDS)
        await tell_ear(office.world.control_url, line.call_id, WORDS)
        if moment is Moment.ANSWER:
            await conversation.say(WORDS, sound, to_its_end=False)
            return
        playing = line.microphone.play(sound)
        await line.changes.wait_until(lambda: playing.began_at is not None, 5.0)
        await asyncio.sleep(0.4)


async def _until_a_tool_runs(office: Office, line: PhoneLine) -> None:
    sound = await office.world.voice.speak(DEED)
    with office.world.tasks.slow(office.world.store.user_id) as arrived:
        await tell_ear(office.world.control_url, line.call_id, DEED)
        line.microphone.play(sound)
        async with asyncio.timeout(TOOL_SECONDS):
            await arrived.wait()
