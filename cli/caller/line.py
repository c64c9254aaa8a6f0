"""The caller's end of a room: the connection, the microphone, the ear and what arrives in text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Literal, Self

from livekit import rtc

from cli.caller.agent_view import AgentView
from cli.caller.changes import Changes
from cli.caller.confirmations import RPC_METHOD, Confirmations, click_payload
from cli.caller.confirmations import TOPIC as CONFIRM_TOPIC
from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.listener import Listener
from cli.caller.microphone import Microphone
from cli.caller.phone.admission import show_who_it_is
from cli.caller.record import Confirmation
from cli.caller.shared_screen import FRAMES_A_SECOND, SharedScreen
from cli.caller.sound import PIECE_MS
from cli.caller.steps import KEYS
from cli.caller.transcript import TOPIC as TRANSCRIPT_TOPIC
from cli.caller.transcript import Segment, Transcript
from cli.caller.web_door import Ticket

CONNECT_SECONDS = 10.0
CHAT_TOPIC = "lk.chat"
RPC_SECONDS = 10.0
HOLD_TRACK = "hold"
"""The name of the track on which the agent covers a gap; its sound is no answer."""
NOBODY_THERE = ("timeout", "timed out", "connection refused", "dns error", "connect error", "unreachable")


class Line:
    """One connected room. Use as an async context manager: leaving it hangs up."""

    def __init__(
        self,
        ticket: Ticket,
        confirmations: list[Confirmation],
        show: Callable[[Segment], None],
        *,
        record: bool,
        room_noise: float = 0.0,
        screen_rate: int = FRAMES_A_SECOND,
        piece_ms: int = PIECE_MS,
    ) -> None:
        """`piece_ms`: how much sound is taken and handed over at once. When it began and ended is reckoned by its samples."""
        self._room_noise = room_noise
        self._piece_ms = piece_ms
        self._screen_rate = screen_rate
        self.changes = Changes()
        self.agent = AgentView(self.changes)
        self.listener = Listener(self.changes, record=record, piece_ms=piece_ms)
        self.hold = Listener(self.changes, record=False, piece_ms=piece_ms)
        self.transcript = Transcript(self.changes, self.agent.is_one, show)
        self.confirmations = Confirmations(self.changes, confirmations)
        self.microphone: Microphone | None = None
        self.connected = False
        self.room = rtc.Room()
        self._ticket = ticket
        self._screen: SharedScreen | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        try:
            await self._connect()
        except BaseException:
            await self._hang_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()

    async def _connect(self) -> None:
        self._follow_events()
        options = rtc.RoomOptions(auto_subscribe=True, connect_timeout=CONNECT_SECONDS)
        try:
            await self.room.connect(self._ticket.url, self._ticket.token, options)
        except rtc.ConnectError as error:
            reason = str(error)
            if any(words in reason.lower() for words in NOBODY_THERE):
                raise NobodyAnsweredError(
                    f"no LiveKit server answers at {self._ticket.url}: {reason}"
                ) from error
            raise RefusedError(f"the room refused the caller: {reason}") from error
        self.connected = True
        for participant in self.room.remote_participants.values():
            self.agent.joined(participant)
        self.microphone = Microphone(self.changes, self._room_noise, piece_ms=self._piece_ms)
        await self.microphone.publish(self.room)
        if self._ticket.pin:
            await show_who_it_is(self, self.listener, self._ticket.pin)

    @property
    def call_id(self) -> str:
        """As the agent calls it."""
        return self._ticket.call_id

    async def press(self, keys: str) -> None:
        """Press telephone keys."""
        for key in keys:
            await self.room.local_participant.publish_dtmf(code=KEYS.index(key), digit=key)

    async def write(self, text: str) -> None:
        """Send text in the chat."""
        await self.room.local_participant.send_text(
            text, topic=CHAT_TOPIC, destination_identities=[self._agent_identity()]
        )

    async def answer_card(self, pending: Confirmation, answer: Literal["yes", "no"]) -> None:
        """Press a button of the card. Raises rtc.RpcError where the click is refused."""
        await self.room.local_participant.perform_rpc(
            destination_identity=self._agent_identity(),
            method=RPC_METHOD,
            payload=click_payload(pending, answer),
            response_timeout=RPC_SECONDS,
        )

    def _agent_identity(self) -> str:
        identity = self.agent.identity
        if identity is None or not self.agent.here:
            raise NobodyAnsweredError("the agent has left the room")
        return identity

    async def share(self, frame: rtc.VideoFrame) -> None:
        """Share a picture as the screen."""
        self._screen = SharedScreen(self.room, frame, self._screen_rate)
        await self._screen.publish(self.agent.identity)

    async def stop_sharing(self) -> None:
        """Share nothing any more."""
        screen, self._screen = self._screen, None
        if screen is not None:
            await screen.aclose()

    async def _hang_up(self) -> None:
        await self.listener.aclose()
        await self.hold.aclose()
        if self.microphone is not None:
            await self.microphone.aclose()
        await self.room.disconnect()
        if self._screen is not None:
            await self._screen.left()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _follow_events(self) -> None:
        room, agent = self.room, self.agent

        def subscribed(
            track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
        ) -> None:
            agent.joined(participant)
            if track.kind == rtc.TrackKind.KIND_AUDIO and participant.identity == agent.identity:
                (self.hold if publication.name == HOLD_TRACK else self.listener).listen(track)

        def unsubscribed(track: rtc.Track, *_: object) -> None:
            self._start(self.listener.stop(track.sid))
            self._start(self.hold.stop(track.sid))

        def attributes_changed(_changed: dict[str, str], participant: rtc.Participant) -> None:
            if participant.identity == agent.identity:
                agent.update(participant.attributes)

        def left(participant: rtc.RemoteParticipant) -> None:
            agent.left(participant.identity)
            self.transcript.left(participant.identity)

        def disconnected(_reason: object) -> None:
            self.connected = False
            self.changes.notify()

        room.on("participant_connected", agent.joined)
        room.on("participant_disconnected", left)
        room.on("participant_attributes_changed", attributes_changed)
        room.on("track_subscribed", subscribed)
        room.on("track_unsubscribed", unsubscribed)
        room.on("disconnected", disconnected)
        room.register_text_stream_handler(
            TRANSCRIPT_TOPIC, lambda reader, identity: self._start(self.transcript.read(reader, identity))
        )
        room.register_text_stream_handler(
            CONFIRM_TOPIC, lambda reader, identity: self._start(self.confirmations.read(reader, identity))
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            task.get_loop().call_exception_handler(
                {"message": "reading from the room failed", "exception": error, "task": task}
            )
