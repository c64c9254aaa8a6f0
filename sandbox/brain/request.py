"""What a caller asked for, in the brain's own words."""

from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    """The kinds of request. The names are those of data/sentences.yaml, in the field's words."""

    CREATE = "create"
    ASK_TITLE = "ask_title"
    LIST = "list"
    SEARCH = "search"
    COMPLETE = "complete"
    COMPLETE_ALL = "complete_all"
    DELETE = "delete"
    DELETE_ALL = "delete_all"
    UPDATE = "update"
    UNDO = "undo"
    CORRECT = "correct"
    OTHER = "other"
    YES = "yes"
    NO = "no"
    CANCEL = "cancel"
    MORE = "more"
    REPEAT = "repeat"
    GREETING = "greeting"
    THANKS = "thanks"
    CAPABILITIES = "capabilities"
    IDENTITY = "identity"
    SHOWN = "shown"
    REFUSE = "refuse"
    GOODBYE = "goodbye"
    SMALL_TALK = "small_talk"
    UNKNOWN = "unknown"


ACTIONS = frozenset(
    {
        Intent.CREATE,
        Intent.ASK_TITLE,
        Intent.LIST,
        Intent.SEARCH,
        Intent.COMPLETE,
        Intent.COMPLETE_ALL,
        Intent.DELETE,
        Intent.DELETE_ALL,
        Intent.UPDATE,
        Intent.UNDO,
        Intent.SHOWN,
    }
)
"""What is about tasks and can be asked for at any time."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a caller asked for.

    `title` is a new title (of a new task, or to rename one), `due` the words about when, verbatim, `target` the words
    for an existing task, `view` and `query` those of list_tasks, `rest` what a correction or a refusal is about,
    and `text` the caller's own words for it all.
    """

    intent: Intent
    text: str = ""
    title: str | None = None
    due: str | None = None
    target: str | None = None
    view: str | None = None
    query: str | None = None
    rest: str | None = None
