"""The probe's own accounts: one for each tier, with a budget of their own."""

from __future__ import annotations

from typing import Any

from cli.admin.books import author, open_books, open_people
from cli.admin.output import USAGE, AdminError
from cli.admin.policy_writing import write
from cli.probe.settings import ProbeSettings
from cli.running import read_running
from cli.settings import cli_settings
from people.demo_accounts import DEMO_PASSWORD
from people.store import EmailTakenError
from people.user import Plan, Role, User


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
        for plan, email in ((Plan.PREMIUM, settings.premium_email), (Plan.ECONOMY, settings.economy_email)):
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
