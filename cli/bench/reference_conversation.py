"""The reference conversation: what the costs of `bench cost` are the costs of. The numbers depend on it.

A caller who manages tasks by talking: four turns a minute, one begun every fifteen seconds, or a second after the
answer when that is long. The caller talks for some 40 % of the time, at about 150 words a minute, and so does the
agent; the rest is pauses. The conversation goes round in eight turns (two minutes), four of which need a tool:

1. add a task with a date (`create_task`); title and date are read back;
2. talk that needs no tool;
3. what is due this week (`list_tasks`); four tasks with their dates are read out;
4. talk;
5. the task of turn 1 is done (`list_tasks`, `complete_task`; the gate asks for a yes);
6. yes: the call itself runs the tool and says so;
7. what is due today (`list_tasks`);
8. talk.

Three tasks are there from the beginning, and each round adds one and completes one, so that what tools answer is no
longer in minute 30 than in minute 5. Nobody interrupts, nobody is misunderstood. The session is the product's: its
instructions, tools and their schemas, turns, gate, shortening of the history and holding back of silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

TURN_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 1.0

TASKS: Final = (
    ("call the plumber about the kitchen sink", "tomorrow at nine am"),
    ("renew the passport at the town hall", "in two days at ten am"),
    ("send the tax papers to Mrs Miller", "in three days"),
)
"""What the caller has to do from the beginning on, and when."""


@dataclass(frozen=True)
class _Errand:
    """A task that comes and goes within a round."""

    title: str
    due: str


_ERRANDS: Final = (
    _Errand("pick up the parcel for my sister from the post office", "tomorrow at five pm"),
    _Errand("bring the winter coat and the grey suit to the cleaners", "in two days at noon"),
    _Errand("ask the landlord about the broken lamp in the hallway", "tomorrow at eight am"),
    _Errand("return the library books about Italian cooking", "in three days at six pm"),
    _Errand("water the plants of the neighbours on the third floor", "in four days"),
)

_TALK: Final = (
    "How is the weather going to be on the weekend, do you happen to know anything about that, or shall I just look "
    "out of the window?",
    "I am sitting in the train to Hamburg and it is late once again, so we have got quite a lot of time to talk about "
    "all of this.",
    "Are you a real person somewhere in an office in Ireland, or am I talking to a machine that only sounds like one "
    "right now?",
    "My brother told me on the phone that he forgets everything that he does not write down on a small piece of "
    "yellow paper.",
    "It has been a very long day at work with far too many meetings, and I would really like to have a coffee and a "
    "biscuit now.",
)


def turns(minutes: float) -> list[str]:
    """What the caller says in a call of so many minutes, in order; a little more than there is time for."""
    return list(islice(_endless(), round(minutes * 60 / TURN_SECONDS) + 1))


def _endless() -> Iterator[str]:
    talk = cycle(_TALK)
    for errand in cycle(_ERRANDS):
        yield f"Hey, could you please add a task to {errand.title} {errand.due}"
        yield next(talk)
        yield "Could you please tell me what is due this week?"
        yield next(talk)
        yield f"Okay, thank you. Please mark the task {errand.title} as done"
        yield "Yes, please."
        yield "And what are my tasks for today?"
        yield next(talk)
