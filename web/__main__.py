"""`python -m web`: serve the page and its API. Exit code 2: the settings speak against starting."""

import asyncio
import logging
import signal
import sys

import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError

from mcp_tasks.one_arena import use_one_arena
from people.demo_accounts import ensure_demo_accounts
from people.migrate import migrate
from people.settings import PeopleSettings
from people.store import People
from web.app import create_app
from web.log import log_to_stderr
from web.production import account_refusals, start_refusals, start_warnings
from web.settings import WebSettings

log = logging.getLogger("web.main")
_REFUSED = 2
_GRACE_SECONDS = 5


async def _prepare(settings: WebSettings, people_settings: PeopleSettings) -> list[str]:
    """Migrate, make the demo's accounts on a demo, and give what speaks against starting."""
    await migrate(people_settings.database_url)
    async with People(people_settings.database_url) as people:
        if settings.demo:
            await ensure_demo_accounts(people, people_settings)
        return await account_refusals(settings, people)


async def _serve(settings: WebSettings, people_settings: PeopleSettings) -> int:
    refusals = start_refusals(settings, people_settings) or await _prepare(settings, people_settings)
    if refusals:
        for refusal in refusals:
            log.error("not started", extra={"what": refusal})
        return _REFUSED
    for warning in start_warnings(settings):
        log.warning("started all the same", extra={"what": warning})
    config = uvicorn.Config(
        create_app(settings, people_settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    await uvicorn.Server(config).serve()
    return 0


def main() -> int:
    """Run until SIGTERM or Ctrl-C; requests under way get five seconds to end."""
    use_one_arena()
    log_to_stderr()
    try:
        settings, people_settings = WebSettings(), PeopleSettings()
    except ValidationError as error:
        for detail in error.errors():
            name = ".".join(str(part) for part in detail["loc"])
            log.error("not started", extra={"what": f"{name}: {detail['msg']}"})
        return _REFUSED
    except SettingsError as error:  # no JSON where some is wanted
        log.error("not started", extra={"what": str(error)})
        return _REFUSED
    # Once it has shut down, uvicorn raises the signal again for whoever was listening before: that is a clean end.
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: None)
    return asyncio.run(_serve(settings, people_settings))


if __name__ == "__main__":
    sys.exit(main())
