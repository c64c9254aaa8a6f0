"""What to rehearse, and what is told of it: the two ends of a pipe."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agent.rehearsal.sharing import SharingPlan


class Turn(BaseModel):
    """What the caller says in one go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: str = Field(min_length=1, max_length=2000)
    sound: Path
    """Raw 16 bit samples, mono, 24 kHz: something that a detector takes for speech of that length."""


class Task(BaseModel):
    """What the caller has to do when the call begins: arguments of create_task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    due_words: str = ""
    due: str = ""
    """ISO, by the caller's clock."""
    notes: str = ""
    priority: str = "normal"
    list_name: str = ""


class Plan(BaseModel):
    """A call from its greeting to its end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: str
    call_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    time_zone: str = "Europe/Berlin"
    seconds: float = Field(default=600, gt=0, le=7200)
    """How long the call lasts, on its own clock."""
    hangs_up: bool = False
    """Whether it is over when the last turn is answered, however much of its time is left."""
    turn_seconds: float = Field(ge=0)
    """From the beginning of one turn of the caller to that of the next, where the answer to it was over by then."""
    pause_seconds: float = Field(ge=0)
    """The least silence between the end of an answer and the caller's next word."""
    answer_seconds: float = Field(default=20.0, gt=0)
    """A turn that is not answered by then is not waited for."""
    patience: float = Field(default=1.0, ge=1)
    """How many times longer than in a call of a caller's the vendors are waited for."""
    sharing: SharingPlan | None = None
    """A screen that is shared in the same process meanwhile, as the worker's own sight looks at one."""
    tasks: list[Task] = []
    turns: list[Turn] = Field(min_length=1)
    told_url: str
    """The control port of the sandbox, which is told each turn's words instead of hearing them."""


class Plans(BaseModel):
    """Calls to rehearse in one process, several at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: list[Plan] = Field(min_length=1)
    at_once: int = Field(default=1, ge=1, le=50)
    speed: float = Field(default=8.0, ge=1, le=50)
    """How many times faster than the wall's clock the calls wait."""
