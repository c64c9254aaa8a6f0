"""Starts calls on one bank under one policy, and hears what each is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from routing.call_router import CallRouter
from routing.caps import Cap, Caps
from routing.decision import Cause, Decision, RouteInputs, StackState, Unhealthy
from routing.forecast import START_RATES
from routing.lease import Lease
from routing.policy import DEFAULT_POLICY, Policy
from routing.spool import Spool
from tests.routing.conftest import PATIENT, PLENTY, Bank

STACKS = (
    StackState(
        name="premium",
        tier="premium",
        configured=True,
        alternatives=(("openai-realtime",), ("openai-realtime",)),
    ),
    StackState(
        name="economy",
        tier="economy",
        configured=True,
        alternatives=(("deepgram-stt", "whisper"), ("openai-chat", "ollama"), ("cartesia", "piper")),
    ),
    StackState(
        name="local",
        tier="economy",
        configured=True,
        free=True,
        alternatives=(("whisper",), ("ollama",), ("piper",)),
    ),
    StackState(
        name="text", tier="economy", configured=True, voice=False, alternatives=(("openai-chat", "ollama"),)
    ),
)
INPUTS = RouteInputs(plan="premium", stacks=STACKS)
SLICE = START_RATES["premium"] * 15 // 60
"""What the first slice of a premium call reserves, µ$."""
CHEAP_SLICE = START_RATES["economy"] * 15 // 60


class Told(NamedTuple):
    """What a call's router told."""

    decision: Decision
    cause: Cause


class Switchboard:
    """Starts calls, all under the same policy, with the same health and the same clock."""

    def __init__(self, bank: Bank, folder: Path) -> None:
        self._bank = bank
        self._folder = folder
        self._routers: list[CallRouter] = []
        self.policy: Policy = DEFAULT_POLICY
        self.unhealthy: tuple[Unhealthy, ...] = ()
        self.now = 0.0
        """The routers' clock; it stands still until it is moved."""
        self.clock: Callable[[], float] = lambda: self.now
        self._told: asyncio.Queue[Told] = asyncio.Queue()

    def caps(self, **caps: Cap) -> None:
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        self.policy = self.policy.model_copy(update={"caps": Caps.model_validate(every | caps)})

    def down(self, *services: str) -> None:
        """Say which services nobody dials, to every call."""
        self.unhealthy = tuple(
            Unhealthy(service=service, state="open", since_ms=1, retry_ms=2) for service in sorted(services)
        )
        for router in self._routers:
            router.health_changed()

    def router(
        self,
        call_id: str,
        *,
        subject: str = "s_anna",
        unit: str = "",
        slice_seconds: float = 15,
        inputs: RouteInputs = INPUTS,
        taken_over: bool = False,
        first: Decision | None = None,
    ) -> CallRouter:
        spool = Spool(self._folder)
        lease = Lease(
            self._bank.budget,
            self._bank.journal,
            spool,
            call_id=call_id,
            subject=subject,
            zone=self._bank.zone,
            caps=lambda: self.policy.caps_of(subject),
            slice_seconds=slice_seconds,
            blind_microdollars=10_000,
            wait_seconds=PATIENT,
            taken_over=taken_over,
        )
        router = CallRouter(
            lease,
            self._bank.journal,
            spool,
            inputs,
            call_id=call_id,
            subject=subject,
            unit=unit,
            first=first,
            policy=lambda: self.policy,
            health=lambda: self.unhealthy,
            on_decision=lambda decision, cause: self._told.put_nowait(Told(decision, cause)),
            clock=self.clock,
        )
        self._routers.append(router)
        return router

    @property
    def silent(self) -> bool:
        """Nothing was told that nobody has taken yet."""
        return self._told.empty()

    async def told(self) -> Told:
        """What is told next."""
        return await asyncio.wait_for(self._told.get(), 10)

    async def aclose(self) -> None:
        for router in self._routers:
            await router.aclose()
