"""The items that a response generates, and the events that tell of them."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from sandbox.realtime_conversation import Conversation
from sandbox.realtime_events import server_event
from sandbox.realtime_items import Item, Part

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Output:
    """A response's items in order, put into the conversation as they begin; into none for None."""

    def __init__(self, response_id: str, conversation: Conversation | None, send: Send) -> None:
        self.items: list[Item] = []
        self._response_id = response_id
        self._conversation = conversation
        self._send = send
        self._unfinished: Item | None = None

    @property
    def generated(self) -> tuple[int, int]:
        """Tokens of text and of sound so far."""
        text = audio = 0
        for item in self.items:
            made = item.tokens
            sound = sum(1 for token in made if token < 0)
            text, audio = text + len(made) - sound, audio + sound
        return text, audio

    async def say(self, kind: str, where: dict[str, Any], **fields: Any) -> None:
        """Send an event about a place in the response."""
        await self._send(server_event(kind, **where, **fields))

    async def begin(self, item: Item) -> dict[str, Any]:
        """Announce an item, and its part if it is a message; what all its events say of where it is."""
        head = {"response_id": self._response_id, "output_index": len(self.items)}
        self.items.append(item)
        self._unfinished = item
        await self.say("response.output_item.added", head, item=_bare(item))
        if self._conversation is not None:
            previous = self._conversation.append(item)
            added = server_event("conversation.item.added", previous_item_id=previous, item=_bare(item))
            await self._send(added)
        where = {**head, "item_id": item.id}
        for index, part in enumerate(item.parts):
            where["content_index"] = index
            await self.say("response.content_part.added", where, part=_part(part, ""))
        return where

    async def done(self, item: Item, status: Literal["completed", "incomplete"] = "completed") -> None:
        """The item is over, complete or not."""
        self._unfinished = None
        item.status = status
        head = {"response_id": self._response_id, "output_index": self.items.index(item)}
        where = {**head, "item_id": item.id}
        if item.type == "function_call":
            call = {"call_id": item.call_id, "name": item.name, "arguments": item.arguments}
            await self.say("response.function_call_arguments.done", where, **call)
        for index, part in enumerate(item.parts):
            place = {**where, "content_index": index}
            if part.kind == "output_audio":
                await self.say("response.output_audio.done", place)
                await self.say("response.output_audio_transcript.done", place, transcript=part.text)
            else:
                await self.say("response.output_text.done", place, text=part.text)
            await self.say("response.content_part.done", place, part=_part(part, part.text))
        # A client may have deleted it meanwhile.
        if self._conversation is not None and self._conversation.find(item.id):
            previous = self._conversation.before(item)
            done = server_event("conversation.item.done", previous_item_id=previous, item=item.as_json())
            await self._send(done)
        await self.say("response.output_item.done", head, item=item.as_json())

    async def cut_off(self) -> None:
        """What was being generated ends here."""
        if self._unfinished is not None:
            await self.done(self._unfinished, "incomplete")


def _bare(item: Item) -> dict[str, Any]:
    """An item as it is announced: nothing has been generated yet."""
    raw = item.as_json()
    return raw | {"content": []} if item.type == "message" else raw


def _part(part: Part, text: str) -> dict[str, Any]:
    if part.kind == "output_audio":
        return {"type": "audio", "transcript": text}
    return {"type": "text", "text": text}
