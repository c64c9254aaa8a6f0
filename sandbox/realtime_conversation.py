"""A realtime session's conversation: its items in order, and what the model is given of them."""

from sandbox.realtime_events import RealtimeError
from sandbox.realtime_items import Item
from sandbox.realtime_session import RetentionRatio, Truncation

CONTEXT_TOKENS = 28_672
"""The most input of a response: the models' 32,768, less the longest reply of 4,096."""

_MAX_ITEMS = 4_000
# So many of the last items can be retrieved with their sound; older ones keep their words and their tokens.
_WITH_SOUND = 40


class ContextLengthError(Exception):
    """The conversation is too long and may not be shortened: the response fails."""


class Conversation:
    """Items by order. Every change is one that the client or a response asked for."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._dropped: set[str] = set()

    def find(self, item_id: str) -> Item | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == item_id), None)

    def get(self, item_id: object, doing: str) -> Item:
        """The item of that id; `doing` is the verb of the event. Raises RealtimeError without one."""
        item = self.find(item_id) if isinstance(item_id, str) else None
        if item is None:
            name = str(item_id)[:100]
            raise RealtimeError(
                f"item_{doing}_invalid_item_id",
                f"Error with item {doing}: the item with id '{name}' does not exist.",
                param="item_id",
            )
        return item

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self.items[-1].id if self.items else None

    def before(self, item: Item) -> str | None:
        """The id of the item before that one."""
        index = self.items.index(item)
        return self.items[index - 1].id if index else None

    def append(self, item: Item) -> str | None:
        """Put an item at the end; the id of the one before it."""
        previous = self.last_id
        self.items.append(item)
        for old in self.items[-_WITH_SOUND - 1 : -_WITH_SOUND]:
            for part in old.parts:
                if part.sound:
                    part.sound.forget()
        return previous

    def insert(self, item: Item, previous: str | None) -> None:
        """Put a client's item behind `previous`: at the end for None, at the start for «root».

        Raises RealtimeError for an id that is taken, an unknown place, or the result of no call.
        """
        if self.find(item.id):
            raise RealtimeError(
                "item_create_duplicate_item_id",
                f"Error adding item: an item with id '{item.id}' already exists.",
                param="item.id",
            )
        if len(self.items) >= _MAX_ITEMS:
            raise RealtimeError("too_many_items", f"A conversation has at most {_MAX_ITEMS} items.")
        if item.type == "function_call_output" and not any(
            each.type == "function_call" and each.call_id == item.call_id for each in self.items
        ):
            raise RealtimeError(
                "invalid_tool_call_id",
                f"Tool call ID '{item.call_id}' not found in conversation.",
                param="item.call_id",
            )
        if previous is None:
            self.items.append(item)
        elif previous == "root":
            self.items.insert(0, item)
        else:
            after = self.find(previous)
            if after is None:
                raise RealtimeError(
                    "item_create_invalid_previous_item_id",
                    f"Error adding item: the previous item with id '{previous[:100]}' does not exist.",
                    param="previous_item_id",
                )
            self.items.insert(self.items.index(after) + 1, item)

    def delete(self, item: Item) -> None:
        """Take an item out."""
        self.items.remove(item)
        self._dropped.discard(item.id)

    def truncate(self, item: Item, content_index: object, audio_end_ms: object) -> None:
        """Cut our sound to what the caller heard of it. Raises RealtimeError for what cannot be cut so."""
        if item.role != "assistant":
            raise RealtimeError(
                "invalid_value", "Only model output audio messages can be truncated.", param="item_id"
            )
        if item.status == "in_progress":
            raise RealtimeError(
                "invalid_value", "The item is still being generated: cancel the response.", param="item_id"
            )
        if not isinstance(content_index, int) or not 0 <= content_index < len(item.parts):
            raise RealtimeError("invalid_value", "There is no such content part.", param="content_index")
        sound = item.parts[content_index].sound
        if sound is None:
            raise RealtimeError("invalid_value", "The content part has no audio.", param="content_index")
        if not isinstance(audio_end_ms, int) or audio_end_ms < 0:
            raise RealtimeError(
                "invalid_value", "audio_end_ms is a whole number, 0 or above.", param="audio_end_ms"
            )
        if audio_end_ms > sound.milliseconds:
            raise RealtimeError(
                "invalid_value",
                f"Audio content of {sound.milliseconds:.0f}ms is already shorter than {audio_end_ms}ms",
                param="audio_end_ms",
            )
        item.parts[content_index].truncate(audio_end_ms)

    def context(self, truncation: Truncation) -> list[Item]:
        """The items that a response is given. What is dropped for its length stays dropped.

        Raises ContextLengthError when the conversation is too long and `truncation` is disabled.
        """
        ratio, limit = 1.0, CONTEXT_TOKENS
        if isinstance(truncation, RetentionRatio):
            ratio = truncation.retention_ratio
            limits = truncation.token_limits
            limit = min(limit, (limits and limits.post_instructions) or limit)
        kept = [item for item in self.items if item.id not in self._dropped]
        size = sum(len(item.tokens) for item in kept)
        if size <= limit:
            return kept
        if truncation == "disabled":
            raise ContextLengthError(f"{size} tokens are over the limit of {limit}")
        # The caller's last words are never dropped, however long they are.
        while len(kept) > 1 and size > limit * ratio:
            oldest = kept.pop(0)
            self._dropped.add(oldest.id)
            size -= len(oldest.tokens)
        return kept
