"""One telephone call, from the INVITE to its end on both sides."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import aiohttp
from livekit import api, rtc
from livekit.protocol.sip import SIPInboundTrunkInfo

from sandbox.phone_bridge.dialog import Dialog
from sandbox.phone_bridge.digest import Digest
from sandbox.phone_bridge.dispatch import Directory, Facts, Route
from sandbox.phone_bridge.media import MediaPort
from sandbox.phone_bridge.message import Request, address_of, reply
from sandbox.phone_bridge.mixer import Mixer
from sandbox.phone_bridge.room_side import RoomSide
from sandbox.phone_bridge.sdp import Media, UnacceptableError, read_offer, write_answer
from sandbox.phone_bridge.settings import PhoneBridgeSettings
from sandbox.phone_bridge.transaction import Transaction

log = logging.getLogger("sandbox.phone")

Ending = Literal[
    "cancelled", "bye", "room_closed", "silent", "not_acknowledged", "refused", "nobody", "failed", "stopped"
]
AWAY: Final = (api.ServerError, aiohttp.ClientError, rtc.ConnectError, TimeoutError)
FIRST_PACKET_SECONDS: Final = 0.5
"""How long an answered call waits for the telephone's first packet before it counts as up."""
SDP: Final = ("content-type", "application/sdp")


class Call:
    """Rings, answers, carries sound and keys, and ends once, whoever ends it."""

    def __init__(
        self,
        invite: Transaction,
        source: tuple[str, int],
        dialog: Dialog,
        *,
        settings: PhoneBridgeSettings,
        client: api.LiveKitAPI,
        directory: Directory,
        digest: Digest,
    ) -> None:
        self.dialog = dialog
        self.is_answered = False
        self._invite = invite
        self._source = source
        self._settings = settings
        self._directory = directory
        self._digest = digest
        self._mixer = Mixer()
        self._room = RoomSide(
            client,
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            self._mixer,
        )
        self._media: MediaPort | None = None
        self._version = 1
        self._renewal: Transaction | None = None
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def run(self) -> Ending:
        """The whole call."""
        connecting = asyncio.create_task(self._connect(), name="phone.connect")
        try:
            both: set[asyncio.Future[Any]] = {connecting, self._over}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if connecting.done():
                await connecting
                await self._watch()
            return self._over.result()
        except AWAY:
            log.warning("the room server does not answer")
            self._end("failed")
            return "failed"
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            self._end("failed")
            await self._close(self._over.result())

    def cancel(self) -> None:
        """The caller gave up while it rang."""
        self._end("cancelled")

    def hang_up(self) -> None:
        """The caller hung up."""
        self._end("bye")

    def stop(self) -> None:
        """The bridge ends."""
        self._end("stopped")

    def is_about(self, invite: Transaction) -> bool:
        """Whether this is the call that the INVITE began."""
        return self._invite is invite

    def acknowledged(self, number: int) -> None:
        """An ACK came for the INVITE of this number."""
        for transaction in (self._invite, self._renewal):
            if transaction is not None and transaction.request.cseq[0] == number:
                transaction.acknowledge()

    def not_acknowledged(self) -> None:
        """Our answer was never acknowledged."""
        self._end("not_acknowledged")

    def renew(self, transaction: Transaction) -> None:
        """Answer a re-INVITE: the telephone moves, holds the call or takes it back."""
        request = transaction.request
        try:
            media = read_offer(request.body) if request.body else None
        except UnacceptableError:
            transaction.respond(reply(request, 488, tag=self.dialog.tag))
            return
        if self._media is None:
            transaction.respond(reply(request, 491, tag=self.dialog.tag))
            return
        if media is not None:
            self._offer = media
            self._media.renew(media)
        self._version += 1
        self._renewal = transaction
        transaction.respond(self._ok(request))

    async def _connect(self) -> None:
        request = self._invite.request
        facts = _facts(request, self._source[0])
        trunk = await self._directory.trunk_for(facts)
        if trunk is None:
            self._refuse(403)
            return
        if not self._proves(trunk, request):
            self._refuse(401, self._digest.challenge())
            return
        where = self._directory.route_for(trunk, facts)
        if where is None:
            self._refuse(404 if trunk.numbers else 480)
            return
        try:
            self._offer = read_offer(request.body)
        except UnacceptableError:
            self._refuse(488)
            return
        await self._ring(where)

    async def _ring(self, where: Route) -> None:
        self._media = MediaPort(
            self._offer, self._source[0], self._mixer, on_sound=self._room.say, on_key=self._room.press
        )
        await self._media.open(self._settings.host)
        self._invite.respond(reply(self._invite.request, 180, tag=self.dialog.tag, extra=self._contact()))
        self._room.closed.add_done_callback(lambda _: self._end("room_closed"))
        await self._room.enter(where)
        try:
            async with asyncio.timeout(self._settings.ring_seconds):
                await self._room.somebody_has_a_voice()
        except TimeoutError:
            self._refuse(480, ending="nobody")
            return
        self.is_answered = True
        self._invite.respond(self._ok(self._invite.request))
        self._media.start()
        await asyncio.wait({self._media.first_packet}, timeout=FIRST_PACKET_SECONDS)
        self._media.heard_at = self._media.heard_at or time.monotonic()
        await self._room.set_status("active")
        log.info("answered", extra={"fields": {"call_id": where.attributes["sip.callID"]}})

    async def _watch(self) -> None:
        """Until somebody ends the call, or the telephone has gone without a word."""
        while not self._over.done():
            await asyncio.wait({self._over}, timeout=1.0)
            silent = self._media.silent_for(time.monotonic()) if self._media is not None else 0.0
            if silent > self._settings.silent_seconds:
                self._end("silent")

    async def _close(self, why: Ending) -> None:
        request = self._invite.request
        if not self._invite.is_answered:
            status = {"cancelled": 487, "bye": 487, "nobody": 480}.get(why, 503)
            self._invite.respond(reply(request, status, tag=self.dialog.tag))
        elif self.is_answered and why != "bye":
            self.dialog.say_goodbye()
        if self.is_answered:
            self._invite.acknowledge()  # a call that is over needs no 200 any more
        if self._media is not None:
            await self._media.close()
        await self._room.leave()

    def _proves(self, trunk: SIPInboundTrunkInfo, request: Request) -> bool:
        if not trunk.auth_username and not trunk.auth_password:
            return True
        username, password = trunk.auth_username, trunk.auth_password
        return any(
            self._digest.is_right(header, method="INVITE", username=username, password=password)
            for header in request.all("authorization")
        )

    def _ok(self, request: Request) -> Any:
        if self._media is None:
            raise RuntimeError("there is no media yet")
        body = write_answer(
            self._offer, host=self._settings.host, port=self._media.port, version=self._version
        )
        return reply(request, 200, tag=self.dialog.tag, extra=(*self._contact(), SDP), body=body)

    def _contact(self) -> tuple[tuple[str, str], ...]:
        return (("contact", self.dialog.contact), ("user-agent", "voicetasks sandbox phone bridge"))

    def _refuse(
        self, status: int, extra: tuple[tuple[str, str], ...] = (), *, ending: Ending = "refused"
    ) -> None:
        self._invite.respond(reply(self._invite.request, status, tag=self.dialog.tag, extra=extra))
        self._end(ending)

    def _end(self, why: Ending) -> None:
        if not self._over.done():
            self._over.set_result(why)

    _offer: Media


def _facts(request: Request, source: str) -> Facts:
    calling = address_of(request.get("from"))
    called = request.uri.partition(":")[2].partition("@")[0].partition(";")[0]
    return Facts(
        calling=calling.user,
        called=called,
        host=calling.host,
        source=source,
        headers=dict(reversed(request.headers)),
        sip_call_id=request.call_id,
        tag=request.from_tag,
    )


MakeCall = Callable[[Transaction, tuple[str, int], Dialog], Call]
