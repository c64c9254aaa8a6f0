"""What a caller does, step by step, as the options of `voicetasks call` give it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MAX_WORDS = 2_000
"""Characters of one spoken step: about two minutes of speech."""
MAX_TYPED = 4_000_000
MAX_SECONDS = 3_600.0
STOP_SHARING = "stop"
KEYS = "0123456789*#ABCD"
"""Telephone keys in the order of their event codes: RFC 4733, section 3.2."""


class StepError(ValueError):
    """A step cannot be done as written: a usage error."""


@dataclass(frozen=True)
class Say:
    """Speak the words."""

    text: str


@dataclass(frozen=True)
class PlayWav:
    """Play a recording in the microphone."""

    path: Path


@dataclass(frozen=True)
class Type:
    """Send text in the call's chat."""

    text: str


@dataclass(frozen=True)
class Press:
    """Press telephone keys, one after the other."""

    keys: str


@dataclass(frozen=True)
class Click:
    """Answer the confirmation card."""

    answer: Literal["yes", "no"]


@dataclass(frozen=True)
class Pause:
    """Be silent for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class InterruptAt:
    """Do the next step when the agent has been speaking for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Share:
    """Share a picture as the screen, instead of the one before; None: stop sharing."""

    path: Path | None


@dataclass(frozen=True)
class HangUp:
    """Leave the room."""


Step = Say | PlayWav | Type | Press | Click | Pause | InterruptAt | Share | HangUp
ASKING = Say | PlayWav | Type | Press | Click
"""Those that want an answer."""


def read_steps(given: Sequence[tuple[str, str]]) -> list[Step]:
    """Make steps of (option name, value) pairs in the order they were given.

    Raises StepError when a value or the order makes no sense.
    """
    steps = [_step(name, value) for name, value in given]
    for index, step in enumerate(steps):
        following = steps[index + 1] if index + 1 < len(steps) else None
        if isinstance(step, InterruptAt) and not isinstance(following, Say | PlayWav | HangUp):
            raise StepError("--interrupt-at needs a --say, --wav or --hang-up right after it")
        if isinstance(step, HangUp) and following is not None:
            raise StepError("--hang-up is the last step: nothing can follow it")
    return steps


def _step(name: str, value: str) -> Step:
    match name:
        case "say":
            return Say(_words(value, MAX_WORDS, "--say"))
        case "type":
            return Type(_words(value, MAX_TYPED, "--type"))
        case "wav":
            path = Path(value)
            if not path.is_file():
                raise StepError(f"--wav: there is no file {value}")
            return PlayWav(path)
        case "key":
            keys = value.upper()
            if not keys or len(keys) > 32 or set(keys) - set(KEYS):
                raise StepError("--key takes 1 to 32 telephone keys: 0-9, *, #, A-D")
            return Press(keys)
        case "click":
            return _click(value)
        case "pause":
            return Pause(_seconds(value, "--pause"))
        case "interrupt_at":
            return InterruptAt(_seconds(value, "--interrupt-at"))
        case "share":
            return Share(None if value == STOP_SHARING else _picture(value))
        case "hang_up":
            return HangUp()
    raise StepError(f"unknown step {name}")


def _picture(value: str) -> Path:
    path = Path(value)
    if not path.is_file():
        raise StepError(f"--share: there is no file {value}")
    return path


def _click(value: str) -> Click:
    match value:
        case "yes" | "no":
            return Click(value)
    raise StepError("--click takes yes or no")


def _words(value: str, most: int, option: str) -> str:
    if not value.strip():
        raise StepError(f"{option} needs some words")
    if len(value) > most:
        raise StepError(f"{option} takes at most {most} characters, not {len(value)}")
    return value


def _seconds(value: str, option: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise StepError(f"{option} takes seconds, not {value!r}") from None
    if not math.isfinite(seconds) or not 0 <= seconds <= MAX_SECONDS:
        raise StepError(f"{option} takes 0 to {MAX_SECONDS:.0f} seconds")
    return seconds
