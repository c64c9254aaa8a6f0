"""Words told to the ear: for load and for exact tests, a caller hands over what they say instead of it being heard."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from sandbox.timed_words import TimedWords

MAX_TEXT = 2000
BREATH = "…"
"""Where the caller takes a breath in what is told: an ear that gives its words pause by pause stops there."""
_MAX_TAGS = 2000
_MAX_WAITING = 200
_SECOND_EAR = "\0second"


class ToldError(ValueError):
    """The words cannot be taken: too long, or too many waiting. The caller sends less."""


class Told:
    """Words waiting for each call, first in first out. Tags are call ids; the longest unused one goes first."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, asyncio.Queue[str]] = OrderedDict()
        self._rest: dict[str, str] = {}
        """What comes after the breath that an ear has stopped at, by tag."""
        self._whole: dict[str, str] = {}
        """What that is the rest of."""
        self._ends: OrderedDict[tuple[str, str], tuple[float, ...]] = OrderedDict()
        """When the pieces between breaths end, of words that were told with it."""
        self._ahead: OrderedDict[str, None] = OrderedDict()
        """Tags whose newest words were told with their times."""

    def _queue(self, tag: str) -> asyncio.Queue[str]:
        queue = self._queues.get(tag)
        if queue is None:
            queue = self._queues[tag] = asyncio.Queue(_MAX_WAITING)
        self._queues.move_to_end(tag)
        while len(self._queues) > _MAX_TAGS:
            oldest, _ = self._queues.popitem(last=False)
            self._rest.pop(oldest, None)
            self._whole.pop(oldest, None)
        return queue

    def put(self, tag: str, text: str, ends: Sequence[float] = ()) -> None:
        """Words that the caller of `tag` says next. Raises ToldError when they are too long or too many.

        `ends`: when each piece between breaths ends, seconds since the first word. An ear that streams then gives the
        words as they are spoken, as the vendor's does, and not all of them in the first pause.
        """
        if len(text) > MAX_TEXT:
            raise ToldError(f"at most {MAX_TEXT} characters at a time")
        if self._whole.get(tag) != text:  # told again for another ear, the one that is at it hears the rest
            self._rest.pop(tag, None)
        try:
            self._queue(tag).put_nowait(text)
        except asyncio.QueueFull:
            raise ToldError(f"{_MAX_WAITING} are waiting for this tag already") from None
        if (second := self._queues.get(tag + _SECOND_EAR)) is not None:
            if second.full():  # nobody listens any more
                second.get_nowait()
            self.put(tag + _SECOND_EAR, text, ends)
        self._ends.pop((tag, text), None)
        self._ahead.pop(tag, None)
        if ends:
            self._ahead[tag] = None
            while len(self._ahead) > _MAX_TAGS:
                self._ahead.popitem(last=False)
            self._ends[tag, text] = tuple(ends)
            while len(self._ends) > _MAX_TAGS:
                self._ends.popitem(last=False)

    def second_ear(self, tag: str) -> str:
        """The tag by which a second ear of the same call is told, from now on, all that the first one is."""
        self._queue(tag + _SECOND_EAR)
        return tag + _SECOND_EAR

    def forget_older(self, tag: str) -> None:
        """Of the words that wait for `tag` keep only the newest: an ear that was away did not hear the others."""
        waiting = self._queue(tag)
        while waiting.qsize() > 1:
            waiting.get_nowait()

    def forget_next(self, tag: str) -> None:
        """What was said last was thrown away, and nobody writes it down."""
        if not self._queue(tag).empty():
            self._queue(tag).get_nowait()

    def timed(self, tag: str, onset: float) -> TimedWords | None:
        """The next words of `tag` if it is known when they are spoken; they begin at `onset` of the ear's clock."""
        waiting = self._queue(tag)
        # Peeking is not in asyncio's queue; what is taken in vain would lose its place.
        text = waiting._queue[0] if not waiting.empty() else None  # type: ignore[attr-defined]
        ends = self._ends.pop((tag, text), None) if text is not None else None
        if text is None or ends is None:
            return None
        waiting.get_nowait()
        return TimedWords(text.split(BREATH), ends, onset)

    def tells_ahead(self, tag: str) -> bool:
        """Whether the words of `tag` are told before they are spoken: then no ear need wait for any."""
        return tag in self._ahead

    def is_waiting(self, tag: str, *, to_breath: bool = True) -> bool:
        """Whether an ear of `tag` has words to take; one that hears `to_breath` also the rest of what it is at."""
        queue = self._queues.get(tag)
        return (to_breath and bool(self._rest.get(tag))) or (queue is not None and not queue.empty())

    async def next(
        self,
        tag: str,
        timeout: float | None = None,  # noqa: ASYNC109 - a peek, not a deadline
        *,
        to_breath: bool = False,
        leaves: bool = False,
    ) -> str | None:
        """The next words of `tag`, waiting up to `timeout` seconds (for ever when None); None when there are none.

        `to_breath`: only those before the next breath; the others come next time. `leaves`: whoever hears to the breath
        hears them all the same.
        """
        if to_breath and (rest := self._rest.pop(tag, "")):
            return self._before_breath(tag, rest)
        text = await self._taken(tag, timeout)
        if text is None:
            return None
        if to_breath or leaves:
            self._whole[tag] = text
        if leaves:
            self._rest[tag] = text
        return self._before_breath(tag, text) if to_breath else " ".join(text.replace(BREATH, " ").split())

    async def _taken(self, tag: str, timeout: float | None) -> str | None:  # noqa: ASYNC109 - a peek, not a deadline
        queue = self._queue(tag)
        try:
            return queue.get_nowait()
        except asyncio.QueueEmpty:
            pass
        try:
            return await asyncio.wait_for(queue.get(), timeout)
        except TimeoutError:
            return None

    def _before_breath(self, tag: str, text: str) -> str:
        words, _, rest = text.partition(BREATH)
        if rest.strip():
            self._rest[tag] = rest
        else:
            self._whole.pop(tag, None)
        return words.strip()

    def reset(self) -> None:
        """Forget all words that were not taken."""
        self._queues.clear()
        self._rest.clear()
        self._whole.clear()
        self._ends.clear()
        self._ahead.clear()
