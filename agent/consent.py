"""Asking for the caller's consent to a transcript, and hearing them change their mind."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Literal

from agent import persona
from agent.answers import Answer, read_answer
from agent.heard import Spoken, was_heard
from agent.phrase_match import consume, phrase_file, phrase_table, words
from agent.transcript import Transcript

Wish = Literal["start", "stop"]


def wish_about_transcript(text: str) -> Wish | None:
    """Give what a turn says of the transcript, when it says nothing else. «Record a video» is a task's title."""
    said = words(text)
    if not said:
        return None
    kinds, unknown = consume(said, _table())
    wishes = {kind for kind in kinds if kind in ("start", "stop")}
    if unknown or len(wishes) != 1:
        return None
    if "stop" in wishes:
        return "stop"
    return None if "beside_stop" in kinds else "start"


def may_mean_stop(text: str) -> bool:
    """Whether a turn that is not understood whole may say that no transcript shall be kept.

    Of words alone that are said of it: with any other word in it («the recording studio») it is a task's.
    """
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _doubts())
    return not unknown and {"record", "against"} <= set(kinds)


class ConsentQuestion:
    """The question whether a transcript may be kept. It is open for one turn; silence and other talk are no yes.

    Who may have said that none shall be kept is asked, and meanwhile nothing is: until they say that it may go on.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._asked: str | None = None
        self._whether_to_stop = False
        """What is asked is whether to keep none any more."""
        self.open = False
        """Whether the caller's next turn may be the answer."""

    def greeting(self, channel: persona.Channel) -> str:
        """Greet by channel. On the phone nobody sees a switch for the transcript, so it is asked for once."""
        greeting = persona.greeting(channel)
        if channel != "phone" or self._transcript.consent is not None:
            return greeting
        self._asked = persona.CONSENT.format(days=self._transcript.days)
        return f"{greeting} {self._asked}"

    async def open_after(self, greeting: Spoken, *, verbatim: bool) -> None:
        """Open where the greeting asked and the caller heard the question to its end. `verbatim` as in `was_heard`."""
        if self._asked is None:
            return
        await greeting.wait_for_playout()
        # Meanwhile the caller may have said by themselves what they want.
        if self._transcript.consent is None:
            self.open = was_heard(greeting, self._asked, verbatim=verbatim)

    async def take_turn(self, text: str) -> str | None:
        """Give what we say to a turn that is about the transcript; None leaves the turn to others."""
        was_open, self.open = self.open, False
        stops, self._whether_to_stop = was_open and self._whether_to_stop, False
        wish = wish_about_transcript(text)
        if wish is None and was_open:
            answer = read_answer(text, tool="")
            if stops and answer is Answer.NO:
                self._transcript.go_on()
                return persona.TRANSCRIPT_GOES_ON.format(days=self._transcript.days)
            no = Answer.YES if stops else Answer.NO
            wish = "stop" if answer is no else "start" if answer is Answer.YES else None
        if wish is None and may_mean_stop(text):
            if was_open:
                wish = "stop"
            elif await self._transcript.fall_silent():
                self.open = self._whether_to_stop = True
                return persona.STOP_TRANSCRIPT
        if wish is None:
            return None
        if not await self._transcript.allow(wish == "start"):
            return persona.CONSENT_NOT_KEPT
        if wish == "start":
            return persona.TRANSCRIPT_ON.format(days=self._transcript.days)
        return persona.TRANSCRIPT_OFF


@cache
def _table() -> dict[str, str]:
    data = phrase_file("consent")
    made = [" ".join(parts) for each in data["stop_made_of"] for parts in product(*each)]
    kinds = {kind: data[kind] for kind in ("filler", "beside_stop", "start")}
    return phrase_table({**kinds, "stop": [*data["stop"], *made]})


@cache
def _doubts() -> dict[str, str]:
    data = phrase_file("consent")
    return phrase_table({"filler": [*data["filler"], *data["beside_stop"]], **data["doubt"]})
