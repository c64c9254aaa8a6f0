"""Accounts that everybody knows the password of. They exist on a demo only."""

from contextlib import suppress
from dataclasses import dataclass

import tzlocal
from pydantic import SecretStr

from people.phones import Phones
from people.pins import Pins
from people.settings import PeopleSettings
from people.store import EmailTakenError, People
from people.user import DEFAULT_TIME_ZONE, Plan, Role, time_zone_name

DEMO_PASSWORD = "demo"  # noqa: S105 - printed in the README; a production start refuses it
DEMO_PIN = SecretStr("246813")
"""Keyed on the telephones of the demo's people, whose numbers are of a range kept for fiction."""


@dataclass(frozen=True)
class DemoAccount:
    """An address with its plan and role."""

    email: str
    plan: Plan
    role: Role = Role.USER
    phone: str | None = None


DEMO_ACCOUNTS = (
    DemoAccount("premium@example.com", Plan.PREMIUM, phone="+15550101"),
    DemoAccount("economy@example.com", Plan.ECONOMY, phone="+15550100"),
    DemoAccount("admin@example.com", Plan.PREMIUM, Role.ADMIN),
)
DEMO_PHONES = {account.email: account.phone for account in DEMO_ACCOUNTS if account.phone is not None}
"""Their numbers, by address."""


class NotADemoError(Exception):
    """Demo accounts were asked for where the demo setting is off."""


def machine_time_zone() -> str:
    """Give this machine's IANA zone, for «today» to be the day on the wall; UTC when it has none."""
    try:
        return time_zone_name.validate_python(tzlocal.get_localzone_name())
    except (ValueError, LookupError):  # a TZ that is no IANA name, or files that contradict each other
        return DEFAULT_TIME_ZONE


async def ensure_demo_accounts(people: People, settings: PeopleSettings) -> None:
    """Make those that are missing, in this machine's time zone, and leave the others as they are.

    Raises NotADemoError unless VOICETASKS_PEOPLE_DEMO (or VOICETASKS_WEB_DEMO) is on.
    """
    if not settings.demo:
        raise NotADemoError("demo accounts are made only with VOICETASKS_WEB_DEMO=1")
    for account in DEMO_ACCOUNTS:
        if await people.user_by_email(account.email) is None:
            with suppress(EmailTakenError):  # web and worker may start together
                user = await people.create_user(
                    email=account.email,
                    password=DEMO_PASSWORD,
                    plan=account.plan,
                    role=account.role,
                    time_zone=machine_time_zone(),
                )
                if account.phone is not None:
                    await Phones(people.engine).link(user.id, account.phone)
                    await Pins(people.engine).set(user.id, DEMO_PIN)


async def open_demo_accounts(people: People) -> list[str]:
    """Give the demo addresses that can be signed in to with the demo password, or telephoned with the demo PIN."""
    pins, opened = Pins(people.engine), []
    for account in DEMO_ACCOUNTS:
        user = await people.user_by_email(account.email)
        if user is not None and (
            await people.verify_password(account.email, DEMO_PASSWORD) is not None
            or await pins.is_that_of(user.id, DEMO_PIN)
        ):
            opened.append(account.email)
    return opened
