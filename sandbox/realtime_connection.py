"""A realtime session at work: the client's events in, what they do, the server's events out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sandbox.desk import Desk
from sandbox.openai_errors import SERVER_ERROR
from sandbox.realtime_conversation import Conversation
from sandbox.realtime_events import RealtimeError, new_id, server_event
from sandbox.realtime_fault import SERVICE, Fault
from sandbox.realtime_item_request import item_of, pcm_of
from sandbox.realtime_items import USER_TOKEN_MS, Item, Part, Sound
from sandbox.realtime_reply import Reply
from sandbox.realtime_session import ResponseParams, Session
from sandbox.realtime_transcription import transcribe
from sandbox.realtime_turns import Turn, Turns
from sandbox.realtime_usage import SessionCache
from sandbox.shared_ear import SharedEar

Send = Callable[[dict[str, Any]], Awaitable[None]]
Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Connection:
    """One session. `spawn` runs what goes on beside the client's events until it ends or the socket does.

    `abort` breaks the socket off, `hang_up` closes it as the vendor does when there is no credit left.
    """

    def __init__(
        self,
        desk: Desk,
        ear: SharedEar,
        *,
        model: str,
        tag: str | None,
        expires_at: float,
        send: Send,
        spawn: Spawn,
        abort: Callable[[], None],
        hang_up: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._abort = abort
        self._hang_up = hang_up
        self._desk = desk
        self._tag = tag
        self._expires_at = expires_at
        self._send = send
        self._spawn = spawn
        self._session = Session(type="realtime", model=model)
        self._session_id = new_id("sess")
        self._conversation_id = new_id("conv")
        self._conversation = Conversation()
        self._cache = SessionCache()
        self._turns = Turns(desk, ear, tag or "", self._speech_started, self._speech_stopped)
        self._turns.configure(self._session.audio.input.turn_detection)
        self._replies: list[Reply] = []
        self._has_spoken = False
        self._does: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.truncate": self._truncate_item,
            "conversation.item.delete": self._delete_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    async def open(self) -> None:
        """Greet the client."""
        await self._send(server_event("session.created", session=self._session_json()))

    async def take(self, event: dict[str, Any]) -> None:
        """Do what an event of the client says. Raises RealtimeError for what the vendor refuses."""
        does = self._does.get(event["type"])
        if does is None:
            raise RealtimeError(
                "invalid_value",
                f"Invalid value: '{event['type'][:100]}'. Supported values are: {', '.join(self._does)}.",
                param="type",
            )
        await does(event)

    def abandon(self) -> list[asyncio.Task[Any]]:
        """The client has gone: bill what was generated for it. The tasks that are ending are returned.

        Nothing is awaited here: the server may cancel the handler again while it cleans up.
        """
        ending: list[asyncio.Task[Any]] = list(self._turns.abandon())
        for reply in self._replies:
            ending += reply.abandon()
        return ending

    # The session

    def _session_json(self) -> dict[str, Any]:
        return {
            **self._session.model_dump(),
            "object": "realtime.session",
            "id": self._session_id,
            "expires_at": int(self._expires_at),
        }

    async def _update(self, event: dict[str, Any]) -> None:
        change = event.get("session")
        if not isinstance(change, dict):
            raise RealtimeError(
                "missing_required_parameter", "Missing required parameter: 'session'.", param="session"
            )
        updated = self._session.updated(change)
        if self._has_spoken and updated.audio.output.voice != self._session.audio.output.voice:
            raise RealtimeError(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                param="session.audio.output.voice",
            )
        self._session = updated
        self._turns.configure(updated.audio.input.turn_detection)
        await self._send(server_event("session.updated", session=self._session_json()))

    # The caller's sound

    async def _append(self, event: dict[str, Any]) -> None:
        audio = event.get("audio")
        if not isinstance(audio, str):
            raise RealtimeError(
                "missing_required_parameter", "Missing required parameter: 'audio'.", param="audio"
            )
        await self._turns.hear(pcm_of(audio, "audio"))

    async def _commit(self, _event: dict[str, Any]) -> None:
        await self._committed(self._turns.commit())

    async def _clear(self, _event: dict[str, Any]) -> None:
        self._turns.clear()
        await self._send(server_event("input_audio_buffer.cleared"))

    async def _speech_started(self, turn: Turn) -> None:
        await self._send(
            server_event(
                "input_audio_buffer.speech_started",
                audio_start_ms=round(turn.start * 1000),
                item_id=turn.item_id,
            )
        )
        vad = self._session.audio.input.turn_detection
        if vad is not None and vad.interrupt_response and (reply := self._active):
            await reply.cancel("turn_detected")

    async def _speech_stopped(self, turn: Turn) -> None:
        await self._send(
            server_event(
                "input_audio_buffer.speech_stopped",
                audio_end_ms=round(turn.end * 1000),
                item_id=turn.item_id,
            )
        )
        await self._committed(turn)
        vad = self._session.audio.input.turn_detection
        if vad is not None and vad.create_response:
            try:
                await self._respond(ResponseParams())
            except RealtimeError as refused:  # nobody asked, so the refusal answers no event
                await self._send(refused.event())

    async def _committed(self, turn: Turn) -> None:
        sound = Sound(USER_TOKEN_MS)
        sound.add(turn.pcm)
        part = Part("input_audio", sound=sound, hearing=turn.hearing)
        item = Item(turn.item_id, "message", "user", parts=[part])
        previous = self._conversation.append(item)
        await self._send(
            server_event("input_audio_buffer.committed", item_id=item.id, previous_item_id=previous)
        )
        await self._acknowledge(item)
        if (config := self._session.audio.input.transcription) is not None:
            self._spawn(transcribe(self._desk, item, config, self._send, self._tag))

    # The conversation

    async def _acknowledge(self, item: Item) -> None:
        where = {"previous_item_id": self._conversation.before(item), "item": item.as_json()}
        await self._send(server_event("conversation.item.added", **where))
        await self._send(server_event("conversation.item.done", **where))

    def _listen_to(self, item: Item) -> None:
        """A client's own sound without a transcript is heard like what comes by the buffer."""
        for part in item.parts:
            if part.kind == "input_audio" and part.sound and not part.text:
                part.hearing = self._turns.words_of(part.sound.pcm)

    async def _create_item(self, event: dict[str, Any]) -> None:
        if not isinstance(event.get("item"), dict):
            raise RealtimeError(
                "missing_required_parameter", "Missing required parameter: 'item'.", param="item"
            )
        item = item_of(event["item"])
        previous = event.get("previous_item_id")
        self._conversation.insert(item, previous if isinstance(previous, str) else None)
        self._listen_to(item)
        await self._acknowledge(item)

    async def _retrieve_item(self, event: dict[str, Any]) -> None:
        item = self._conversation.get(event.get("item_id"), "retrieve")
        await self._send(server_event("conversation.item.retrieved", item=item.as_json(with_sound=True)))

    async def _truncate_item(self, event: dict[str, Any]) -> None:
        item = self._conversation.get(event.get("item_id"), "truncate")
        self._conversation.truncate(item, event.get("content_index"), event.get("audio_end_ms"))
        await self._send(
            server_event(
                "conversation.item.truncated",
                item_id=item.id,
                content_index=event["content_index"],
                audio_end_ms=event["audio_end_ms"],
            )
        )

    async def _delete_item(self, event: dict[str, Any]) -> None:
        item = self._conversation.get(event.get("item_id"), "delete")
        self._conversation.delete(item)
        await self._send(server_event("conversation.item.deleted", item_id=item.id))

    # Responses

    @property
    def _active(self) -> Reply | None:
        """The response that is being generated in the conversation."""
        return next((reply for reply in self._replies if reply.in_conversation and not reply.done), None)

    async def _create_response(self, event: dict[str, Any]) -> None:
        await self._respond(ResponseParams.of(event.get("response")))

    async def _respond(self, params: ResponseParams) -> None:
        self._replies = [reply for reply in self._replies if not reply.done]
        active = self._active
        if params.conversation != "none" and active is not None:
            raise RealtimeError(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id}. Wait until the response is "
                "finished before creating a new one.",
            )
        met = self._desk.faults.answer(SERVICE)
        if met == "server-error":
            raise RealtimeError(None, SERVER_ERROR, kind="server_error")
        reply = Reply(
            self._desk,
            session=self._session,
            params=params,
            given=self._given(params),
            conversation=self._conversation,
            conversation_id=self._conversation_id,
            cache=self._cache,
            send=self._send,
            tag=self._tag,
            fault=Fault(met, self._abort) if met else None,
        )
        self._has_spoken = self._has_spoken or "audio" in self._session.output_modalities
        self._replies.append(reply)
        await reply.open()
        if met == "quota":
            self._spawn(self._hang_up())

    def _given(self, params: ResponseParams) -> list[Item] | None:
        """The items that a response is to be given instead of the conversation."""
        if params.input is None:
            return None
        given: list[Item] = []
        for index, raw in enumerate(params.input):
            if raw.get("type") == "item_reference":
                given.append(self._conversation.get(raw.get("id"), "reference"))
                continue
            item = item_of(raw, f"response.input[{index}]")
            self._listen_to(item)
            given.append(item)
        return given

    async def _cancel_response(self, event: dict[str, Any]) -> None:
        wanted = event.get("response_id")
        reply = (
            next((each for each in self._replies if each.id == wanted and not each.done), None)
            if wanted
            else self._active
        )
        if reply is None:
            raise RealtimeError("response_cancel_not_active", "Cancellation failed: no active response found")
        await reply.cancel("client_cancelled")
