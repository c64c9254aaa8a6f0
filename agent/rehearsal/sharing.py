"""`python -m agent.rehearsal.sharing < PLAN`: rehearse a shared screen; JSON lines on stdout, logs on stderr.

The product's own sight looks at pictures, faster than real time, on whatever vendor the environment names.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from agent.rehearsal.fast_time import FastClock, FastLoop

CALL: Final = "bench-screen"
IDENTITY: Final = "caller"
FRAMES_A_SECOND: Final = 4
POINTER_EVERY_SECONDS: Final = 2.0
SPOKEN_SECONDS: Final = 10.0
ASKED_AFTER_SECONDS: Final = 6.0
PATIENCE: Final = 20.0
"""How many times longer than in a call it is waited: reading takes as long as ever, and the clock is fast."""


class Page(BaseModel):
    """A picture to share, and what a question about it has to give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: Path
    title: str


class SharingPlan(BaseModel):
    """What is shared and for how long. Each page stays for `page_seconds`; somebody speaks in the first of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: list[Page] = Field(min_length=1)
    seconds: float = Field(gt=0, le=3600)
    page_seconds: float = Field(default=20, ge=12, le=600)
    renew_every_seconds: float = Field(default=60, ge=20)
    """How often the vendor says that its connection ends."""
    cap_microdollars: int = Field(ge=0)
    control_url: str
    """The sandbox's control port."""
    speed: float = Field(default=8, ge=1, le=50)


def main() -> int:
    """Exit status: 0 rehearsed to the end."""
    plan = SharingPlan.model_validate_json(sys.stdin.read())
    clock = FastClock(plan.speed)
    clock.replace_time()
    from agent.logs import configure

    configure("WARNING")
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(share(plan, _tell))
    return 0


async def share(plan: SharingPlan, tell: Callable[[dict[str, Any]], None]) -> None:
    """Share the pages one after the other and tell of usage, answers and the end."""
    import httpx
    from livekit import rtc
    from PIL import Image

    from agent.rehearsal.stage import NoRoom
    from agent.screen import CannotSeeError, Screen
    from routing.bill import Bill
    from routing.sight_budget import SightBudget
    from tiers.prices import bundled
    from tiers.settings import VendorSettings
    from tiers.usage import Usage
    from tiers.vision import Vision

    loop = asyncio.get_running_loop()
    began = loop.time()
    bill, budget = Bill(bundled()), SightBudget(plan.cap_microdollars)
    pictures = [Image.open(page.picture).convert("RGBA") for page in plan.pages]
    visions: list[Vision] = []

    def now() -> float:
        return loop.time() - began

    def on_usage(usage: Usage) -> None:
        if (charge := bill.price(usage)) is not None:
            budget.charged(usage, charge.microdollars)
            tell({"at": round(now(), 2), "microdollars": charge.microdollars, "units": dict(usage.units)})

    def vision() -> Vision:
        visions.append(Vision(VendorSettings(), call_id=CALL, stack=lambda: "economy", on_usage=on_usage))
        return visions[-1]

    def frame() -> rtc.VideoFrame:
        image = pictures[int(now() / plan.page_seconds) % len(pictures)].copy()
        step = int(now() / POINTER_EVERY_SECONDS) % 20
        x, y = 40 + 50 * step, image.height - 60
        image.paste((20, 20, 20, 255), (x, y, x + 14, y + 14))  # something moves while somebody speaks
        return rtc.VideoFrame(image.width, image.height, rtc.VideoBufferType.RGBA, image.tobytes())

    async def frames(_track: Any, _clock: Any) -> AsyncIterator[rtc.VideoFrame]:
        while True:
            yield frame()
            await asyncio.sleep(1 / FRAMES_A_SECOND)

    room: Any = NoRoom(IDENTITY)
    screen = Screen(
        room,
        caller_identity=IDENTITY,
        vision=vision,
        funds=lambda: "held" if budget.is_left else "spent",
        is_spoken=lambda: now() % plan.page_seconds < SPOKEN_SECONDS,
        on_spent=lambda: tell({"at": round(now(), 2), "spent": budget.microdollars}),
        patience=PATIENCE,
        frames=frames,
    )
    async with httpx.AsyncClient(base_url=plan.control_url, timeout=30, trust_env=False) as sandbox:

        async def renew() -> None:
            while True:
                await asyncio.sleep(plan.renew_every_seconds)
                fault = {"service": "gemini-live", "kind": "session-expired"}
                (await sandbox.post("/faults", json=fault)).raise_for_status()

        renewing = asyncio.create_task(renew(), name="sharing.renew")
        screen.allow(True)
        screen.shared(object())
        try:
            for number in range(int(plan.seconds / plan.page_seconds)):
                await asyncio.sleep(number * plan.page_seconds + ASKED_AFTER_SECONDS - now())
                wanted = plan.pages[number % len(plan.pages)].title
                try:
                    reading = await screen.read("Add this to my tasks")
                    got = reading.items[0].title if len(reading.items) == 1 else reading.status
                except CannotSeeError as error:
                    got = error.why
                tell({"at": round(now(), 2), "wanted": wanted, "got": got})
            await asyncio.sleep(plan.seconds - now())
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            renewals = sum(vision.renewals for vision in visions)
            await screen.aclose()
    tell(
        {
            "at": round(now(), 2),
            "ended": True,
            "renewals": renewals,
            "microdollars_in_all": budget.microdollars,
        }
    )


def _tell(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    sys.exit(main())
