"""Sight of a shared screen by Gemini Live, for as long as it is shared, over as many connections as that takes.

A connection lives about ten minutes and says before it goes, and may end without a word. None of it is the caller's to
notice: the next one is made before the old one ends, and is shown the newest frame, which is all that it has to know.
No session is resumed: the vendor keeps what can be resumed for a day, and pictures of a screen are to be kept by nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from google import genai

from tiers.faults import Fault
from tiers.google_client import client
from tiers.settings import VendorSettings
from tiers.sighting import Reading
from tiers.usage import Usage
from tiers.vision_fault import VisionError, fault_of
from tiers.vision_link import MODEL, VisionLink

log = logging.getLogger("tiers.vision")

CONNECT_SECONDS: Final = 3.0
RENEW_AFTER_SECONDS: Final = 540.0
"""The vendor says when it is time; this is for one that does not."""
PAUSES_SECONDS: Final = (0.0, 1.0, 2.0, 5.0, 10.0)
"""After so many failures in a row nobody dials for so long."""


class Vision:
    """Sees what it is shown. `show` and `ask` may be called at any time; each waits for the connection it needs.

    `on_failure` gets the verdict on each failure, `on_worked` is called when a connection has answered. While
    `is_given_up` says that nobody dials the vendor, neither does this. `stack` gives the name of the stack that serves
    the call, for the bill.
    """

    def __init__(
        self,
        settings: VendorSettings,
        *,
        call_id: str,
        stack: Callable[[], str],
        on_usage: Callable[[Usage], None],
        on_failure: Callable[[Fault], None] = lambda _: None,
        on_worked: Callable[[], None] = lambda: None,
        is_given_up: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._new_client = partial(client, settings, call_id=call_id)
        self._client: genai.Client | None = None
        self._tells: dict[str, Any] = {"stack": stack, "on_usage": on_usage}
        self._on_failure = on_failure
        self._on_worked = on_worked
        self._is_given_up = is_given_up
        self._clock = clock
        self._link: VisionLink | None = None
        self._opened = 0.0
        self._newest: bytes | None = None
        self._failures = 0
        self._not_before = 0.0
        self._dialling = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False
        self._links: list[VisionLink] = []
        """All that are not closed: the one in use, and those before it that still have to answer."""
        self._ever = 0

    @property
    def renewals(self) -> int:
        """How many connections took the place of another one."""
        return max(0, self._ever - 1)

    async def show(self, jpeg: bytes) -> None:
        """Take a frame for the newest one and send it. Raises VisionError; the frame is then sent with the next."""
        self._newest = jpeg
        link = await self._linked()
        if link.shown is not jpeg:
            await link.show(jpeg)

    async def ask(self, about: str, *, within: float, judged: bool = True) -> Reading:
        """Ask what the caller's words mean on the newest frame, in so many seconds. Raises VisionError.

        `judged`: whether no answer in that time speaks against the vendor.

        One question after the other: a connection has one answer at a time, and a turn of a voice may hold two questions.
        """
        async with self._asking:
            return await self._answered(about, within, judged)

    async def _answered(self, about: str, within: float, judged: bool) -> Reading:
        try:
            async with asyncio.timeout(within):
                try:
                    reading = await self._ask(about)
                except VisionError as error:
                    if self._link is None or error.fault.blame != "vendor" or error.fault.remedy == "retry":
                        raise
                    reading = await self._ask_again(about)
        except TimeoutError:
            # A vendor that keeps its socket open and says nothing would be asked in vain again.
            await self._drop()
            if judged:
                self._failed(Fault.VENDOR_DOWN)
            raise VisionError(Fault.VENDOR_DOWN, "no answer in time") from None
        self._failures = 0
        self._on_worked()
        return reading

    async def aclose(self) -> None:
        """See nothing more: the connection is closed, and the vendor's session with it."""
        self._closed, self._newest = True, None
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._link = None
        await asyncio.gather(*(link.aclose() for link in self._links))
        self._links.clear()

    async def _ask(self, about: str) -> Reading:
        if self._newest is None:
            raise VisionError(Fault.OURS, "nothing was shown yet")
        link = await self._linked()
        if link.shown is not self._newest:
            await link.show(self._newest)
        return await link.ask(about)

    async def _ask_again(self, about: str) -> Reading:
        """Ask on a new connection: the one before may have ended of old age."""
        await self._drop()
        try:
            return await self._ask(about)
        except VisionError as error:
            if self._link is not None:  # a connection that was not made is told already
                self._failed(error.fault)
            raise

    # -- connections

    async def _linked(self) -> VisionLink:
        """The connection, made if there is none. Raises VisionError."""
        async with self._dialling:
            if self._closed:
                raise VisionError(Fault.OURS, "closed")
            link = self._link
            if link is not None and not link.over:
                if self._clock() - self._opened > RENEW_AFTER_SECONDS:
                    self._renew_soon()
                return link
            if link is not None:
                await self._drop()
            if self._clock() < self._not_before:
                raise VisionError(Fault.VENDOR_DOWN, "it has just failed")
            self._link = await self._dial()
            return self._link

    async def _dial(self) -> VisionLink:
        if self._is_given_up():
            raise VisionError(Fault.VENDOR_DOWN, "nobody dials it now")
        try:
            return await self._opened_link()
        except Exception as error:
            fault = fault_of(error)
            self._failed(fault)
            raise VisionError(fault, type(error).__name__) from error

    async def _opened_link(self) -> VisionLink:
        if self._client is None:  # it reads all the world's certificates, which is nothing for the event loop
            self._client = await asyncio.to_thread(self._new_client)
        async with asyncio.timeout(CONNECT_SECONDS):
            link = await VisionLink.open(self._client, on_leaving=self._renew_soon, **self._tells)
        self._links.append(link)
        if self._closed:
            await link.aclose()
            raise VisionError(Fault.OURS, "closed")
        self._opened = self._clock()
        self._ever += 1
        return link

    def _failed(self, fault: Fault) -> None:
        self._failures += 1
        pause = PAUSES_SECONDS[min(self._failures, len(PAUSES_SECONDS) - 1)]
        self._not_before = self._clock() + pause
        log.warning(
            "vendor.failed", extra={"service": MODEL.service, "fault": fault.label, "count": self._failures}
        )
        self._on_failure(fault)

    def _renew_soon(self) -> None:
        if not self._closed:
            self._opened = self._clock()  # once
            self._spawn(self._renew())

    async def _renew(self) -> None:
        """Make the next connection while the old one still lives."""
        async with self._dialling:
            old = self._link
            try:
                self._link = await self._dial()
            except VisionError:
                return  # the old one may live a little longer
            if self._newest is not None:
                with contextlib.suppress(VisionError):  # it is shown with the next question then
                    await self._link.show(self._newest)
            log.info("vision.renewed", extra={"count": self.renewals})
        if old is not None:
            await old.settled()
            await self._leave(old)

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await self._leave(link)

    async def _leave(self, link: VisionLink) -> None:
        await link.aclose()
        if link in self._links:
            self._links.remove(link)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="vision.background")
        self._background.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("vision.background_failed", exc_info=error)
