"""What somebody who knows what they want answers to a question that comes back."""

from __future__ import annotations

import re
from typing import Final

from cli.bench.spoken_form import mentions, spoken_form
from cli.bench.utterances import Utterance

YES: Final = "Yes, please."
NO: Final = "No, don't."
_SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_TITLE: Final = re.compile(r'"([^"]+)"')


def consent(question: str, utterance: Utterance) -> str:
    """The answer to a confirmation: yes only to the very task that was meant, and only when the utterance wants it done."""
    task = utterance.means.task
    return YES if utterance.agrees and task is not None and mentions(question, task) else NO


def which(heard: str, utterance: Utterance) -> str | None:
    """The answer to «Do you mean …?» and «Which one do you mean: …?»; None where an answer ends with neither."""
    last = _SENTENCE_ENDS.split(heard.strip())[-1]
    offered = _TITLE.findall(last)
    if not offered or not last.endswith("?"):
        return None
    task = utterance.means.task
    if task is None or spoken_form(task) not in map(spoken_form, offered):
        return NO
    return YES if len(offered) == 1 else f"{task}."
