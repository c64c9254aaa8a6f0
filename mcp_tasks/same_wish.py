"""Which arguments make the same new task: what a model writes otherwise when it sends its call once more."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mcp_tasks.date_vocabulary import plain, without_lead

_SILENT: Final[tuple[Any, ...]] = (None, "", [], False)
"""Values that say nothing."""
_AROUND: Final = re.compile(r"^[\s\"'«»“”‘’]+|[\s\"'«»“”‘’.,;:!?…]+$")


def same_title(title: str) -> str:
    """A title without case, and without marks around it: «buy milk» is «Buy milk.», but «C#» is not «C++»."""
    return " ".join(_AROUND.sub("", title).casefold().split()) or title


def wish(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a call of `create_task` asks for: the same for calls that ask for the same task.

    Words about a date win over a model's own reading, which is left out beside them; so is what says nothing.
    """
    said = {name: value for name, value in arguments.items() if value not in _SILENT}
    if said.get("priority") == "normal":
        del said["priority"]
    if isinstance(title := said.get("title"), str):
        said["title"] = same_title(title)
    if isinstance(words := said.get("due_words"), str) and words.strip():
        said["due_words"] = without_lead(plain(words)) or words
        said.pop("due", None)
    return said
