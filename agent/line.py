"""The call's line into the room: one RoomIO for the whole call, whichever session is live behind it.

A RoomIO belongs to one AgentSession and dies with it, so a session could not be replaced without the caller's
track being published anew. The call therefore owns the RoomIO and gives it a stand-in for the session
(`SessionFacade`), which forwards the events of the session that is live. Each session hears through a tap of its
own and speaks through a port of its own, so that a session's teardown can detach nothing that another one uses.
adr/0002 has the reasons and the measurements. What is private here is held by tests/agent/test_line.py.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, Final

from livekit import rtc
from livekit.agents import AgentSession, utils
from livekit.agents.voice import io, room_io

from agent.ports import CaptionPort, SpeechPort, Tap
from agent.ring import Ring
from agent.speaking_rate import measure_quickly

FORWARDED: Final = ("agent_state_changed", "user_input_transcribed")
"""What a RoomIO listens to in its session, besides `close`, which the call decides itself."""


class SessionFacade(rtc.EventEmitter[str]):
    """What a RoomIO sees of a session: inputs and outputs to set, events to hear, and nothing to close."""

    def __init__(self) -> None:
        super().__init__()
        self.input = SimpleNamespace(audio=None, video=None)
        self.output = SimpleNamespace(audio=None, transcription=None)
        self._live: AgentSession[Any] | None = None
        self._relays = {event: self._relay(event) for event in FORWARDED}

    def follow(self, session: AgentSession[Any] | None) -> None:
        """Forward the events of this session from now on, and no longer those of the one before."""
        if self._live is not None:
            for event, relay in self._relays.items():
                self._live.off(event, relay)  # type: ignore[arg-type]
        self._live = session
        if session is not None:
            for event, relay in self._relays.items():
                session.on(event, relay)  # type: ignore[arg-type]

    def reset_away_timer(self) -> None:
        """A key was pressed: the live session's silence starts anew."""
        if self._live is not None:
            self._live.reset_away_timer()

    def _relay(self, event: str) -> Any:
        def relay(payload: Any) -> None:
            self.emit(event, payload)

        return relay

    # A RoomIO tells its session when the caller comes and goes. The call watches the room itself.
    def _on_room_io_participant_linked(self, participant: rtc.RemoteParticipant) -> None: ...
    def _cancel_user_away_timer(self) -> None: ...
    def _close_soon(self, **_: Any) -> None: ...
    def _add_session_event(self, *_: Any, **__: Any) -> None: ...


class Line:
    """The caller's audio, our voice and the captions, in the room for as long as the call lasts."""

    def __init__(self, room: rtc.Room, caller_identity: str) -> None:
        measure_quickly()
        self._facade = SessionFacade()
        self._room_io = room_io.RoomIO(
            self._facade,  # type: ignore[arg-type]
            room,
            options=room_io.RoomOptions(
                participant_identity=caller_identity,
                text_input=False,
                close_on_disconnect=False,
            ),
        )
        self._session: AgentSession[Any] | None = None
        self._tap: Tap | None = None
        self._early: Tap | None = Tap()
        """What was said before a session could hear it: the first one gets it."""
        self.ring = Ring()
        """What a session that comes in mid-call has missed."""
        self._ports: tuple[SpeechPort, CaptionPort] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    async def open(self) -> None:
        """Publish our track and begin to listen. The caller may come later.

        Call as soon as the room is connected: what a browser recorded until we came is sent the moment we are
        there, and is lost when nobody waits for it. It is kept for the first session.
        """
        await self._room_io.start()
        if (audio := self._room_io.audio_output) is not None:
            audio.on_attached()
        if (captions := self._room_io.transcription_output) is not None:
            captions.on_attached()
        if (microphone := self._room_io.audio_input) is not None:
            microphone.on_attached()
            self._pump = asyncio.create_task(self._listen(microphone), name="line.listen")

    @property
    def is_spoken_into(self) -> bool:
        """Whether the caller speaks, as the session that listens has heard. Without one nobody could hear them end."""
        return self._session is not None and self.ring.is_speaking

    def attach(self, session: AgentSession[Any]) -> None:
        """Make this the session that hears the caller and is heard, from what nobody has answered yet."""
        self.detach()
        audio, captions = self._room_io.audio_output, self._room_io.transcription_output
        if audio is None or captions is None:
            raise RuntimeError("the line is not open")
        self._tap, self._early = self._early or Tap(self.ring.frames()), None
        self._ports = (SpeechPort(audio), CaptionPort(captions))
        session.input.audio = self._tap
        session.output.audio, session.output.transcription = self._ports
        self._session = session
        self._facade.follow(session)

    def detach(self) -> None:
        """Leave the line without a session: it stays in the room, silent."""
        self._facade.follow(None)
        if self._tap is not None:
            self._tap.close()
        if self._ports is not None:
            for port in self._ports:
                port.close()
        if self._session is not None:
            self._session.input.audio = None
            self._session.output.audio = self._session.output.transcription = None
        self._session = self._tap = self._ports = None

    def ignore(self) -> None:
        """Keep nothing of what is said: we do not know yet who it is, and it may be a secret."""
        self._early = None

    def heed(self) -> None:
        """Hear from now on, after `ignore`."""
        self.ring.forget()
        self._early = Tap()

    def keep(self) -> None:
        """Keep what is said from now on for the next session: there is none, and it may take a moment to come."""
        self._early = Tap(self.ring.frames())

    def replay(self) -> None:
        """Let the session that listens hear once more what nobody has answered yet."""
        if self._tap is not None:
            for frame in self.ring.frames():
                self._tap.push(frame)

    async def close(self) -> None:
        """Leave the room's media. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.detach()
        if self._pump is not None:
            await utils.aio.cancel_and_wait(self._pump)
            self._pump = None
        await self._room_io.aclose()

    async def _listen(self, microphone: io.AudioInput) -> None:
        async for frame in microphone:
            self.ring.push(frame)
            tap = self._tap or self._early
            if tap is not None:
                tap.push(frame)
