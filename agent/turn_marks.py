"""When what happened in a turn: the last words, its end, the thought, the first sound. Told in one line."""

from __future__ import annotations

import logging
import time
from typing import Final, Literal

log = logging.getLogger("agent.turn_marks")

Mark = Literal["early", "words", "ended", "asked", "thought", "sound", "playing"]
"""`early`: the last words came that were likely all and not final yet. `words`: the last final words came. `ended`: the turn
was decided to be over. `asked`: the model was asked for the answer that is heard. `thought`: its first words. `sound`: the
voice's first sound. `playing`: our first frame left."""

_BEGINS_ANEW: Final = {"asked": ("thought", "sound")}
"""What belongs to an earlier attempt once this happens again: answers are begun before the turn is over."""


class TurnMarks:
    """The moments of one turn, on the wall's clock so that a caller on the same machine can place them."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self._marks: dict[str, float] = {}
        self._opening = 0.0

    def mark(self, what: Mark, *, again: bool = False) -> None:
        """Something happens now. `again`: the last time counts, not the first."""
        if what in self._marks and not again:
            return
        self._marks[what] = round(time.time(), 4)
        if what == "ended" and "asked" not in self._marks:
            # One model hears and speaks: what it said before was another answer.
            self._marks.pop("sound", None)
        for later in _BEGINS_ANEW.get(what, ()):
            self._marks.pop(later, None)
        if what == "asked":
            self._opening = 0.0

    def opening(self, seconds: float) -> None:
        """The answer's first sound is a kept opening that lasts so long, the pause behind it included."""
        self.mark("sound")
        self._opening = seconds

    def playing(self) -> None:
        """Our first frame has left: tell the turn. A line of ours that answers nobody is no turn.

        `opened`: when the kept opening that it begins with will be over, where it begins with one.
        """
        marks, self._marks = self._marks, {}
        opening, self._opening = self._opening, 0.0
        if "ended" in marks:
            marks["playing"] = round(time.time(), 4)
            if opening:
                marks["opened"] = round(marks["playing"] + opening, 4)
            log.info("turn.timed", extra={"call_id": self._call_id, "marks": marks})
