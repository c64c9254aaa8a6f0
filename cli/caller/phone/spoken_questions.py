"""The agent's questions as somebody with a telephone knows them: by their words, and how each ended by the journal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.caller.record import Confirmation
from cli.caller.transcript import Transcript

QUESTION: Final = re.compile(r"(?:This cannot be undone\. )?Shall I [^?]+\?")
"""How the agent asks before it does something that cannot be taken lightly (agent/persona.py)."""
ANSWERS: Final = {"confirmed": "yes", "declined": "no"}


class SpokenQuestions:
    """Reads them from the transcript of a call."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    def pending(self) -> Confirmation | None:
        """The question that our last words ended in, if there is one."""
        ours = [segment for segment in self._transcript.segments if segment.by_agent and segment.text.strip()]
        if not ours:
            return None
        found = [match for match in QUESTION.finditer(ours[-1].text)]
        if not found or ours[-1].text[found[-1].end() :].strip():
            return None
        return Confirmation(id=ours[-1].id, question=found[-1][0])

    def asked(self) -> list[Confirmation]:
        """All that were put, in their order; one that was put again is one."""
        found: list[Confirmation] = []
        for segment in self._transcript.segments:
            if not segment.by_agent:
                continue
            for match in QUESTION.finditer(segment.text):
                if not found or found[-1].question != match[0]:
                    found.append(Confirmation(id=segment.id, question=match[0]))
        return found


def with_outcomes(asked: Sequence[Confirmation], events: Sequence[Mapping[str, Any]]) -> list[Confirmation]:
    """Tell of each question how it ended. `events`: a call's happenings, of which the confirmations are looked at."""
    closed = [event for event in events if event.get("what") == "confirmation"]
    for question, event in zip(asked, closed, strict=False):
        question.outcome, question.by = event.get("outcome"), event.get("by")
        question.answer = ANSWERS.get(str(question.outcome))
    return list(asked)
