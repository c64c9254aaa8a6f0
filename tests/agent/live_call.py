"""A live call without a room: the product's Call, sessions, tools and router on real sockets to the sandbox.

What is replaced is the room (a stage with microphone and loudspeaker), speech (words are told to the sandbox's ear, its
voice is a tone) and money: the router here is the pure function alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm
from livekit.agents.voice import io

import agent.call_end
from agent.attributes import CallAttributes
from agent.call import Call
from agent.erasure import Erases
from agent.hold import Hold
from agent.invitation import Invitation
from agent.kept_sounds import KeptSounds
from agent.line import Line
from agent.no_more_calls import StopsCalls
from agent.rehearsal.stage import Loudspeaker, Microphone, NoRoom
from agent.serving import Serving
from agent.settings import AgentSettings
from agent.thread import Thread
from agent.tier_session import TierSession
from agent.transcript import Transcript
from cli.caller.sound import MICROPHONE_RATE, spoken_part
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from mcp_tasks.client import TaskClient
from people.user import Plan, Role, User
from routing.cause import cause_of
from routing.decision import BudgetState, Decision, RouteInputs, StackState
from routing.policy import DEFAULT_POLICY
from routing.router import decide
from sandbox.app import serve
from sandbox.desk import Desk
from sandbox.engines import ear_for
from sandbox.settings import SandboxSettings
from sandbox.told import BREATH
from tests.agent.rig import PATIENCE, token
from tiers.catalogue import STACKS, Stack, Tier
from tiers.faults import Fault
from tiers.settings import VendorSettings
from tiers.usage import Usage
from tiers.watch import Failure, VendorPatience

CALL_ID = "call-1"


def timed_turns(caplog: pytest.LogCaptureFixture) -> list[dict[str, float]]:
    """The moments of each turn that was told so far, where the log of `agent.turn_marks` is kept."""
    return [getattr(record, "marks") for record in caplog.records if record.message == "turn.timed"]  # noqa: B009


class Captions(io.TextOutput):
    """What the room would show of our words."""

    def __init__(self) -> None:
        super().__init__(label="captions", next_in_chain=None)
        self.text = ""

    async def capture_text(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...


class InRoom(io.AudioOutput):
    """What a room puts above its loudspeaker: a port sits on a wrapper, never on a bare leaf."""

    def __init__(self, leaf: io.AudioOutput) -> None:
        super().__init__(
            label="wrapper",
            capabilities=io.AudioOutputCapabilities(pause=leaf.can_pause),
            next_in_chain=leaf,
            sample_rate=leaf.sample_rate,
        )

    @property
    def _below(self) -> io.AudioOutput:
        assert self.next_in_chain is not None
        return self.next_in_chain

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        await self._below.capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self._below.flush()

    def clear_buffer(self) -> None:
        self._below.clear_buffer()


class StageLine(Line):
    """The product's line, with a stage where the room's input and output are."""

    def __init__(self, *, pauses: bool) -> None:
        super().__init__(cast("rtc.Room", NoRoom("caller")), "caller")
        self.microphone, self.loudspeaker = Microphone(), Loudspeaker(pauses=pauses)
        self.captions = Captions()

        async def nothing() -> None: ...

        self._room_io = cast(
            "Any",
            SimpleNamespace(
                audio_input=self.microphone,
                audio_output=InRoom(self.loudspeaker),
                transcription_output=self.captions,
                start=nothing,
                aclose=nothing,
            ),
        )


class Switch:
    """The router as a call knows it, without money: the pure function, and what failed."""

    def __init__(self, plan: str, vendors: VendorSettings, ladder: tuple[str, ...]) -> None:
        self._inputs = RouteInputs(
            plan=cast("Any", plan),
            stacks=tuple(
                StackState(
                    name=stack.name,
                    tier=stack.tier,
                    configured=True,
                    alternatives=stack.alternatives(vendors),
                )
                for stack in STACKS.values()
            ),
            policy=DEFAULT_POLICY.model_copy(update={"local_enabled": True, "premium": ladder}),
        )
        self.decision = decide(self._inputs)
        self.follow: Callable[[Decision, Any], None] = lambda *_: None
        self.told: list[tuple[str, Fault]] = []
        self.beside: list[tuple[str, Fault]] = []
        """What failed of that which only helps."""
        self.well: list[str] = []

    def failed(self, service: str, fault: Fault) -> None:
        self.told.append((service, fault))
        self._news(failed=tuple(sorted({*self._inputs.failed, service})))

    def beside_failed(self, service: str, fault: Fault) -> None:
        self.beside.append((service, fault))

    def worked(self, service: str) -> None:
        self.well.append(service)

    def heal(self) -> None:
        """What failed is well again."""
        self._news(failed=())

    def spent(self, tier: Tier) -> None:
        """The call's cap for a tier is reached."""
        self._news(budget=self._inputs.budget.told(tier, "exhausted", "call"))

    def spend_all(self) -> None:
        """Everybody's cap for a day is reached."""
        self._news(budget=BudgetState(premium="exhausted", economy="exhausted", scope="global-day"))

    def admin(self, **policy: Any) -> None:
        """An admin writes another policy."""
        self._news(policy=self._inputs.policy.model_copy(update=policy))

    def _news(self, **news: Any) -> None:
        before = self.decision
        self._inputs = self._inputs.model_copy(update=news)
        self.decision = decide(self._inputs)
        if (self.decision.stack, self.decision.without) != (before.stack, before.without):
            self.follow(self.decision, cause_of(before, self.decision))


def _with_breath(text: str, after: float) -> str:
    """Mark where a part of a text is over and the caller takes a breath."""
    words = text.split()
    cut = max(1, round(len(words) * after))
    return f"{' '.join(words[:cut])} {BREATH} {' '.join(words[cut:])}"


@dataclass
class LiveCall:
    """One call that is going on, and its caller."""

    call: Call
    serving: Serving
    switch: Switch
    line: StageLine
    desk: Desk
    client: TaskClient
    mouth: CachedVoice
    usage: list[Usage] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """What was sent to the room as text."""
    played: list[str] = field(default_factory=list)
    """The recordings that were played."""
    items: list[llm.ChatMessage] = field(default_factory=list)
    ended: asyncio.Task[str] | None = None
    words: str = ""
    ends: Sequence[float] = ()
    """When each piece of the words between breaths is over, seconds since the first sound."""
    said_at: float = 0.0
    """When the caller's last word was over, on the loop's clock."""

    def tell(self, text: str, ends: Sequence[float] = ()) -> None:
        """Tell the ear what the next turn is; `ends`: when each piece between breaths does, seconds."""
        self.words, self.ends = text, ends
        self.desk.told.put(CALL_ID, text, ends)

    def tell_again(self) -> None:
        """Another ear hears the sound once more, so it is told the words once more."""
        waiting = self.desk.told._queue(CALL_ID)
        if self.words and self.line.ring.is_open and waiting.empty():
            self.desk.told.put(CALL_ID, self.words, self.ends)

    async def say(self, text: str, *, pause: tuple[float, float] | None = None) -> None:
        """Speak a turn; `pause`: after which part of it, and for how many seconds, the caller takes a breath."""
        pcm = await self.mouth.speak(text)
        first, last = spoken_part(pcm, MICROPHONE_RATE)
        ends = [(last - first) / MICROPHONE_RATE]
        if pause is not None:
            cut = int(len(pcm) * pause[0])
            gap = np.zeros(int(MICROPHONE_RATE * pause[1]), np.int16)
            pcm = np.concatenate([pcm[:cut], gap, pcm[cut:]])
            text, ends = _with_breath(text, pause[0]), [(cut - first) / MICROPHONE_RATE, ends[0] + pause[1]]
        if self.desk.ear is None:
            self.tell(text, ends)
        await self.line.microphone.speak(pcm)
        self.said_at = asyncio.get_running_loop().time()

    def speaking(self, text: str, **options: Any) -> asyncio.Task[None]:
        """Begin to speak a turn."""
        return asyncio.create_task(self.say(text, **options))

    @property
    def is_heard(self) -> bool:
        """Whether our voice is in the caller's ear now."""
        speaker = self.line.loudspeaker
        return speaker.silent_since is None and speaker._queued > 0

    async def heard(self, seconds: float = 20.0) -> float:
        """Wait until our voice is heard; seconds since the caller's last word."""
        await self.until(lambda: self.is_heard, seconds, "our voice is heard")
        return asyncio.get_running_loop().time() - self.said_at

    async def quiet(self, seconds: float = 30.0, rest: float = 0.5) -> None:
        """Wait until everybody was silent for a moment and nothing is owed."""
        since: float | None = None
        deadline = time.monotonic() + seconds
        while True:
            session = self.serving.session
            if (
                session.is_quiet
                and not session.owes
                and not self.is_heard
                and session.session.agent_state == "listening"
            ):
                since = since or time.monotonic()
                if time.monotonic() - since >= rest:
                    return
            else:
                since = None
            assert time.monotonic() < deadline, (
                f"not quiet: {session.session.agent_state} {session.owed} {session.owed.lines()}"
            )
            await asyncio.sleep(0.02)

    async def turn(self, text: str, **options: Any) -> str:
        """Speak a turn and hear the answer to its end; gives our words since."""
        before = len(self.items)
        await self.say(text, **options)
        await self.heard()
        await self.quiet()
        return self.ours(before)

    def ours(self, since: int = 0) -> str:
        """Our words."""
        return " ".join(item.text_content or "" for item in self.items[since:] if item.role == "assistant")

    async def until(self, what: Callable[[], object], seconds: float, told: str) -> None:
        """Wait for something on the loop. Fails the test when it does not come."""
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, f"after {seconds} s still waiting until {told}"
            await asyncio.sleep(0.01)

    async def titles(self) -> list[str]:
        """What the store holds."""
        found = await self.client.call("list_tasks", {"view": "all"})
        return sorted(task["title"] for task in found.structured["tasks"])

    @property
    def stack(self) -> str:
        """What serves."""
        return self.serving.session.stack.name


@contextlib.asynccontextmanager
async def live_call(
    port: int,
    user_id: str,
    *,
    plan: str = "premium",
    better_after: float = 120.0,
    patience: float = 1.0,
    channel: Any = "browser",
    renew_after: float = 3000.0,
    greet: bool = True,
    hears: bool = False,
    hold: Hold | None = None,
    erases: Erases | None = None,
    stops_calls: StopsCalls | None = None,
    silence: float = 60.0,
    goes_on: Thread | None = None,
    thread: Thread | None = None,
    pauses: bool = False,
    ladder: tuple[str, ...] = DEFAULT_POLICY.premium,
    sounds: KeptSounds | None = None,
) -> AsyncIterator[LiveCall]:
    """A call at a task server and a sandbox of its own, greeted and quiet.

    `silence`: seconds until a silent caller by phone is asked. `goes_on`: a call that was cut off, to be gone on with; `thread`: one
    that another worker served until now.
    `pauses`: our voice can be held in the middle of a sentence, as in a room. `ladder`: the stacks of a premium call, best first.
    `sounds`: what is kept of the voices.
    `hears`: the caller really speaks (Piper) and the sandbox really hears (Whisper).
    """
    desk = Desk(ear=ear_for(SandboxSettings()) if hears else None)
    mouth = make_voice(VoiceName.PIPER if hears else VoiceName.TOLD, Quality.BROWSER)
    async with (
        serve(desk) as sandbox,
        TaskClient(f"http://127.0.0.1:{port}/mcp", token(user_id), patience=PATIENCE) as client,
    ):
        vendors = VendorSettings.model_validate(
            {
                "OPENAI_API_KEY": "sandbox",
                "OPENAI_BASE_URL": f"{sandbox.url}/openai/v1",
                "DEEPGRAM_API_KEY": "sandbox",
                "DEEPGRAM_BASE_URL": f"{sandbox.url}/deepgram",
                "CARTESIA_API_KEY": "sandbox",
                "CARTESIA_BASE_URL": f"{sandbox.url}/cartesia",
                "ELEVEN_API_KEY": "sandbox",
                "ELEVEN_BASE_URL": f"{sandbox.url}/elevenlabs/v1",
                "GOOGLE_API_KEY": "sandbox",
                "GOOGLE_BASE_URL": f"{sandbox.url}/gemini",
            }
        )
        user = User(
            id=user_id,
            email="caller@example.com",
            plan=Plan(plan),
            role=Role.USER,
            time_zone="Europe/Berlin",
            created_at=datetime.now(UTC),
        )
        switch, line, state = (
            Switch(plan, vendors, ladder),
            StageLine(pauses=pauses),
            SimpleNamespace(usage=[], shown=[], written=[], played=[]),
        )
        room = cast("rtc.Room", NoRoom("caller"))
        cast("Any", room).isconnected = lambda: True
        room.local_participant.send_text = _write_to(state.written)  # type: ignore[method-assign]

        async def play(_room: rtc.Room, name: str) -> None:
            state.played.append(name)

        # On a stage nothing can be published.
        cast("Any", agent.call_end).play_recording = play

        def make(stack: Stack, on_failure: Callable[[Failure], None]) -> TierSession:
            return TierSession(
                stack,
                vendors,
                call_id=CALL_ID,
                today=datetime.now(UTC).date(),
                on_usage=state.usage.append,
                on_failure=on_failure,
                on_worked=switch.worked,
                patience=VendorPatience().times(patience),
                sounds=sounds,
            )

        def stack_of(decision: Decision) -> Stack | None:
            if decision.stack is None:
                return None
            return STACKS[decision.stack].without(decision.without, vendors)

        async def show(decision: Decision, _stack: Stack | None) -> None:
            state.shown.append((decision.stack or "", decision.reason))

        first = stack_of(switch.decision)
        assert first is not None
        serving = Serving(
            line,
            first,
            make=make,
            stack_of=stack_of,
            show=show,
            tells=switch,
            hold=hold,
            better_after_seconds=better_after,
            renew_after_seconds=renew_after,
        )
        invitation = Invitation(call_id=CALL_ID, subject=user_id, identity="caller", channel=channel)
        transcript = cast("Transcript", _NoTranscript())
        call = Call(
            room,
            invitation,
            user,
            client,
            AgentSettings(silence_seconds=silence),
            CallAttributes(room, call_id=CALL_ID),
            transcript,
            erases=erases,
            stops_calls=stops_calls,
        )
        live = LiveCall(
            call,
            serving,
            switch,
            line,
            desk,
            client,
            mouth,
            state.usage,
            state.shown,
            state.written,
            state.played,
        )

        def follow(decision: Decision, cause: Any) -> None:
            live.tell_again()
            serving.follow(decision, cause)

        switch.follow = follow
        call.greeting.go_on.thread = goes_on

        def on_item(event: Any) -> None:
            if isinstance(event.item, llm.ChatMessage):
                live.items.append(event.item)

        serving.on("conversation_item_added", on_item)
        await line.open()
        live.ended = asyncio.create_task(call.serve(serving, thread=thread), name="live_call.serve")
        try:
            if greet:
                await live.until(lambda: live.is_heard, 20, "the greeting is heard")
                await live.quiet()
            yield live
        finally:
            live.ended.cancel()
            await asyncio.gather(live.ended, return_exceptions=True)
            await call.aclose()
            await line.close()
            await mouth.aclose()


def _write_to(written: list[str]) -> Any:
    async def send_text(text: str, **_: Any) -> None:
        written.append(text)

    return send_text


class _NoTranscript:
    """Nobody consented."""

    consent: bool | None = False
    days = 30

    def said(self, *_: Any) -> None: ...
