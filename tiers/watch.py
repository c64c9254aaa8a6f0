"""What counts as a dead vendor: deadlines for what a session waits for, and the verdict on what it is told.

The plugins retry for 4 to 44 s before they call an error fatal, and never notice a vendor that keeps its socket open
and says nothing (measured with livekit-agents 1.8.9). So the first error counts, and silence has deadlines of ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, Self

from tiers.diagnosis import classify
from tiers.faults import Fault

log = logging.getLogger("tiers.watch")

SPEECH_SECONDS: Final = 1.0
"""Speech from which words must come; what is shorter may be a cough."""
SHORT_SPEECH_SECONDS: Final = 0.4
"""Speech that may have been a «yes»: a part of it is the pause by which its end is known."""
SHORT_PIECES: Final = 3
"""So many of them to which the vendor says nothing whatever are owed words together."""
SHORT_WITHIN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class VendorPatience:
    """How long each thing may take, seconds, before its vendor counts as dead."""

    words: float = 2.5
    """The words of a turn, from the end of its speech."""
    sign: float = 6.5
    """Any message of an ear: Deepgram sends one every 5 s of silence, in which it does not know a cough for speech."""
    acknowledgement: float = 1.6
    """Word from a speech-to-speech model that it has what it was sent: a turn's sound, an item. It thinks of nothing
    for it, so that it comes within a round trip. With a vendor that falls silent this is what the caller waits for:
    4.1–4.7 s to the successor's first sound, 4.5–5.1 with 2 s (`bench failover --points silent`, 5 wanted)."""
    generation: float = 3.0
    """The first sign of a reply that a speech-to-speech model was asked for."""
    thought: float = 4.0
    """The first piece of a language model's answer, and each further one."""
    sound: float = 3.0
    """The first sound of a text, and each further piece."""
    answer: float = 3.0
    """What a plugin waits for by itself from an ear or a mind: a socket, the head of an answer, its next piece."""
    voice_answer: float = 4.0
    """The same from a voice."""

    def times(self, factor: float) -> Self:
        """Give the same, stretched: a busy machine is no dead vendor."""
        return type(self)(**{each.name: getattr(self, each.name) * factor for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Failure:
    """A verdict on a service. `what` is a label for logs; `again`: the same may be asked once more before it is left.

    `within`: it is still well, and may be left in a pause of so many seconds from now.
    """

    service: str
    fault: Fault
    what: str
    again: bool = False
    within: float = 0.0


class Watch:
    """The deadlines of one session. What it finds goes to `on_failure`, once for each service until it is renewed."""

    def __init__(self, on_failure: Callable[[Failure], None], patience: VendorPatience | None = None) -> None:
        self.patience = patience or VendorPatience()
        self._on_failure = on_failure
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        self._told: set[str] = set()
        self._closed = False

    def expect(
        self, what: str, service: str, seconds: float, fault: Callable[[], Fault] = lambda: Fault.VENDOR_DOWN
    ) -> None:
        """Something has to come within so many seconds; asked for again, the time starts anew.

        `fault` gives the verdict where it does not come.
        """
        if self._closed:
            return
        self.met(what)
        self._deadlines[what] = asyncio.get_running_loop().call_later(
            seconds, self._missed, what, service, fault
        )

    def waits_for(self, what: str) -> bool:
        """Whether it is still to come."""
        return what in self._deadlines

    def met(self, what: str) -> None:
        """It came, or is no longer waited for."""
        if (deadline := self._deadlines.pop(what, None)) is not None:
            deadline.cancel()

    def error(self, service: str, error: BaseException, *, can_be_asked: bool = True) -> Fault:
        """Judge an error of a service, and tell it where the service has to be left.

        `can_be_asked`: what it did not give can be asked for once more.
        """
        fault = classify(error)
        if fault.blame == "vendor" or fault.is_certain:
            again = can_be_asked and fault.remedy == "retry"
            self.fail(Failure(service, fault, type(error).__name__, again=again))
        return fault

    def fail(self, failure: Failure) -> None:
        """Tell a failure, unless the service's was told already."""
        if self._closed or failure.service in self._told:
            return
        if not (failure.again or failure.within):  # else what comes may be worse
            self._told.add(failure.service)
        log.warning(
            "vendor.failed",
            extra={
                "service": failure.service,
                "fault": failure.fault.label,
                "what": failure.what,
                "again": failure.again,
            },
        )
        self._on_failure(failure)

    def renew(self, service: str) -> None:
        """Another vendor serves this part from now on, under a name that may have failed before."""
        self._told.discard(service)

    def close(self) -> None:
        """Wait for nothing more and tell nothing more."""
        self._closed = True
        for what in list(self._deadlines):
            self.met(what)

    def _missed(self, what: str, service: str, fault: Callable[[], Fault]) -> None:
        del self._deadlines[what]
        self.fail(Failure(service, fault(), f"no_{what}"))


class Hearing:
    """Watches speech to text: who speaks for a second is written down soon after.

    An ear that writes nothing is left by the call in any case. It speaks against the ear's health only where the vendor
    said nothing at all since the voice began, or began to write words and never ended them: a detector of speech takes
    music for it, and to a second of television an empty answer is the right one.

    Who answers shortly never speaks for a second. Several short pieces are added up, and only while the vendor is
    entirely silent: one that lives says of a cough, too, that there were no words in it.
    """

    def __init__(self, watch: Watch, clock: Callable[[], float] | None = None) -> None:
        self._watch = watch
        self._clock = clock or asyncio.get_running_loop().time
        self._began: float | None = None
        self._interim = self._final = False
        self._written = ""
        self._said = False
        """Whether the vendor has said anything since the voice began of which words are owed."""
        self._short: list[float] = []
        """When each short piece of speech was over to which, like all since, the vendor has said nothing."""
        self._for_short = False
        """Whether words are waited for because of short pieces alone."""
        self.service = ""
        """Who hears; empty where nobody has to."""

    def serves(self, service: str) -> None:
        """Another ear hears from now on; empty where nobody has to. It owes nothing yet."""
        self.service = service
        self._short.clear()
        self._watch.met("words")

    def caller_speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        now = self._clock()
        if speaking:
            self._began = now
            self._final = False
            if not self._watch.waits_for("words"):
                self._said = False
            return
        began, self._began = self._began, None
        long = began is not None and now - began >= SPEECH_SECONDS
        owed = self._interim or (long and not self._final)  # words may come before the detector is sure
        if owed and self._for_short:
            self._for_short = False
            self._watch.met("words")
        if not self.service or self._watch.waits_for("words"):
            return
        if owed:
            self._expect()
        elif began is not None and now - began >= SHORT_SPEECH_SECONDS:
            self._add_up(now)

    def said(self, _message: str = "") -> None:
        """Hear that the vendor said something, whatever it was."""
        self._said = True
        self._short.clear()
        if self._for_short:
            self._for_short = False
            self._watch.met("words")

    def heard(self, text: str, *, final: bool) -> None:
        """Take words that were written down."""
        self.said()
        if not text.strip():
            return
        news, self._written = text != self._written, "" if final else text
        self._interim = not final
        self._final = final
        if final:
            self._watch.met("words")
        elif news and self._watch.waits_for("words"):
            # Who took a breath and speaks on is written down on and on: an ear that does it is alive.
            self._expect()

    def _add_up(self, now: float) -> None:
        """A short piece of speech is over."""
        self._short = [*(each for each in self._short if now - each <= SHORT_WITHIN_SECONDS), now]
        if len(self._short) >= SHORT_PIECES:
            silent = now - self._short[0]
            self._short.clear()
            self._for_short = True
            self._expect(at_least=self._watch.patience.sign - silent)

    def _expect(self, at_least: float = 0.0) -> None:
        within = max(self._watch.patience.words, at_least)
        self._watch.expect("words", self.service, within, self._verdict)

    def _verdict(self) -> Fault:
        return Fault.NO_WORDS if self._said and not self._interim else Fault.VENDOR_DOWN
