"""How many tasks a call was asked for that nobody made. A question is no failure while its answer may still come."""

from __future__ import annotations

from routing.outcomes import TaskEvent


class Wishes:
    """Counts one call's, event by event in their order."""

    def __init__(self) -> None:
        self._created_in: set[int] = set()
        self._refused_in: set[int] = set()
        self._unclear_in: int | None = None
        """The turn in which the caller was asked last; None once something was made, or could not be, after it."""

    def hear(self, event: TaskEvent, turn: int) -> None:
        """Hear what became of a wish of that turn; what is done to tasks afterwards says nothing."""
        match event:
            case "created":
                self._created_in.add(turn)
                self._unclear_in = None
            case "refused":
                self._refused_in.add(turn)
                self._unclear_in = None
            case "unclear":
                self._unclear_in = turn
            case _:
                pass

    @property
    def unfulfilled(self) -> int:
        """Tasks that were not made: one for each turn, since whoever asks wrongly and then rightly asks for one.

        Whatever was asked of the caller, and however often, is one wish until something is made.
        """
        asked = {self._unclear_in} if self._unclear_in is not None else set()
        return len((self._refused_in | asked) - self._created_in)
