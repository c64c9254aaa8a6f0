"""What a conversation needs of the caller's line, whatever the door."""

from __future__ import annotations

from typing import Literal, Protocol

from livekit import rtc

from cli.caller.agent_view import AgentView
from cli.caller.changes import Changes
from cli.caller.listener import SoundLog
from cli.caller.record import Confirmation
from cli.caller.sound import Pcm
from cli.caller.transcript import Transcript
from cli.caller.utterances import Playing


class Ear(Protocol):
    """Hears the agent."""

    @property
    def log(self) -> SoundLog:
        """When it sounded."""

    @property
    def recording(self) -> Pcm:
        """What was heard, at `rate`."""

    @property
    def rate(self) -> int:
        """Samples a second of the recording."""


class Mouth(Protocol):
    """Speaks to the agent."""

    def play(self, pcm: Pcm) -> Playing:
        """Begin an utterance at MICROPHONE_RATE."""


class Asked(Protocol):
    """Knows the agent's questions."""

    def pending(self) -> Confirmation | None:
        """The one that waits for an answer."""


class AnyLine(Protocol):
    """A line that is up, into a room or by telephone."""

    @property
    def changes(self) -> Changes:
        """Told of everything that happens."""

    @property
    def agent(self) -> AgentView:
        """What the agent shows of itself."""

    @property
    def transcript(self) -> Transcript:
        """The words of both sides."""

    @property
    def listener(self) -> Ear:
        """The caller's ear."""

    @property
    def microphone(self) -> Mouth | None:
        """The caller's mouth; None before the line is up."""

    @property
    def confirmations(self) -> Asked:
        """The agent's questions."""

    @property
    def connected(self) -> bool:
        """Whether the line is up."""

    @property
    def call_id(self) -> str:
        """As the agent calls the call."""

    async def press(self, keys: str) -> None:
        """Press telephone keys."""

    async def write(self, text: str) -> None:
        """Send text in the chat."""

    async def answer_card(self, pending: Confirmation, answer: Literal["yes", "no"]) -> None:
        """Press a button of the card. Raises rtc.RpcError where the click is refused."""

    async def share(self, frame: rtc.VideoFrame) -> None:
        """Share a picture as the screen."""

    async def stop_sharing(self) -> None:
        """Share nothing any more."""
