"""The web application: routes, and what stands around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.errors import ServerErrorMiddleware

from people.settings import PeopleSettings
from routing.ending import ended
from web import (
    account,
    admin_calls,
    admin_experiments,
    admin_journal,
    admin_live,
    admin_money,
    admin_people,
    admin_policy,
    admin_reconcile,
    admin_watch,
    budget,
    call_history,
    calls,
    consent,
    health,
    oidc,
    page_files,
    password_change,
    ratings,
    rejoin,
    sandbox_faults,
    sign_in,
    status_page,
    task_undo,
    tasks,
    their_data,
)
from web.body_limit import BodyLimit
from web.errors import DESCRIBED, add_error_handlers, our_fault
from web.known_hosts import KnownHosts
from web.readiness import Readiness
from web.request_log import RequestLog
from web.security_headers import SecurityHeaders
from web.services import make_services
from web.settings import WebSettings, is_loopback
from web.unanswered import Unanswered

_STATIC = Path(__file__).parent / "static"


def create_app(settings: WebSettings, people_settings: PeopleSettings) -> FastAPI:
    """Make the application. Its clients are made on use; the database must have been migrated."""
    services = make_services(settings, people_settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(Unanswered(services).run(), name="web.unanswered")
        yield
        await ended(watching)
        await services.aclose()

    app = FastAPI(
        title="voicetasks", lifespan=life, docs_url=None, redoc_url=None, version="1", responses=DESCRIBED
    )
    app.state.services = services
    app.state.provider = oidc.provider(settings) if settings.has_oidc else None
    app.state.readiness = Readiness(services)
    for room in (
        sign_in,
        oidc,
        account,
        password_change,
        consent,
        their_data,
        calls,
        rejoin,
        call_history,
        ratings,
        budget,
        tasks,
        task_undo,
        admin_experiments,
        admin_policy,
        admin_live,
        admin_calls,
        admin_money,
        admin_journal,
        admin_reconcile,
        admin_people,
        admin_watch,
        sandbox_faults,
        health,
        status_page,
        page_files,
    ):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount(page_files.PREFIX, page_files.page_files(settings.page_dir), name="page")
    add_error_handlers(app)
    # The last one added is the outermost.
    if settings.has_oidc:
        app.add_middleware(oidc.SignInUnderWay, **oidc.cookie_of(settings))
    app.add_middleware(BodyLimit)
    app.add_middleware(KnownHosts, allowed_hosts=settings.hosts, watched=not is_loopback(settings.host))
    # Starlette's own stands outside of all: what it sends has no headers of ours.
    app.add_middleware(ServerErrorMiddleware, handler=our_fault)
    app.add_middleware(SecurityHeaders, https=settings.https)
    app.add_middleware(RequestLog, metrics=services.metrics)
    return app
