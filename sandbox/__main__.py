"""`python -m sandbox`: run the stand-ins until SIGTERM or SIGINT."""

import asyncio
import logging
import os
import signal
import sys

from pydantic import ValidationError

from sandbox.app import NotLoopbackError, PortTakenError, serve
from sandbox.desk import Desk
from sandbox.engines import ear_for, voice_for, warm_up
from sandbox.log import set_up_logging
from sandbox.profiles import PROFILES
from sandbox.settings import SandboxSettings

log = logging.getLogger("sandbox")


async def run(settings: SandboxSettings) -> None:
    """Serve until a signal comes; everything that was started has ended when this returns."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ear, voice = ear_for(settings), voice_for(settings)
    desk = Desk(
        profile=PROFILES[settings.profile],
        time_scale=settings.time_scale,
        seed=settings.seed,
        ear=ear,
        voice=voice,
    )
    await warm_up(ear, voice)
    async with serve(
        desk,
        host=settings.host,
        port=settings.port,
        control_port=settings.control_port,
        allow_remote=settings.allow_remote,
    ) as running:
        fields = {
            "url": running.url,
            "control_url": running.control_url,
            "profile": settings.profile,
            "ear": settings.ear,
            "voice": settings.voice,
            "pid": os.getpid(),
        }
        log.info("ready", extra={"fields": fields})
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def main() -> int:
    """Exit status: 0 ended by a signal, 1 could not start, 2 a setting is wrong."""
    set_up_logging()
    try:
        settings = SandboxSettings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = "VOICETASKS_SANDBOX_" + ".".join(map(str, problem["loc"])).upper()
            why = f"the setting {name} is wrong: {problem['msg']}; .env.example says what it takes"
            log.error("cannot start", extra={"fields": {"why": why}})
        return 2
    try:
        asyncio.run(run(settings))
    except (NotLoopbackError, PortTakenError) as error:
        log.error("cannot start", extra={"fields": {"why": str(error)}})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
