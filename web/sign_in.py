"""Signing in and out, and who is signed in."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field, SecretStr

from people.audit import Audit
from people.database import DATABASE_AWAY
from people.user import Plan, Role, User
from web.browser_session import BrowserSession
from web.database_errors import database_errors
from web.errors import ApiError
from web.services import Served, Services
from web.sign_in_limit import sign_in_scopes
from web.try_limit import Scope

router = APIRouter(prefix="/api", tags=["sign-in"])
FRESH_FOR: Final = timedelta(minutes=15)
"""How long after signing in one may change how a telephone shows who one is."""


class Credentials(BaseModel):
    """An address and its password."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[SecretStr, Field(max_length=256)]


class Me(BaseModel):
    """What a page may know of its user."""

    email: str
    plan: Plan
    role: Role
    time_zone: str


class SignedIn(BaseModel):
    """Who is signed in, the token for X-CSRF-Token, and whether the page may break the sandbox's vendors."""

    csrf: str
    user: Me
    sandbox: bool


def _answer(services: Services, session: BrowserSession, user: User) -> SignedIn:
    return SignedIn(
        csrf=services.sessions.csrf_token(session),
        user=Me(email=user.email, plan=user.plan, role=user.role, time_zone=user.time_zone),
        sandbox=services.settings.sandbox_control is not None,
    )


def same_site(sec_fetch_site: Annotated[str | None, Header()] = None) -> None:
    """Refuse a changing request that a browser sends on another site's behalf (Fetch Metadata)."""
    if sec_fetch_site in ("cross-site", "same-site"):
        raise ApiError(403, "cross_site", "Another site sent this request.", "Use this site's own page.")


async def signed_in(request: Request, services: Served) -> BrowserSession:
    """Give the session of a request; 401 when there is none that holds."""
    cookie = request.cookies.get(services.sessions.cookie_name, "")
    session = await services.sessions.read(cookie) if cookie else None
    if session is None:
        raise ApiError(401, "unauthorized", "You are not signed in.", "Sign in with POST /api/login.")
    return session


Signed = Annotated[BrowserSession, Depends(signed_in)]


async def may_change(
    services: Served, session: Signed, x_csrf_token: Annotated[str | None, Header()] = None
) -> BrowserSession:
    """Give the session of a request that may change something: it carries the session's CSRF token."""
    if x_csrf_token is None or not services.sessions.csrf_holds(session, x_csrf_token):
        raise ApiError(
            403,
            "csrf",
            "The request does not carry this session's X-CSRF-Token.",
            "Send the csrf value of /api/login or /api/me in the X-CSRF-Token header.",
        )
    return session


Changing = Annotated[BrowserSession, Depends(may_change)]


async def just_signed_in(session: Changing) -> None:
    """Refuse what would outlive a stolen session to whoever did not sign in a moment ago; 403."""
    if datetime.now(UTC) - session.signed_in_at > FRESH_FOR:
        minutes = round(FRESH_FOR.total_seconds() / 60)
        raise ApiError(
            403,
            "sign_in_again",
            "It is a while since you signed in, and this is to be changed by nobody but you.",
            f"Sign out, sign in again, and do it within {minutes} minutes.",
        )


async def user_of(services: Served, session: Signed) -> User:
    """Give the person; 401 when they are gone, 503 when the database is."""
    with database_errors():
        user = await services.people.user_by_id(session.user_id)
    if user is None:
        raise ApiError(401, "unauthorized", "You are not signed in.", "Sign in with POST /api/login.")
    return user


CurrentUser = Annotated[User, Depends(user_of)]


@router.post("/login", dependencies=[Depends(same_site)])
async def login(request: Request, response: Response, given: Credentials, services: Served) -> SignedIn:
    """Sign in. An unknown address and a wrong password answer alike, in the same time."""
    scopes = await charge_try(request, services, given.email)
    async with judging(services, scopes):
        user = await services.people.verify_password(given.email, given.password.get_secret_value())
        if user is None:
            services.metrics.sign_ins.labels("wrong").inc()
            raise ApiError(
                401, "wrong_credentials", "Address or password is wrong.", "Check both and try again."
            )
        session = await begin_session(request, response, services, user, by="password")
    await services.tries.take_back(scopes)
    services.metrics.sign_ins.labels("ok").inc()
    return _answer(services, session, user)


async def charge_try(request: Request, services: Services, email: str) -> list[Scope]:
    """Charge a try at somebody's password before it is judged; what a right one takes back. 429 after too many."""
    address = request.client.host if request.client else ""
    scopes = sign_in_scopes(services.keys, email, address)
    wait = await services.tries.charge(scopes)
    if wait > 0:
        services.metrics.sign_ins.labels("limited").inc()
        seconds = math.ceil(wait)
        raise ApiError(
            429,
            "rate_limited",
            "There were too many tries to sign in.",
            f"Wait {seconds} s and try again.",
            headers={"Retry-After": str(seconds)},
        )
    return scopes


@asynccontextmanager
async def judging(services: Services, scopes: list[Scope]) -> AsyncIterator[None]:
    """Judge a try that was charged: while the database is away it was none, and 503."""
    with database_errors():
        try:
            yield
        except DATABASE_AWAY:
            await services.tries.take_back_unjudged(scopes)
            raise


@router.post("/logout", status_code=204, dependencies=[Depends(same_site)])
async def logout(response: Response, services: Served, session: Changing) -> None:
    """Sign out: the cookie is void from now on, wherever a copy of it is."""
    with database_errors():
        await services.sessions.end(session)
        await Audit(services.people.engine).note(session.user_id, "sign_out")
    forget_cookie(response, services)


@router.get("/me")
async def me(response: Response, services: Served, session: Signed, user: CurrentUser) -> SignedIn:
    """Say who is signed in, with the CSRF token again for a page that was reloaded. An old session gets a new cookie."""
    with database_errors():
        cookie = await services.sessions.rotate(session)
    if cookie is not None:
        give_cookie(response, services, cookie, until=session.ends_at)
    return _answer(services, session, user)


async def begin_session(
    request: Request, response: Response, services: Services, user: User, *, by: str
) -> BrowserSession:
    """Sign a browser in with a session that never was before. One that it had ends: nobody can have planted it."""
    old = request.cookies.get(services.sessions.cookie_name, "")
    if old and (before := await services.sessions.read(old)) is not None:
        await services.sessions.end(before)
    session, cookie = await services.sessions.begin(user.id)
    await Audit(services.people.engine).note(user.id, "sign_in", details=by)
    give_cookie(response, services, cookie, until=session.ends_at)
    return session


def forget_cookie(response: Response, services: Services) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        services.sessions.cookie_name, path="/", secure=services.settings.https, httponly=True, samesite="lax"
    )


def give_cookie(response: Response, services: Services, cookie: str, *, until: datetime) -> None:
    """Have the browser keep its session until it ends."""
    response.set_cookie(
        services.sessions.cookie_name,
        cookie,
        max_age=max(0, round((until - datetime.now(UTC)).total_seconds())),
        httponly=True,
        samesite="lax",
        secure=services.settings.https,
        path="/",
    )
