"""What a session owes the caller at any moment: an answer, the rest of one, a line of ours. A successor pays it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle

from agent.followed import Followed
from agent.phrase_match import words

SHORTEST_REST: int = 2
"""Words; fewer are not worth another voice."""


@dataclass(frozen=True)
class OwnLine:
    """A line of ours, and who follows it."""

    text: str
    followed: tuple[Followed, ...] = ()

    def ended(self) -> None:
        """Tell that nobody says more of it."""
        for each in self.followed:
            each.ended()


@dataclass(frozen=True)
class Leftover:
    """What a session leaves behind when it is replaced."""

    history: llm.ChatContext
    owes_answer: bool = False
    """A turn of the caller stands in the history without its answer."""
    heard: str = ""
    """What of the answer was heard before it was cut off."""
    rest: str = ""
    """What is known of our speech and was not heard; said by the successor as it is."""
    is_ours: bool = False
    """The rest is of lines of ours, and no model's."""
    followed: tuple[Followed, ...] = ()
    """Who is waited for that the rest is said."""
    broken_off: OwnLine = OwnLine("")
    """What the caller has just broken off: said after all where it was only a murmur, which the successor hears."""

    def after(self, unpaid: Leftover | None) -> Leftover:
        """Take over what the session was to pay for the one before it, and had not begun to."""
        if unpaid is None:
            return self
        if not self.history.items:
            return unpaid  # it never began
        if self.owes_answer or self.rest or not (unpaid.owes_answer or unpaid.rest):
            return self
        return replace(unpaid, history=self.history, broken_off=self.broken_off)

    def end(self) -> None:
        """Tell that nobody says what is left: no session comes after this one here."""
        for each in self.followed:
            each.ended()
        self.broken_off.ended()


@dataclass
class Owed:
    """Follows one session's turns and speech."""

    answer: bool = False
    known: str = ""
    """The words of the answer that is being spoken, as far as they are known."""
    whole: bool = False
    """Whether no more of them come."""
    dropped: bool = False
    """The answer was broken off before its first sound, and nobody is at it."""
    turns: int = 0
    """How many were left to a model."""
    is_left: bool = False
    """The session is being left: a line that ends now is cut off, and its rest is a successor's to say."""
    on_broken_off: Callable[[OwnLine], None] = OwnLine.ended
    """Told of the rest of a line that the caller has broken off."""
    is_closing: Callable[[], bool] = lambda: False
    """Whether the session ends by itself, and cuts off what it says before anybody has it left."""
    _lines: dict[SpeechHandle, OwnLine] = field(default_factory=dict)

    def turn_left(self) -> None:
        """A turn is a model's to answer."""
        self.answer, self.dropped = True, False
        self.turns += 1
        self.begin()

    def begin(self) -> None:
        """An answer begins: nothing is known of it."""
        self.known, self.whole = "", False

    def line(self, speech: SpeechHandle, line: OwnLine) -> None:
        """A line of ours is on its way; what is never heard of it is owed."""
        self._lines[speech] = line
        speech.add_done_callback(self._line_over)

    def answered(self) -> None:
        """An answer was heard to its end, or was broken off by the caller."""
        self.answer = self.dropped = False
        self.begin()

    def lines(self) -> list[OwnLine]:
        """The lines of ours that are on their way or failed, in their order."""
        return list(self._lines.values())

    def forget_failed(self) -> list[OwnLine]:
        """Take out the lines that failed, to be said again."""
        failed = {speech: line for speech, line in self._lines.items() if speech.done()}
        self._lines = {speech: line for speech, line in self._lines.items() if speech not in failed}
        return list(failed.values())

    def left(self, history: llm.ChatContext, heard: str, *, lines: list[OwnLine]) -> Leftover:
        """Say what is left. `heard`: what was heard of the speech that was cut off just now; `lines`: those of ours
        that were on their way when the session was asked to leave.
        """
        if lines:
            rest = replace(lines[0], text=unheard(lines[0].text, heard))
            if not rest.text:
                for each in rest.followed:
                    each.ended(all_said=True)
            text, followed = joined([line for line in (rest, *lines[1:]) if line.text])
            return Leftover(history, self.answer, rest=text, is_ours=True, followed=followed)
        rest_of_answer = unheard(self.known, heard) if self.answer and self.whole and heard else ""
        return Leftover(history, self.answer, heard, rest_of_answer)

    def _line_over(self, speech: SpeechHandle) -> None:
        # A reply that its vendor reports as failed ends like a good one, but leaves nothing in the history.
        if speech.exception() is not None or not (speech.interrupted or speech.chat_items):
            return
        if speech.interrupted and not self.is_left and self.is_closing():
            return
        line = self._lines.pop(speech, None)
        if line is None or self.is_left:
            return
        heard = [item.text_content or "" for item in speech.chat_items if isinstance(item, llm.ChatMessage)]
        rest = unheard(line.text, " ".join(heard)) if speech.interrupted else ""
        if rest:
            self.on_broken_off(replace(line, text=rest))
        else:
            line.ended()


def joined(lines: Sequence[OwnLine]) -> tuple[str, tuple[Followed, ...]]:
    """Give lines as one, and everybody who is followed in it."""
    return " ".join(line.text for line in lines), tuple(each for line in lines for each in line.followed)


def unheard(text: str, heard: str) -> str:
    """The part of a text that follows what was heard of it; empty when next to nothing is left."""
    count = len(words(heard))
    pieces = text.split()
    rest, passed = pieces, 0
    for place, piece in enumerate(pieces):
        if passed >= count:
            rest = pieces[_start_of_title(pieces, place) :]
            break
        passed += len(words(piece))
    else:
        rest = [] if passed <= count else pieces[-1:]
    return " ".join(rest) if len(rest) >= SHORTEST_REST or not heard else ""


def asks_for_answer(history: llm.ChatContext) -> bool:
    """Whether a conversation ends with something that a model is to answer: the caller's words, or what a tool did."""
    said = [item for item in history.items if item.type in ("message", "function_call_output")]
    return bool(said) and not (isinstance(said[-1], llm.ChatMessage) and said[-1].role != "user")


def unsaid(history: llm.ChatContext, *, whole: bool) -> llm.ChatContext:
    """Take back what we said last, since it is to be said anew: what was broken off, or with `whole` all of it."""
    items = list(history.items)
    while items and isinstance(last := items[-1], llm.ChatMessage) and last.role == "assistant":
        if not whole and not last.interrupted:
            break
        items.pop()
    return llm.ChatContext(items)


def _start_of_title(pieces: list[str], place: int) -> int:
    """Where to go on: a title in quotes that was broken off is said whole, for half a title names another task."""
    opened: int | None = None
    for number, piece in enumerate(pieces[:place]):
        for _ in range(piece.count('"')):
            opened = number if opened is None else None
    return place if opened is None else opened
