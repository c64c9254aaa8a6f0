"""What a call says first: its opening and a greeting, whether to go on where it was cut off, or that we are here again."""

from __future__ import annotations

from collections.abc import Callable

from agent import persona
from agent.background import Background
from agent.call_back import GoOnQuestion
from agent.consent import ConsentQuestion
from agent.cut_off import CutOff
from agent.followed import Followed
from agent.going_on import go_on_from
from agent.heard import was_heard, was_heard_within
from agent.reminder import Opening
from agent.thread import Thread
from agent.whoever_serves import WhoeverServes
from routing.kinds import Channel


class Greeting:
    """Greets one caller. `turn` gives the number of their present turn.

    `promised` finishes though the call is over, `rest` does not. `fits`: whether what was cut off may be said again now.
    """

    def __init__(
        self,
        consent: ConsentQuestion,
        ours: WhoeverServes,
        *,
        channel: Channel,
        turn: Callable[[], int],
        promised: Background,
        rest: Background,
        fits: Callable[[], bool] = lambda: True,
    ) -> None:
        self._consent = consent
        self._ours = ours
        self._channel = channel
        self._turn = turn
        self._promised = promised
        self._rest = rest
        self._fits = fits
        self.opening = Opening()
        """Said before the greeting."""
        self.cut_off: CutOff | None = None
        """Says at once that we were cut off, where another worker was."""
        self.go_on = GoOnQuestion()
        """Asked in the greeting where there is a call to go on from."""

    async def say(self, thread: Thread | None) -> None:
        """Say it. `thread`: how far another worker had come with the call."""
        if thread is not None and thread.turn:
            await go_on_from(thread, self.cut_off, turn=self._turn, ours=self._ours)
        elif self.go_on.thread is not None:
            await self._ask_to_go_on()
        else:
            await self._greet()

    @property
    def once_more(self) -> str:
        """What is said to somebody who has said nothing: they may have heard nothing until now."""
        return f"{self.opening.line} {persona.greeting(self._channel)}".strip()

    async def _greet(self) -> None:
        greeting = self._consent.greeting(self._channel)
        spoken = await self._ours.say_followed(f"{self.opening.line} {greeting}".strip())
        self._follow_opening(spoken)
        await spoken.wait_for_playout()
        await self._consent.open_after(spoken, verbatim=spoken.is_verbatim)

    async def _ask_to_go_on(self) -> None:
        asked = await self._ours.say_followed(f"{self.opening.line} {persona.SHALL_WE_GO_ON}".strip())
        self._follow_opening(asked)
        await asked.wait_for_playout()
        self.go_on.open = self._turn() == 0 and was_heard(
            asked, persona.SHALL_WE_GO_ON, verbatim=asked.is_verbatim
        )

    def _follow_opening(self, greeting: Followed) -> None:
        if self.opening.on_heard is not None:
            self._promised.spawn(self._open(greeting), "call.opened")

    async def _open(self, greeting: Followed) -> None:
        # Who has heard it and hangs up while we wait whether the rest is to be said was told.
        await greeting.wait_until(lambda: self._was_told_in(greeting))
        if greeting.is_aloud and not self._was_told_in(greeting):
            self._rest.spawn(self._tell_again(), "call.opening_again")
        else:
            await self._note_told(greeting)

    async def _tell_again(self) -> None:
        """Say once more what we called for: who picks up says «hello» into it, and hears the rest of nothing."""
        await self._ours.quiet()
        if not self._fits():
            return
        again = await self._ours.say_followed(self.opening.line)
        await again.wait_for_playout()
        self._promised.spawn(self._note_told(again), "call.opened")

    async def _note_told(self, spoken: Followed) -> None:
        if spoken.is_aloud:  # else nobody hears a word by telephone
            await self.opening.heard_in(spoken, verbatim=spoken.is_verbatim)

    def _was_told_in(self, spoken: Followed) -> bool:
        return was_heard_within(spoken, self.opening.line, verbatim=spoken.is_verbatim)
