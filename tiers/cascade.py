"""A cascaded stack: speech to text, a language model, text to speech, each from its vendor's plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any

from livekit.agents import APIConnectOptions, llm, stt, tts
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.turn import TurnHandlingOptions

from tiers.catalogue import Model, Part, Stack
from tiers.end_of_turn import EndOfTurn
from tiers.parts import Built, build_part
from tiers.settings import VendorSettings
from tiers.turns import turn_handling, voice_activity
from tiers.watch import VendorPatience


def connecting(patience: VendorPatience | None = None) -> SessionConnectOptions:
    """How a session's plugins try: once more, at once.

    That is for a socket that had gone stale, or that Deepgram closed for want of sound. What fails twice is down, and
    somebody else serves the call. The voice waits longer than the mind, so that a mind that stalls in mid-sentence is
    blamed itself.
    """
    patience = patience or VendorPatience()
    waits = [patience.answer, patience.answer, patience.voice_answer]
    ear, mind, voice = (APIConnectOptions(max_retry=1, retry_interval=0.1, timeout=each) for each in waits)
    return SessionConnectOptions(stt_conn_options=ear, llm_conn_options=mind, tts_conn_options=voice)


@dataclass(frozen=True)
class Change:
    """What is different after a cascade has changed to another stack."""

    arguments: Mapping[str, Any]
    """For `Agent.update_options` in the running session. Empty: nothing is different."""
    replaced: tuple[Built, ...]

    async def aclose(self) -> None:
        """Close what was replaced, when nobody speaks or thinks with it any more. A dead vendor may take seconds."""
        for built in self.replaced:
            await built.aclose()


class Cascade:
    """The built models of one cascaded stack and the turn settings that suit them. A stack without a voice only thinks."""

    speaks_lines = True
    """A line of ours goes to the voice as it is."""

    def __init__(
        self,
        stack: Stack,
        build: Callable[[Part, Model], Built],
        today: date,
    ) -> None:
        self._build = build
        self._today = today
        self.built: dict[Part, Built] = {
            part: build(part, model) for part, model in self._wanted(stack).items()
        }
        """The parts in use."""
        self.end_of_turn = EndOfTurn(has_words=True)
        self.on_built: Callable[[Part, Built], None] | None = None
        """Told of each part that is built for a change, before anything is said to it: where a meter listens."""

    @property
    def parts(self) -> Mapping[Part, Model]:
        """The models as they are served: what the meter prices."""
        return MappingProxyType({part: built.model for part, built in self.built.items()})

    @property
    def stt(self) -> stt.STT[Any]:
        """The ear. Raises KeyError where there is none."""
        return self.built["stt"].plugin  # type: ignore[no-any-return]

    @property
    def llm(self) -> llm.LLM[Any]:
        """The mind."""
        return self.built["llm"].plugin  # type: ignore[no-any-return]

    @property
    def tts(self) -> tts.TTS[Any]:
        """The voice. Raises KeyError where there is none."""
        return self.built["tts"].plugin  # type: ignore[no-any-return]

    def session_arguments(self, *, narrow: bool = False) -> dict[str, Any]:
        """What an AgentSession needs to run on these models. `narrow`: the caller's sound is a telephone's."""
        arguments: dict[str, Any] = {part: built.plugin for part, built in self.built.items()}
        if "stt" in self.built:
            arguments |= {
                "vad": voice_activity(self.end_of_turn, narrow=narrow),
                "turn_handling": turn_handling(self.end_of_turn, narrow=narrow),
            }
        else:
            # Turns are typed, so nobody listens for their end.
            arguments |= {"vad": None, "turn_handling": TurnHandlingOptions(turn_detection="manual")}
        return arguments | {"use_tts_aligned_transcript": True}

    def change(self, stack: Stack) -> Change:
        """Serve with another cascaded stack: build the parts that differ, keep the others.

        Hand the change's arguments to the running agent, then close the change. What was built for it is closed with
        the cascade. Raises ValueError when one stack has a voice and the other has none: a session that listens for
        the end of turns cannot cease to, so that takes a session of its own.
        """
        wanted = self._wanted(stack)
        if wanted.keys() != self.built.keys():
            raise ValueError(f"{stack.name} has other parts; it needs a session of its own")
        fresh = {
            part: self._build(part, model)
            for part, model in wanted.items()
            if model != self.built[part].model
        }
        replaced = tuple(self.built[part] for part in fresh)
        self.built |= fresh
        for part, built in fresh.items():
            if self.on_built is not None:
                self.on_built(part, built)
        return Change(MappingProxyType({part: built.plugin for part, built in fresh.items()}), replaced)

    def caller_speaks(self, speaking: bool) -> None:
        """Nothing to do: the open socket is billed, with sound and without."""

    async def aclose(self) -> None:
        """Close the vendors' sockets and HTTP sessions; a session does not close its models."""
        for built in self.built.values():
            await built.aclose()

    def _wanted(self, stack: Stack) -> Mapping[Part, Model]:
        return stack.on(self._today).parts


def build(stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> Cascade:
    """Build the models of a cascaded stack as it is served today.

    `call_id` travels to the vendors as the tag of their usage reports, so that an invoice can be told by call.
    """
    return Cascade(stack, partial(build_part, settings=settings, call_id=call_id), today)
