"""The bench's callers: an account each, so that each has a list of their own to look into afterwards."""

from __future__ import annotations

from people.consent import Consents
from people.demo_accounts import DEMO_PASSWORD
from people.settings import PeopleSettings
from people.store import People
from people.user import Plan


async def make_callers(count: int) -> list[str]:
    """Make those that are missing, at the demo that the environment names; their addresses. Every second is premium.

    They agree to a transcript: only then may another worker go on where a dead one was.
    """
    emails = [f"caller-{number}@bench.example" for number in range(1, count + 1)]
    async with People(PeopleSettings().database_url) as people:
        for number, email in enumerate(emails):
            user = await people.user_by_email(email)
            if user is None:
                plan = Plan.PREMIUM if number % 2 else Plan.ECONOMY
                user = await people.create_user(email=email, password=DEMO_PASSWORD, plan=plan)
            await Consents(people.engine).set(user.id, "browser", given=True)
    return emails
