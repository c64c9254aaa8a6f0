"""What one connection to a vision model costs, turn by turn: by the vendor's reports, or by an estimate where none comes.

A turn begins with a question. It is over when the vendor says so, which may be after the next question was asked: what
comes until then is of the turn before, unless the next question's own answer has come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tiers.catalogue import SIGHT
from tiers.metering.gemini import units_of
from tiers.metering.reports import readable
from tiers.usage import Certainty, Outcome, Usage

LETTERS_PER_TOKEN: Final = 4
_SOUND_BYTES_PER_TOKEN: Final = 24_000 * 2 // 25
"""25 tokens a second (https://ai.google.dev/gemini-api/docs/live-api/best-practices) of 24 kHz, 16 bit."""


@dataclass(slots=True)
class _Turn:
    number: int
    reports: int = 0
    """How many there were of it: a vendor may report a turn in parts, each of which is to be paid."""
    is_estimated: bool = False
    is_answered: bool = False
    is_over: bool = False
    letters: int = 0
    """Of the answer, in the function's arguments."""
    sound: int = 0
    """Bytes that it said and that no report has come for."""


class Turns:
    """The turns of a connection. `held` counts the tokens that the vendor holds, at first those of the instructions."""

    def __init__(
        self, name: str, held: int, most: int, stack: Callable[[], str], on_usage: Callable[[Usage], None]
    ) -> None:
        self.held = held
        self._name = name
        self._most = most
        """A turn is never billed for more tokens: the vendor drops the oldest."""
        self._stack = stack
        self._on_usage = on_usage
        self._newest = _Turn(0, is_over=True, is_estimated=True)
        self._telling = self._newest
        """The turn that what comes is of."""

    @property
    def is_answered(self) -> bool:
        """Whether the turn that is being told of has given what it was asked for."""
        return self._telling.is_answered

    def asked(self, tokens: int) -> None:
        """A question of so many tokens goes out."""
        self._estimate(self._newest, "ok")  # if it was answered and not reported
        self._newest = _Turn(self._newest.number + 1)
        self.held += tokens
        if self._telling.is_over:
            self._telling = self._newest

    def answered(self, arguments: dict[str, Any]) -> None:
        """The newest question is answered: what comes from here on is of its turn."""
        self._telling = self._newest
        self._telling.is_answered = True
        self._telling.letters += len(str(arguments))

    def sounded(self, size: int) -> None:
        """So many bytes of sound have come, 24 kHz, 16 bit."""
        self._telling.sound += size

    def reported(self, used: Any) -> None:
        """The vendor says what it bills."""
        turn = self._telling
        units = readable(units_of, used, "vision")
        if units is None:
            self._estimate(turn, "ok")
            return
        if not any(units.values()):
            return
        self.held = used.prompt_token_count or self.held
        turn.reports += 1
        turn.sound = 0
        event = f"{self._name}:{turn.number}"
        late = turn.is_estimated and turn.reports == 1
        self._book(
            event if turn.reports == 1 else f"{event}:{turn.reports}",
            units,
            "actual",
            "ok",
            replaces=f"{event}:estimate" if late else None,
        )

    def over(self) -> None:
        """The vendor has ended a turn."""
        self._telling.is_over = True
        self._telling = self._newest

    def failed(self) -> None:
        """The newest question will not be answered. It may be billed all the same."""
        self._estimate(self._newest, "failed")

    def closed(self) -> None:
        """No report comes any more."""
        self._estimate(self._newest, "ok")
        turn = self._telling
        if turn.reports and turn.sound:
            self._book(f"{self._name}:{turn.number}:said:estimate", self._likely(turn), "estimated", "ok")
            turn.sound = 0

    def _estimate(self, turn: _Turn, outcome: Outcome) -> None:
        """Book what a turn is likely to be billed, where nobody reported its usage, or nothing that can be right."""
        if turn.reports or turn.is_estimated:
            return
        turn.is_estimated = True
        units = self._likely(turn)
        if turn.letters:
            units["text_output_tokens"] = turn.letters // LETTERS_PER_TOKEN
        self._book(f"{self._name}:{turn.number}:estimate", units, "estimated", outcome)

    def _likely(self, turn: _Turn) -> dict[str, int]:
        units = {"image_input_tokens": min(self.held, self._most)}
        if turn.sound:
            units["audio_output_tokens"] = -(-turn.sound // _SOUND_BYTES_PER_TOKEN)
        return units

    def _book(
        self,
        event_id: str,
        units: dict[str, int],
        certainty: Certainty,
        outcome: Outcome,
        *,
        replaces: str | None = None,
    ) -> None:
        self._on_usage(
            Usage(
                event_id=event_id,
                vendor=SIGHT.vendor,
                model=SIGHT.name,
                part="vision",
                stack=self._stack(),
                units=units,
                certainty=certainty,
                outcome=outcome,
                replaces=replaces,
            )
        )
