"""The addresses of people whom a trail or a history names by id, while they exist."""

from __future__ import annotations

from collections.abc import Iterable

from people.store import People
from routing.journal import Journal

BY_PAGE = "web:"
"""What stands before the journal's id of an admin who did something on a page."""


async def addresses_of(people: People, journal: Journal, names: Iterable[str]) -> dict[str, str]:
    """Give the address for each name that is a user's id, or `web:` and the journal's id of one; erased people have none.

    Raises JournalDownError, and what the database of people raises.
    """
    wanted = set(names)
    subjects = {name.removeprefix(BY_PAGE): name for name in wanted if name.startswith(BY_PAGE)}
    users = await journal.users_of(subjects)
    ids = {user_id: subjects[subject] for subject, user_id in users.items()}
    emails = await people.emails_of(wanted | ids.keys())
    return {
        name: email
        for user_id, email in emails.items()
        for name in (user_id, ids.get(user_id))
        if name is not None and name in wanted
    }
