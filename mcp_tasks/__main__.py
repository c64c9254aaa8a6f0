"""`python -m mcp_tasks`: bring the tables up to date, then serve until SIGTERM."""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime

import uvicorn
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mcp_tasks.database import create_engine
from mcp_tasks.known_secrets import is_known, known_secret
from mcp_tasks.log import log_as_json
from mcp_tasks.migrate import migrate
from mcp_tasks.one_arena import use_one_arena
from mcp_tasks.server import build_app, build_server
from mcp_tasks.settings import TasksSettings
from mcp_tasks.store import TaskStore
from mcp_tasks.tracing import FLUSH_MS
from mcp_tasks.tracing import start as start_tracing

log = logging.getLogger("mcp_tasks")

FORGET_EVERY_SECONDS = 300


async def serve(settings: TasksSettings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way may end, within `shutdown_seconds`."""
    await migrate(settings.database_url)
    store = TaskStore(create_engine(settings.database_url))
    app = build_app(build_server(store, settings), settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    log.info(
        "starting",
        extra={
            "host": settings.host,
            "port": settings.port,
            "database": make_url(settings.database_url).get_backend_name(),
        },
    )
    # uvicorn stops on these and then raises them again, for whoever had them before: let us finish instead.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    forgetting = asyncio.create_task(_forget(store))
    try:
        await uvicorn.Server(config).serve()
    finally:
        forgetting.cancel()
        await asyncio.wait([forgetting])  # however it ended, the connections are given back
        await store.close()
    log.info("stopped")


async def _forget(store: TaskStore) -> None:
    while True:
        try:
            await store.forget(datetime.now(UTC))
        except (SQLAlchemyError, OSError):
            log.warning("forgetting_failed", exc_info=True)
        await asyncio.sleep(FORGET_EVERY_SECONDS)


def main() -> int:
    """Run the server; returns the exit code."""
    use_one_arena()
    log_as_json()
    try:
        settings = TasksSettings()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in problem["loc"]).upper().removeprefix("VOICETASKS_TASKS_")
            log.error("setting VOICETASKS_TASKS_%s: %s", name, problem["msg"])
        return 2
    if is_known(settings.token_secret.get_secret_value()):
        log.error(known_secret("VOICETASKS_TASKS_TOKEN_SECRET"))
        return 2
    tracing = start_tracing("voicetasks-tasks")
    asyncio.run(serve(settings))
    if tracing is not None:
        tracing.force_flush(FLUSH_MS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
