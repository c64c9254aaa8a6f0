"""Nothing may serve a call any more: what its caller is told, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent import persona
from agent.ending import Ending
from routing.cause import why_nothing
from routing.decision import Cause, Decision


@dataclass(frozen=True)
class Parting:
    """How a call ends that nothing may serve."""

    state: str
    """What our participant shows of itself, so that the page can say why."""
    line: str
    recording: str
    """The same words, for whom nothing can speak to."""
    ending: Ending
    """Of a call that was served."""
    at_start: Ending
    """Of one that never was."""


@dataclass(frozen=True)
class GivenUp:
    """A call is given up. `is_served`: the session that serves it is alive, and can say so itself."""

    parting: Parting
    is_served: bool = False


def _as_set(word: Ending, line: str) -> Parting:
    """One that is nobody's failure: it has one word everywhere."""
    return Parting(word, line, word, word, word)


TROUBLE: Final = Parting("trouble", persona.TROUBLE, "trouble", "vendor_failed", "nothing_can_serve")
_AS_SOMEBODY_SET_IT: Final = {
    Cause.MONEY: _as_set("out_of_money", persona.OUT_OF_MONEY),
    Cause.POLICY: _as_set("switched_off", persona.SWITCHED_OFF),
}


def parting(decision: Decision) -> Parting:
    """Give how a call ends for which this was decided: no stack at all."""
    return _AS_SOMEBODY_SET_IT.get(why_nothing(decision), TROUBLE)
