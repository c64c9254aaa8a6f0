"""What a vision model says of a screen: what may be meant, in the screen's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Status = Literal["seen", "several", "nothing", "unreadable"]
"""One thing is meant; one of several; nothing on the screen could be a task; what is meant cannot be read."""

LONGEST_TITLE: Final = 200
LONGEST_WORDS: Final = 80
LONGEST_LINK: Final = 500
MOST_ITEMS: Final = 6

FUNCTION: Final = "describe_screen"


def _one_line(text: str) -> str:
    return " ".join(text.split())


Line = Annotated[str, AfterValidator(_one_line)]


class Sighting(BaseModel):
    """Something on the screen that can become a task."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Line = Field(min_length=1, max_length=LONGEST_TITLE)
    due_words: Line = Field(default="", max_length=LONGEST_WORDS)
    people: tuple[Line, ...] = ()
    link: str = Field(default="", max_length=LONGEST_LINK)
    confidence: float = Field(default=0.5, ge=0, le=1)
    box_2d: tuple[int, int, int, int] | None = None
    """Top, left, bottom, right in thousandths of the picture."""
    date_unclear: bool = False
    """A date stands there and cannot be read."""

    @model_validator(mode="before")
    @classmethod
    def _within_bounds(cls, told: Any) -> Any:
        """Take what a model says too much for as much as we keep: asked again it would say the same."""
        if not isinstance(told, Mapping):
            return told
        kept = {name: value for name, value in told.items() if value is not None}
        for name, longest in (("title", LONGEST_TITLE), ("due_words", LONGEST_WORDS)):
            if isinstance(words := kept.get(name), str):
                kept[name] = _one_line(words)[:longest].rstrip()
        if isinstance(link := kept.get("link"), str) and len(link) > LONGEST_LINK:
            del kept["link"]  # half of it leads nowhere
        if isinstance(sure := kept.get("confidence"), int | float):
            kept["confidence"] = min(max(sure, 0), 1)
        return kept


class Reading(BaseModel):
    """An answer to one question."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Status
    items: tuple[Sighting, ...] = Field(default=(), max_length=MOST_ITEMS)

    @model_validator(mode="before")
    @classmethod
    def _first_items(cls, told: Any) -> Any:
        """Take the first of too many; a screen full of tickets can be read as well as one with six."""
        if not isinstance(told, Mapping):
            return told
        kept = {name: value for name, value in told.items() if value is not None}
        if isinstance(items := kept.get("items"), list | tuple):
            kept["items"] = items[:MOST_ITEMS]
        return kept


SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "status": {
            "type": "string",
            "enum": ["seen", "several", "nothing", "unreadable"],
            "description": "seen: it is clear what is meant. several: one of these, and it is not clear which. "
            "nothing: nothing there could be a task. unreadable: what is meant cannot be read.",
        },
        "items": {
            "type": "array",
            "maxItems": MOST_ITEMS,
            "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "What is to be done, in the screen's words."},
                    "due_words": {
                        "type": "string",
                        "description": "When it is due, as it is written there. Left out where nothing is.",
                    },
                    "people": {"type": "array", "items": {"type": "string"}},
                    "link": {"type": "string"},
                    "confidence": {"type": "number", "description": "0 to 1."},
                    "box_2d": {
                        "type": "array",
                        "items": {"type": "integer"},
                        "description": "Top, left, bottom, right in thousandths of the picture.",
                    },
                    "date_unclear": {
                        "type": "boolean",
                        "description": "A date stands there and cannot be read for sure.",
                    },
                },
                "required": ["title", "confidence"],
            },
        },
    },
    "required": ["status", "items"],
}
"""What the model fills in, as a function's parameters."""
