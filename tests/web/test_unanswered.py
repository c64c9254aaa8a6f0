import time
from collections.abc import AsyncIterator

import pytest
from livekit import rtc
from redis.asyncio import Redis

from tests.web.site import OpenSite, Site
from tests.web.test_calls import pass_for, start
from tests.web.working import works
from web.rooms import Rooms
from web.unanswered import SEEN_KEY, WAIT_SECONDS, Unanswered

pytestmark = pytest.mark.system

AFTER = WAIT_SECONDS + 5


@pytest.fixture
async def served(livekit: str, redis: Redis, open_site: OpenSite) -> Site:
    await works(redis, slots=9)
    return await open_site()


@pytest.fixture
async def entered(livekit: str) -> AsyncIterator[list[rtc.Room]]:
    rooms: list[rtc.Room] = []
    yield rooms
    for room in rooms:
        await room.disconnect()


async def enter(rooms: list[rtc.Room], livekit: str, token: str) -> None:
    rooms.append(rtc.Room())
    await rooms[-1].connect(livekit, token, rtc.RoomOptions(single_peer_connection=True))


def counted(site: Site) -> float:
    value = site.services.metrics.registry.get_sample_value(
        "voicetasks_calls_unanswered_total", {"reason": "nobody_came"}
    )
    assert value is not None
    return value


async def test_a_caller_who_is_left_alone_is_counted_once_whoever_looks_how_often(
    served: Site, livekit: str, entered: list[rtc.Room]
) -> None:
    made = await start(await served.signed_in(served.ann))
    await enter(entered, livekit, made["token"])
    early, late = Unanswered(served.services), Unanswered(served.services, now=lambda: time.time() + AFTER)
    await early.look()
    assert counted(served) == 0
    await late.look()
    await late.look()
    await Unanswered(served.services, now=lambda: time.time() + AFTER).look()
    assert counted(served) == 1


class RoomOfACaller(Rooms):
    """One that the phone bridge made: it is named by the number."""

    async def made_at(self) -> list[tuple[str, float]]:
        return [("phone_+14155550132_a1", time.time() - AFTER)]

    async def who(self, room: str) -> tuple[int, int]:
        return 1, 0


async def test_the_number_of_a_caller_who_is_left_alone_is_kept_nowhere(
    redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    for _ in range(2):
        await Unanswered(site.services, RoomOfACaller(site.services.settings)).look()
    assert counted(site) == 1
    keys = [key.decode() async for key in redis.scan_iter("*")]
    assert [key for key in keys if key.startswith(SEEN_KEY)]
    assert not [key for key in keys if "4155550132" in key]


async def test_whoever_is_answered_or_never_came_is_not(
    served: Site, livekit: str, entered: list[rtc.Room]
) -> None:
    answered = await start(await served.signed_in(served.ann))
    await start(await served.signed_in(served.bob))
    await enter(entered, livekit, answered["token"])
    await enter(entered, livekit, pass_for(answered["room"], "agent-1", kind="agent"))
    await Unanswered(served.services, now=lambda: time.time() + AFTER).look()
    assert counted(served) == 0


async def test_who_is_told_that_nobody_is_there_is_counted_too(redis: Redis, open_site: OpenSite) -> None:
    site = await open_site()
    browser = await site.signed_in(site.ann)
    assert (await browser.post("/api/calls")).json()["error"]["code"] == "no_worker"
    told = site.services.metrics.registry.get_sample_value(
        "voicetasks_calls_unanswered_total", {"reason": "no_worker"}
    )
    assert told == 1
