"""The worker: registers with LiveKit under the product's name and takes calls while it has slots."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
from datetime import UTC, date, datetime
from functools import partial
from typing import Final
from uuid import uuid4

from livekit.agents import AgentServer, JobRequest
from livekit.agents.telemetry.loop_monitor import ENV_WARN_THRESHOLD_MS
from pydantic import ValidationError
from pydantic_settings import SettingsError
from redis.exceptions import RedisError

from agent.breaker_gauge import show
from agent.handing_over import hand_over
from agent.health import INSIDE, Health
from agent.invitation import Invitation
from agent.job_process import answer, prepare
from agent.logs import configure
from agent.metrics.names import begin_at_zero
from agent.production import refuse, start_refusals, unreadable
from agent.reminder_call import keep_writing
from agent.served import AllServed, connect
from agent.settings import AgentSettings, OutboundSettings
from agent.slots import BUSY_ATTRIBUTE, Slots
from agent.takeover import keep_taking_over
from agent.unwritten import Unwritten
from agent.warm import Warm
from agent.wire import Wire
from people.keeping import forget_old
from people.settings import PeopleSettings
from privacy.finishing import finish_erasures
from privacy.places import Places
from routing.ending import ended
from routing.keeping import keep_journal
from routing.migrate import migrate
from routing.probing import keep_probing
from routing.settings import RoutingSettings
from tiers.catalogue import STACKS
from tiers.confirmed_prices import trusted
from tiers.price_moves import PriceMoveError
from tiers.prices import refuse_unpriced
from tiers.probe import probe
from tiers.settings import VendorSettings
from tiers.shutdowns import shutdowns

log = logging.getLogger("agent.worker")

WARM_WITHIN_SECONDS: Final = 60.0
"""So long a worker that starts may take until its warm processes are there, and takes no call before: with the library's
10 it said on a busy machine that it takes calls, and let those that were handed to it wait for 12 s."""

GIVING_BACK_SECONDS: Final = 1.0
"""How long a worker that stops takes to tell Redis of lost calls that it has found nobody for yet."""

AGENT_NAME: Final = "voicetasks"
"""The name under which calls are dispatched, explicitly."""

PRELOAD: Final = [
    "agent.quick_imports",  # before all others, and with what agent/gentle_imports.py names
    "agent.job",
    "agent.job_process",
    "livekit.agents.llm.async_toolset",
    "livekit.plugins.deepgram",
    "livekit.plugins.openai",
    "livekit.plugins.cartesia",
    "livekit.plugins.elevenlabs",
    "tiers.local.stt",
    "tiers.local.tts",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
    "aiosqlite",
    "tiers.vision",
    "agent.read_once",
]
"""Imported once and shared by all job processes, so that a call is answered without waiting for imports, and that what
they bring is in memory once."""


class Worker:
    """One worker process with its pool of job processes."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._server = AgentServer(
            ws_url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
            host=INSIDE,
            port=0,
            num_idle_processes=settings.warm_processes,
            initialize_process_timeout=WARM_WITHIN_SECONDS,
            # Slots decide, not the processor's load: a call must never be refused by a passing peak.
            load_fnc=self._load,
            load_threshold=math.inf,
            drain_timeout=settings.drain_seconds,
            setup_fnc=prepare,
            preload_modules=PRELOAD,
            # It would walk the pages of each process every 5 s, warm ones too: what half a call takes, with eight
            # (measured), to tell of a gigabyte. A cluster limits a worker's memory as a whole.
            job_memory_warn_mb=0,
            log_level=settings.log_level,
        )
        self._server.rtc_session(answer, agent_name=AGENT_NAME, on_request=self._on_request)
        self._id = uuid4().hex
        self._slots = Slots(
            settings.redis_url,
            worker_id=self._id,
            slots=settings.slots,
            spare=settings.spare_slots,
            active=lambda: len(self._server.active_jobs),
        )
        self._started, self._registered = asyncio.Event(), asyncio.Event()
        self._server.on("worker_started", self._started.set)
        self._redis = connect(settings.redis_url, most=2)  # the wire listens at one
        self._calls = AllServed(self._redis, dead_after_seconds=settings.dead_after_seconds)
        self._wire = Wire(self._redis, self._id)
        self._warm = Warm(settings.warm_processes, self._keep_idle)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then let calls finish within the drain time."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self._server.on("worker_registered", lambda *_: self._on_registered())
        keeping = [
            asyncio.create_task(keep_journal(RoutingSettings(), name=self._id), name="worker.journal"),
            asyncio.create_task(self._probe(), name="worker.probing"),
            asyncio.create_task(self._tell(), name="worker.metrics"),
            asyncio.create_task(forget_old(PeopleSettings()), name="worker.forgetting"),
            asyncio.create_task(finish_erasures(Places.from_environment()), name="worker.erasures"),
            asyncio.create_task(
                keep_writing(Unwritten(self._redis), PeopleSettings()), name="worker.reminders"
            ),
        ]
        for task in keeping:
            task.add_done_callback(_keeping_ended)
        health = Health(
            self._settings.host,
            self._settings.port,
            lambda: self._server.worker_info.http_port,
            ready=lambda: self._registered.is_set() and not stop.is_set(),
        )
        try:
            async with health:
                await self._serve(stop)
        finally:
            await ended(*keeping)
            await self._redis.aclose()

    async def _serve(self, stop: asyncio.Event) -> None:
        taking_over = asyncio.create_task(self._take_over(), name="worker.take_over")
        taking_over.add_done_callback(_keeping_ended)
        serving = asyncio.create_task(self._server.run(devmode=False), name="worker.serve")
        stopping = asyncio.create_task(stop.wait(), name="worker.stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        taking_over.cancel()  # what we hand over is for others
        await self._slots.stop()
        await asyncio.wait({taking_over}, timeout=GIVING_BACK_SECONDS)
        if serving.done():
            serving.result()
            return
        if self._server.active_jobs:
            log.info("worker.draining", extra={"count": len(self._server.active_jobs)})
            try:
                # Without a time to drain the library would wait for ever.
                await self._server.drain(max(1, self._settings.drain_seconds))
            except TimeoutError:
                log.warning("worker.drain_timed_out")
                await hand_over(self._calls, lambda: [job.job.room.name for job in self._server.active_jobs])
        await self._server.aclose()
        await serving

    async def _probe(self) -> None:
        await self._started.wait()  # before, the library throws away what this process has counted
        await keep_probing(RoutingSettings(), partial(probe, settings=VendorSettings()), on_health=show)

    async def _tell(self) -> None:
        await self._started.wait()
        from agent.metrics.standing import keep_telling

        begin_at_zero()
        await keep_telling(RoutingSettings())

    def _on_registered(self) -> None:
        if not self._registered.is_set():  # it registers anew when the LiveKit server was away
            self._slots.start()
        self._registered.set()

    async def _take_over(self) -> None:
        await self._registered.wait()  # before, nobody would come
        settings = self._settings
        self._wire.start()
        try:
            await keep_taking_over(
                self._calls,
                self._wire,
                url=settings.livekit_url,
                key=settings.livekit_api_key,
                secret=settings.livekit_api_secret.get_secret_value(),
                agent_name=AGENT_NAME,
            )
        finally:
            await self._wire.stop()

    def _load(self) -> float:
        return self._slots.load

    def _keep_idle(self, processes: int) -> None:
        # The library would set it by the processor's load, which we have it leave alone.
        self._server._proc_pool.set_target_idle_processes(processes)

    async def _on_request(self, request: JobRequest) -> None:
        invitation = _invitation(request)
        if invitation is not None and await self._is_served(invitation.call_id):
            # A LiveKit server that starts again dispatches anew what it had dispatched.
            log.info("call.served_already", extra={"room": request.room.name})
            await request.reject()
            return
        admission = await self._slots.admit()
        if admission == "busy" and invitation is not None and invitation.again:
            admission = "take"  # who was served until now is not told that all lines are busy
        if admission == "take" and invitation is not None and invitation.again:
            self._warm.take_over()
        log.info("call.offered", extra={"admission": admission, "room": request.room.name})
        if admission == "refuse":
            await request.reject()
            return
        try:
            busy = {BUSY_ATTRIBUTE: "true"} if admission == "busy" else {}
            await request.accept(name="voicetasks", identity=f"agent-{request.job.id}", attributes=busy)
        finally:
            self._slots.arrived()
        await self._slots.tell()

    async def _is_served(self, call_id: str) -> bool:
        try:
            return await self._calls.is_served(call_id)
        except RedisError:
            return False


def _invitation(request: JobRequest) -> Invitation | None:
    try:
        return Invitation.model_validate_json(request.job.metadata)
    except ValidationError:
        return None  # the job will say so


def _keeping_ended(task: asyncio.Task[None]) -> None:
    """Say it when what is kept beside the calls is kept no longer, though nobody asked it to end."""
    if not task.cancelled():
        log.error("worker.keeping_ended", exc_info=task.exception(), extra={"task": task.get_name()})


def main() -> None:
    """Run a worker with the environment's settings. Exit code 2: they speak against starting."""
    configure("INFO")
    try:
        settings = AgentSettings()
        OutboundSettings()  # each call reads them, and would fail
        refusals = start_refusals(settings, PeopleSettings(), VendorSettings())
    except (ValidationError, SettingsError) as error:
        refusals = unreadable(error)
    if refusals:
        refuse(log, "worker.not_started", refusals)
    configure(settings.log_level)
    # A thread and a timer of each process, warm ones too, would wake it forty times a second to find a loop that stands
    # still: 4 % of what a call takes, and all that a warm one does (measured). Whoever looks for one sets it. The job
    # processes inherit it.
    os.environ.setdefault(ENV_WARN_THRESHOLD_MS, "0")
    try:
        refuse_unpriced(STACKS.values(), trusted())
    except PriceMoveError as error:
        refuse(log, "worker.not_started", [str(error)])
    tell_succeeded(datetime.now(UTC).date())
    asyncio.run(_run(settings))


def tell_succeeded(today: date) -> None:
    """Log each model whose successor is served, since its vendor is about to shut it down or did."""
    for each in shutdowns(today):
        if each.is_succeeded:
            log.warning("model.succeeded", extra={"model": each.model.name, "what": each.told})


async def _run(settings: AgentSettings) -> None:
    await migrate(RoutingSettings().database_url)
    await Worker(settings).run()
