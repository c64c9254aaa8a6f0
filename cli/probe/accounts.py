"""The probe's own accounts: one for each tier, with a budget of their own."""

from __future__ import annotations

from typing import Any, Final

from pydantic import SecretStr

from cli.admin.books import author, open_books, open_people
from cli.admin.output import USAGE, AdminError
from cli.admin.policy_writing import write
from cli.probe.settings import ProbeSettings
from cli.running import read_running
from cli.settings import cli_settings
from people.demo_accounts import DEMO_PASSWORD, DEMO_PIN
from people.phones import Phones, e164
from people.pins import Pins
from people.store import EmailTakenError, People
from people.user import Plan, Role, User
from routing.kinds import Tier

ACCOUNTS: Final[tuple[tuple[Tier, Plan], ...]] = (("premium", Plan.PREMIUM), ("economy", Plan.ECONOMY))


def pin_of(settings: ProbeSettings) -> SecretStr | None:
    """Give the PIN of the accounts' telephones, everybody's in a demo; None: they have no telephone."""
    if settings.pin.get_secret_value():
        return settings.pin
    return DEMO_PIN if read_running(cli_settings().data_dir) is not None else None


def password_of(settings: ProbeSettings) -> str:
    """Give the accounts' password: everybody's where a demo runs on this machine. Raises AdminError without one."""
    if password := settings.password.get_secret_value():
        return password
    if read_running(cli_settings().data_dir) is not None:
        return DEMO_PASSWORD
    raise AdminError(
        "no_password", "the probe has no password", "set VOICETASKS_PROBE_PASSWORD", exit_code=USAGE
    )


async def set_up(settings: ProbeSettings) -> dict[str, Any]:
    """Make the accounts that are missing, and give each its budget. Raises AdminError."""
    made: list[str] = []
    users: list[User] = []
    async with open_people() as people:
        password = password_of(settings)
        for tier, plan in ACCOUNTS:
            email = settings.email(tier)
            user = await people.user_by_email(email)
            if user is None:
                try:
                    user = await people.create_user(
                        email=email, password=password, plan=plan, role=Role.PROBE, actor=author()
                    )
                except EmailTakenError:  # somebody else set up at the same time
                    user = await people.user_by_email(email)
                else:
                    made.append(user.email)
            if user is None or user.role is not Role.PROBE:
                raise AdminError(
                    "taken",
                    f"{email} is no account of the probe's",
                    "name another by VOICETASKS_PROBE_PREMIUM_EMAIL or VOICETASKS_PROBE_ECONOMY_EMAIL",
                )
            users.append(user)
            await _give_telephone(people, user, settings.number(tier), pin_of(settings))
    async with open_books() as books:
        current = await books.store.current()
        caps: dict[str, Any] = {}
        for user in users:
            subject = await books.journal.subject_of(user.id)
            own = current.caps_of(subject).model_dump(mode="json")
            day = settings.day_microdollars
            own["user_day"] = {"premium": day, "total": day}
            own["user_month"] = {"premium": 31 * day, "total": 31 * day}
            caps[subject] = own
        written = await write(books, {"user_caps": caps}, current, expect=None, note="budget of the probe")
    return {"made": made, "accounts": [user.email for user in users], "policy": written["version"]}


async def _give_telephone(people: People, user: User, number: str, pin: SecretStr | None) -> None:
    """Let the account be known by its number and its PIN, unless it is already. Raises AdminError."""
    if pin is None:
        return
    phones, pins = Phones(people.engine), Pins(people.engine)
    try:
        number = e164(number)
        known = await phones.of(user.id)
        if known is None or known.verified_at is None or known.number != number:
            if not await phones.link(user.id, number):
                raise AdminError("taken", f"{number} has its holders already", "name another number")
        elif (await pins.judge(number, pin)).user_id == user.id:
            return
        await pins.set(user.id, pin)
    except ValueError as error:
        raise AdminError(
            "bad_setting", str(error), "see VOICETASKS_PROBE_… in .env.example", exit_code=USAGE
        ) from error
