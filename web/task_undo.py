"""Taking the last change of one's tasks back, by click."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from mcp_tasks.client import TaskServerUnavailable
from mcp_tasks.task import Undone
from people.user import User
from routing.journal import JournalDownError
from routing.outcomes import TaskEvent
from routing.taken_back import took_back
from web.errors import ApiError
from web.services import Served, Services
from web.sign_in import Changing, CurrentUser, same_site

router = APIRouter(prefix="/api", tags=["tasks"])
log = logging.getLogger(__name__)
_EVENTS: Final[dict[str, TaskEvent]] = {"create": "undone", "update": "restored", "delete": "restored"}


class UndoWish(BaseModel):
    """The change that the page showed: another one, made meanwhile, is not taken back in its place."""

    model_config = ConfigDict(extra="forbid")

    task_id: Annotated[str, Field(min_length=1, max_length=64)]
    at: datetime


@router.post("/tasks/undo", dependencies=[Depends(same_site)])
async def undo(services: Served, _session: Changing, user: CurrentUser, wish: UndoWish) -> Undone:
    """Take the last change back. 409 when it is another one by now, or ten minutes have passed."""
    try:
        async with services.task_lines.of(user) as client:
            listed = await client.call("list_tasks", {"view": "changed", "limit": 1})
            last = (listed.structured.get("changes") or [{}])[0]
            shown = (wish.task_id, wish.at)
            if listed.is_error or not last or (last["task_id"], datetime.fromisoformat(last["at"])) != shown:
                raise _too_late()
            outcome = await client.call(
                "undo",
                {
                    "operation_id": f"page:{wish.task_id}:{wish.at.isoformat()}"[:64],
                    "expected_at": last["at"],  # what is changed between the look and this is not taken back
                },
            )
    except TaskServerUnavailable as error:
        raise ApiError(
            503, "unavailable", "The task server does not answer.", "Try again in a moment."
        ) from error
    if outcome.is_error:
        raise _too_late()
    undone = Undone.model_validate(outcome.structured)
    event = _EVENTS.get(undone.undone)
    if event is not None and not undone.repeated:
        await _tell_journal(services, user, undone.task.id, event)
    return undone


def _too_late() -> ApiError:
    return ApiError(
        409, "conflict", "That can no longer be undone.", "Look at the list: something has changed since."
    )


async def _tell_journal(services: Services, user: User, task_id: str, event: TaskEvent) -> None:
    """Let the call that made the task know. Its owner has undone it whether that works or not."""
    try:
        books = await services.books.open()
        subject = await books.journal.subject_of(user.id)
        now_ms = time.time_ns() // 1_000_000
        await took_back(books.journal, subject=subject, task_id=task_id, now_ms=now_ms, event=event)
    except JournalDownError:
        log.warning("an undone task was not told to the journal")
