"""The call that we made about a task: what is said of it once its person has proved who they are, and how it went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from agent.invitation import Invitation
from agent.outbound_rules import Outcome
from agent.reminder_settling import settle
from agent.settings import OutboundSettings
from agent.speakable import speakable
from mcp_tasks.client import TaskClient
from people.database import DATABASE_AWAY
from people.reminder_calls import ReminderCalls
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User

ALL: Final = {"view": "all", "limit": 200}
OPENING: Final = "You asked me to call you about this: {title}."
GONE: Final = "You asked me to call you about a task, and it is no longer there."


class ReminderCall:
    """How one call went. It is none where the caller called us: then nothing is written."""

    def __init__(self, people: People, call_id: str, number: str | None, settings: PeopleSettings) -> None:
        self._calls = ReminderCalls(people.engine)
        self._consents = ReminderConsents(people.engine, settings.tasks_token_secret)
        self._id = call_id
        self._number = number

    @property
    def is_one(self) -> bool:
        """Whether we called."""
        return bool(self._id)

    async def told(self, user_id: str) -> None:
        """Somebody proved who they are. Another one of the household is not told, and is not called for it again."""
        known = await self._calls.wish(self._id) if self._id else None
        if known is not None:
            mine = known.wish.user_id == user_id
            await self._calls.settle(self._id, (Outcome.TOLD if mine else Outcome.NO_PROOF).value)

    async def went(self, outcome: Outcome) -> None:
        """It went otherwise: tried again later, or not."""
        known = await self._calls.wish(self._id) if self._id else None
        if known is not None:
            await settle(self._calls, self._id, outcome, attempts=known.attempts, now=datetime.now(UTC))

    async def opted_out(self) -> None:
        """Whoever picked up wants no more calls."""
        if self._number is not None:
            await self._consents.never_again(self._number)
        if (known := await self._calls.wish(self._id)) is not None:
            await self._consents.set(known.wish.user_id, given=False, how="key")
        await self.went(Outcome.OPTED_OUT)


async def may_call(user: User, settings: PeopleSettings) -> bool:
    """Whether this person can be promised a call: there is a trunk, their consent, and a number that is theirs."""
    if not OutboundSettings().trunk_id:
        return False
    try:
        async with People(settings.database_url) as people:
            consents = ReminderConsents(people.engine, settings.tasks_token_secret)
            number, _ = await consents.number_to_call(user.id)
    except DATABASE_AWAY:
        return False
    return number is not None


async def opening(invitation: Invitation, client: TaskClient, settings: PeopleSettings) -> str:
    """What is said first in a call about a task; nothing in any other. Raises TaskServerUnavailable."""
    if not invitation.reminder:
        return ""
    async with People(settings.database_url) as people:
        known = await ReminderCalls(people.engine).wish(invitation.reminder)
    if known is None or known.wish.user_id != invitation.subject:
        return ""
    found = await client.call("list_tasks", ALL)
    titles = {task["id"]: str(task["title"]) for task in found.structured.get("tasks", [])}
    title = titles.get(known.wish.task_id)
    return OPENING.format(title=speakable(title)) if title is not None else GONE
