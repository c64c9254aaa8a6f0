"""`voicetasks admin users`: who there is, and on which plan."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli.admin.books import author, beside, open_books, open_people, user_named
from cli.admin.limits import one_more, say_more, the_first, the_last
from cli.admin.output import USAGE, AdminError, Json, print_json, reporting, say, table
from people.audit import Audit, AuditEntry
from people.store import EmailTakenError
from people.user import DEFAULT_TIME_ZONE, Plan, Role, User
from privacy.addresses import addresses_of

app = typer.Typer(help="Who there is, and on which plan.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="USER", help="The user's address.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, not by asking.")
]


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The first so many, by address.")] = 1000,
    as_json: Json = False,
) -> None:
    """Show the users by address."""
    with reporting(as_json=as_json):
        found = asyncio.run(_list(limit))
    users, more = the_first(found, limit)
    if as_json:
        print_json({"users": [_plain(user) for user in users], "more": more})
        return
    columns = ("address", "plan", "role", "time zone", "id")
    table("users", columns, [(u.email, u.plan.value, u.role.value, u.time_zone, u.id) for u in users])
    say_more(more)


@app.command()
def create(
    email: Email,
    plan: Annotated[Plan, typer.Option(help="What they pay for.")] = Plan.ECONOMY,
    role: Annotated[Role, typer.Option(help="admin may see and change everything here.")] = Role.USER,
    time_zone: Annotated[str, typer.Option(help="An IANA zone, such as Europe/Berlin.")] = DEFAULT_TIME_ZONE,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Add a user; their password is asked for."""
    password = _asked_for(password_stdin=password_stdin)
    with reporting(as_json=as_json):
        user = asyncio.run(_create(email, password, plan, role, time_zone))
    _tell(user, f"{user.email} is there now, on the plan {user.plan.value}.", as_json=as_json)


@app.command("plan")
def plan_(
    email: Email,
    plan: Annotated[Plan, typer.Argument(help="What they pay for from their next call on.")],
    as_json: Json = False,
) -> None:
    """Give a user another plan; calls that are under way keep theirs."""
    with reporting(as_json=as_json):
        user = asyncio.run(_plan(email, plan))
    _tell(user, f"{user.email} is on the plan {user.plan.value} now.", as_json=as_json)


@app.command("password")
def password_(email: Email, password_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Give a user another password, which is asked for, and sign them out of every browser."""
    password = _asked_for(password_stdin=password_stdin)
    with reporting(as_json=as_json):
        user = asyncio.run(_password(email, password))
    _tell(user, f"{user.email} has another password, and is signed out everywhere.", as_json=as_json)


@app.command()
def audit(
    email: Annotated[
        str | None, typer.Argument(metavar="[USER]", help="The user's address; everybody without.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 200,
    as_json: Json = False,
) -> None:
    """Show what was done to accounts: sign-ins, changes of plan, role and password, consent, exports, erasures."""
    with reporting(as_json=as_json):
        found, known = asyncio.run(_audit(email, limit))
    entries, more = the_last(found, limit)
    if as_json:
        named = [
            entry.model_dump(mode="json")
            | {"whose": known.get(entry.user_id or "", ""), "by": known.get(entry.actor, "")}
            for entry in entries
        ]
        print_json({"audit": named, "more": more})
        return
    columns = ("at", "event", "by", "details", "whose")
    rows = [
        (
            each.at.isoformat(timespec="seconds"),
            each.event,
            beside(each.actor, known),
            each.details,
            beside(each.user_id or "erased", known),
        )
        for each in entries
    ]
    table("audit", columns, rows)
    say_more(more)


def _asked_for(*, password_stdin: bool) -> str:
    if password_stdin:
        return typer.get_text_stream("stdin").readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _tell(user: User, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"user": _plain(user)})
    else:
        say(sentence)


def _plain(user: User) -> dict[str, Any]:
    return user.model_dump(mode="json")


async def _list(limit: int) -> list[User]:
    async with open_people() as people:
        return await people.users(limit=one_more(limit))


async def _create(email: str, password: str, plan: Plan, role: Role, time_zone: str) -> User:
    async with open_people() as people:
        try:
            return await people.create_user(
                email=email, password=password, plan=plan, role=role, time_zone=time_zone, actor=author()
            )
        except EmailTakenError as error:
            fix = "«voicetasks admin users plan» changes a plan"
            raise AdminError("taken", f"{email!r} is somebody's address already", fix) from error
        except ValidationError as error:
            said = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise AdminError("bad_user", said, "", exit_code=USAGE) from error
        except ValueError as error:
            raise AdminError("bad_user", str(error), "", exit_code=USAGE) from error


async def _plan(email: str, plan: Plan) -> User:
    user = await user_named(email)
    async with open_people() as people:
        changed = await people.set_plan(user.id, plan, actor=author())
    return changed or user


async def _password(email: str, password: str) -> User:
    user = await user_named(email)
    async with open_people() as people:
        try:
            changed = await people.set_password(user.id, password, actor=author())
        except ValueError as error:
            raise AdminError("bad_password", str(error), "", exit_code=USAGE) from error
    return changed or user


async def _audit(email: str | None, limit: int) -> tuple[list[AuditEntry], dict[str, str]]:
    user = await user_named(email) if email is not None else None
    async with open_books() as books, open_people() as people:
        entries = await Audit(people.engine).entries(user.id if user else None, limit=one_more(limit))
        names = {name for each in entries for name in (each.user_id, each.actor) if name}
        return entries, await addresses_of(people, books.journal, names)
