"""The call that we made about a task: what is said of it once its person has proved who they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from livekit.agents.voice import SpeechHandle

from agent.heard import Spoken, was_heard_within
from agent.invitation import Invitation
from agent.outbound_rules import Outcome, clocks_of, may_call_country
from agent.promised_calls import PromisedCalls
from agent.reminder_call import ReminderCall
from agent.settings import OutboundSettings
from agent.speakable import speakable
from agent.unwritten import Unwritten
from mcp_tasks.client import TaskClient
from people.database import BUSY_MS, DATABASE_AWAY
from people.reminder_calls import ReminderCalls
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User

log = logging.getLogger("agent.reminder")

WISH_SECONDS: Final = 4.0
"""How long the people's database may take to say which task it is about: somebody has picked up and hears nothing."""
VIEWS: Final = ("all", "today", "overdue")
"""Where the task is looked for: the first of very many tasks need not hold it, one of the others may."""
MOST: Final = 200
OPENING: Final = "You asked me to call you about this: {title}."
GONE: Final = "You asked me to call you about a task, and it is no longer there."
UNSEEN: Final = "You asked me to call you about a task, and I cannot see just now which one it is."


@dataclass(frozen=True)
class Opening:
    """What is said before the greeting, and what is done once it was heard."""

    line: str = ""
    on_heard: Callable[[], Awaitable[None]] | None = None

    async def heard_in(self, greeting: Spoken, *, verbatim: bool) -> None:
        """See whether the line was heard in the greeting, of which a single speech is waited for. `verbatim` as in
        `was_heard`.
        """
        if self.on_heard is None:
            return
        if isinstance(greeting, SpeechHandle):
            await greeting.wait_for_playout()
        if was_heard_within(greeting, self.line, verbatim=verbatim):
            await self.on_heard()


async def went(call_id: str, outcome: Outcome, settings: PeopleSettings, unwritten: Unwritten) -> None:
    """A call about a task went so: it is over, or tried again later."""
    async with People(settings.database_url, wait_ms=BUSY_MS) as people:
        await ReminderCall(people, call_id, None, settings, unwritten).went(outcome)


async def over(invitation: Invitation, settings: PeopleSettings, unwritten: Unwritten) -> None:
    """The call has ended. Where nothing was written of it, nobody was told, and it is tried again later."""
    if invitation.reminder:
        await went(invitation.reminder, Outcome.NOT_TOLD, settings, unwritten)


async def promised_calls(user: User, settings: PeopleSettings) -> PromisedCalls | None:
    """What can be promised to this person. None without a trunk, their consent, or a number of theirs that is called."""
    outbound = OutboundSettings()
    if not outbound.trunk_id:
        return None
    try:
        async with People(settings.database_url, wait_ms=BUSY_MS) as people:
            consents = ReminderConsents(people.engine, settings.tasks_token_secret)
            number, _ = await consents.number_to_call(user.id)
    except DATABASE_AWAY:
        return None
    if number is None or not may_call_country(number, outbound.rules):
        return None
    return PromisedCalls(ZoneInfo(user.time_zone), clocks_of(user.time_zone, number), outbound.rules)


async def opening(
    invitation: Invitation, client: TaskClient, settings: PeopleSettings, unwritten: Unwritten
) -> Opening:
    """What is said first in a call about a task; nothing in any other. Raises TaskServerUnavailable."""
    if not invitation.reminder:
        return Opening()
    try:
        async with asyncio.timeout(WISH_SECONDS), People(settings.database_url, wait_ms=BUSY_MS) as people:
            known = await ReminderCalls(people.engine).wish(invitation.reminder)
    except DATABASE_AWAY as error:
        # The call itself can be served; which task it was about is told another time.
        log.warning("reminder.wish_unknown", extra={"error": type(error).__name__})
        return Opening(UNSEEN)
    if known is None or known.wish.user_id != invitation.subject:
        return Opening()
    line, certain = await _line(client, known.wish.task_id)
    # Nobody was told what was not seen: it is tried again.
    told = partial(went, invitation.reminder, Outcome.TOLD, settings, unwritten)
    return Opening(line, told if certain else None)


async def _line(client: TaskClient, task_id: str) -> tuple[str, bool]:
    """What is said of a task, and whether that is certain: «gone» is said only where all tasks were seen."""
    for view in VIEWS:
        found = await client.call("list_tasks", {"view": view, "limit": MOST})
        if found.is_error:
            break
        tasks = found.structured.get("tasks", [])
        titles = {task["id"]: str(task["title"]) for task in tasks}
        if (title := titles.get(task_id)) is not None:
            return OPENING.format(title=speakable(title)), True
        if view == "all" and int(found.structured.get("total", 0)) <= len(tasks):
            return GONE, True
    return UNSEEN, False
