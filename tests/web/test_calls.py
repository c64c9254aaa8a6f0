import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import jwt
import pytest
from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError
from redis.asyncio import Redis

from routing.workers import LiveWorkers
from tests.web.site import LIVEKIT_KEY, LIVEKIT_SECRET, Browser, OpenSite, Site, eventually
from tests.web.working import works

pytestmark = pytest.mark.system

Join = Callable[[str], Awaitable[rtc.Room]]


@pytest.fixture
async def served(livekit: str, redis: Redis, open_site: OpenSite) -> Site:
    """A site with rooms and one worker of two slots."""
    await works(redis, slots=2)
    return await open_site()


@pytest.fixture
async def join(livekit: str) -> AsyncIterator[Join]:
    """Join a room with a token."""
    rooms: list[rtc.Room] = []

    async def connect(token: str) -> rtc.Room:
        room = rtc.Room()
        # One try: a refusal is the answer that these tests wait for.
        await room.connect(livekit, token, rtc.RoomOptions(connect_timeout=5, single_peer_connection=True))
        rooms.append(room)
        return room

    yield connect
    for room in rooms:
        await room.disconnect()


async def start(browser: Browser) -> dict[str, str]:
    answer = await browser.post("/api/calls")
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def pass_for(room: str, identity: str, kind: api.AccessToken.ParticipantKind = "standard") -> str:
    """A token that only the server's owner can sign."""
    grants = api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True)
    token = api.AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET).with_identity(identity).with_grants(grants)
    return token.with_kind(kind).with_ttl(timedelta(minutes=1)).to_jwt()


async def test_the_token_grants_this_room_to_this_caller_for_five_minutes_and_no_more(served: Site) -> None:
    browser = await served.signed_in(served.ann)
    before = time.time()
    made = await start(browser)
    assert set(made) == {"call_id", "url", "token", "room"}
    assert made["room"] == f"call-{made['call_id']}"
    claims = jwt.decode(made["token"], LIVEKIT_SECRET, algorithms=["HS256"])
    assert abs(claims.pop("exp") - before - 300) < 5
    assert claims.pop("nbf") <= time.time()
    assert claims == {
        "sub": served.ann.id,
        "iss": LIVEKIT_KEY,
        "video": {
            "roomJoin": True,
            "room": made["room"],
            "canPublish": True,
            "canPublishSources": ["microphone", "screen_share"],
            "canSubscribe": True,
            "canPublishData": True,
            "canUpdateOwnMetadata": False,
        },
    }


async def test_our_agent_is_dispatched_by_name_and_told_whose_call_it_is(served: Site, livekit: str) -> None:
    made = await start(await served.signed_in(served.ann))
    async with api.LiveKitAPI(livekit, LIVEKIT_KEY, LIVEKIT_SECRET) as server:
        (dispatch,) = await server.agent_dispatch.list_dispatch(made["room"])
        (room,) = (await server.room.list_rooms(api.ListRoomsRequest(names=[made["room"]]))).rooms
    assert dispatch.agent_name == "voicetasks"
    assert json.loads(dispatch.metadata) == {
        "call_id": made["call_id"],
        "subject": served.ann.id,
        "channel": "browser",
        "identity": served.ann.id,
    }
    assert room.max_participants == 1
    assert room.metadata == ""
    # Counted from the room's making, also by a server that has restarted since: no call may be older.
    assert (room.empty_timeout, room.departure_timeout) == (6 * 3600, 150)


async def test_a_second_participant_is_refused_whether_or_not_the_agent_is_there(
    served: Site, join: Join
) -> None:
    made = await start(await served.signed_in(served.ann))
    caller = await join(made["token"])
    with pytest.raises(rtc.ConnectError):
        await join(pass_for(made["room"], "somebody-else"))
    agent = await join(pass_for(made["room"], "agent", "agent"))
    with pytest.raises(rtc.ConnectError):
        await join(pass_for(made["room"], "somebody-else"))

    async def they_see_each_other_alone() -> bool:
        return set(agent.remote_participants) == {served.ann.id} and set(caller.remote_participants) == {
            "agent"
        }

    await eventually(they_see_each_other_alone)


async def test_an_agent_that_is_there_first_does_not_take_the_callers_place(served: Site, join: Join) -> None:
    made = await start(await served.signed_in(served.ann))
    agent = await join(pass_for(made["room"], "agent", "agent"))
    await join(made["token"])
    assert set(agent.remote_participants) <= {served.ann.id}


async def test_a_caller_who_comes_again_replaces_themselves(served: Site, join: Join) -> None:
    made = await start(await served.signed_in(served.ann))
    first = await join(made["token"])
    gone = asyncio.Event()
    first.on("disconnected", lambda _: gone.set())
    again = await join(made["token"])
    await asyncio.wait_for(gone.wait(), 5)
    assert again.isconnected()


async def test_a_caller_can_change_nothing_about_themselves(served: Site, join: Join) -> None:
    made = await start(await served.signed_in(served.ann))
    caller = await join(made["token"])
    agent = await join(pass_for(made["room"], "agent", "agent"))
    theirs: asyncio.Queue[str] = asyncio.Queue()
    agent.on("track_published", lambda publication, _: theirs.put_nowait(publication.name))

    await caller.local_participant.set_attributes({"voicetasks.tier": "premium"})
    await caller.local_participant.set_metadata("premium")
    await caller.local_participant.set_name("the admin")
    # Requests of one participant keep their order: once the microphone is there, those before it were refused.
    await publish(caller, "voice", rtc.TrackSource.SOURCE_MICROPHONE)
    assert await asyncio.wait_for(theirs.get(), 5) == "voice"
    me = agent.remote_participants[served.ann.id]
    assert (dict(me.attributes), me.metadata, me.name) == ({}, "", "")
    # The very same request works for who may make it.
    await agent.local_participant.set_attributes({"voicetasks.tier": "economy"})

    async def seen() -> bool:
        them = caller.remote_participants.get("agent")
        return them is not None and dict(them.attributes) == {"voicetasks.tier": "economy"}

    await eventually(seen)


async def test_a_caller_publishes_microphone_and_screen_and_no_camera(served: Site, join: Join) -> None:
    made = await start(await served.signed_in(served.ann))
    agent = await join(pass_for(made["room"], "agent", "agent"))
    caller = await join(made["token"])
    published: asyncio.Queue[str] = asyncio.Queue()
    agent.on("track_published", lambda publication, _: published.put_nowait(publication.name))
    await publish(caller, "screen", rtc.TrackSource.SOURCE_SCREENSHARE)
    assert await asyncio.wait_for(published.get(), 5) == "screen"
    with pytest.raises((PublishTrackError, TimeoutError)):
        await asyncio.wait_for(publish(caller, "camera", rtc.TrackSource.SOURCE_CAMERA), 3)
    await publish(caller, "voice", rtc.TrackSource.SOURCE_MICROPHONE)
    assert await asyncio.wait_for(published.get(), 5) == "voice"


async def publish(room: rtc.Room, name: str, source: rtc.TrackSource.ValueType) -> None:
    track = rtc.LocalAudioTrack.create_audio_track(name, rtc.AudioSource(48_000, 1))
    await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=source))


async def test_an_expired_token_and_one_for_a_room_that_is_gone_open_nothing(
    served: Site, join: Join, livekit: str
) -> None:
    made = await start(await served.signed_in(served.ann))
    claims = jwt.decode(made["token"], LIVEKIT_SECRET, algorithms=["HS256"])
    old = jwt.encode({**claims, "nbf": 1, "exp": int(time.time()) - 120}, LIVEKIT_SECRET, algorithm="HS256")
    with pytest.raises(rtc.ConnectError):
        await join(old)
    forged = jwt.encode(claims, "another secret, as long as it must be", algorithm="HS256")
    with pytest.raises(rtc.ConnectError):
        await join(forged)
    async with api.LiveKitAPI(livekit, LIVEKIT_KEY, LIVEKIT_SECRET) as server:
        await server.room.delete_room(api.DeleteRoomRequest(room=made["room"]))
        with pytest.raises(rtc.ConnectError):
            await join(made["token"])
        assert not (await server.room.list_rooms(api.ListRoomsRequest(names=[made["room"]]))).rooms


async def test_a_call_is_looked_after_from_waiting_to_its_end(served: Site, join: Join, livekit: str) -> None:
    browser = await served.signed_in(served.ann)
    made = await start(browser)

    async def status() -> dict[str, object]:
        answer = await browser.client.get(f"/api/calls/{made['call_id']}")
        assert answer.status_code == 200
        return dict(answer.json())

    first = await status()
    assert (first["status"], first["caller_joined"], first["stack"]) == ("waiting", False, None)
    caller = await join(made["token"])
    agent = await join(pass_for(made["room"], "agent", "agent"))
    said = {"voicetasks.stack": "economy", "voicetasks.tier": "economy", "voicetasks.sandbox": "true"}
    await agent.local_participant.set_attributes({**said, "other.thing": "hidden"})

    async def answered() -> bool:
        return (await status())["stack"] == "economy"

    await eventually(answered)
    assert await status() == {
        "call_id": made["call_id"],
        "room": made["room"],
        "status": "answered",
        "caller_joined": True,
        "connection": caller.local_participant.sid,
        "tier": "economy",
        "stack": "economy",
        "reason": None,
        "sandbox": True,
    }
    async with api.LiveKitAPI(livekit, LIVEKIT_KEY, LIVEKIT_SECRET) as server:
        await server.room.delete_room(api.DeleteRoomRequest(room=made["room"]))

    async def ended() -> bool:
        return (await status())["status"] == "ended"

    await eventually(ended)


async def test_another_users_call_is_not_found_like_one_that_never_was(served: Site) -> None:
    made = await start(await served.signed_in(served.ann))
    bob = await served.signed_in(served.bob)
    theirs = await bob.client.get(f"/api/calls/{made['call_id']}")
    never = await bob.client.get("/api/calls/" + "0" * 40)
    assert theirs.status_code == never.status_code == 404
    assert theirs.json() == never.json()


async def test_when_every_slot_is_taken_the_caller_hears_busy_and_no_room_is_made(
    served: Site, redis: Redis, livekit: str
) -> None:
    browser = await served.signed_in(served.ann)
    async with api.LiveKitAPI(livekit, LIVEKIT_KEY, LIVEKIT_SECRET) as server:
        before = len((await server.room.list_rooms(api.ListRoomsRequest())).rooms)
        answers = await asyncio.gather(*(browser.post("/api/calls") for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 503, 503, 503, 503]
        assert len((await server.room.list_rooms(api.ListRoomsRequest())).rooms) == before + 2
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert busy.json()["error"]["code"] == "busy"
    assert busy.json()["error"]["fix"]
    assert int(busy.headers["retry-after"]) > 0
    await LiveWorkers(redis).leave("w1")
    nobody = await browser.post("/api/calls")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (503, "no_worker")


async def test_nobody_holds_every_line(
    environment: pytest.MonkeyPatch, livekit: str, redis: Redis, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_CALLS_EACH", "2")
    await works(redis, slots=9)
    site = await open_site()
    ann, also_ann, bob = [await site.signed_in(person) for person in (site.ann, site.ann, site.bob)]
    await start(ann)
    await start(also_ann)
    refused = await ann.post("/api/calls")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_calls")
    assert int(refused.headers["retry-after"]) > 0
    await start(bob)
    assert not [key async for key in redis.scan_iter(match=f"*{site.ann.id}*")]


async def test_a_call_that_could_not_be_made_gives_its_slot_back(
    environment: pytest.MonkeyPatch, redis: Redis, open_site: OpenSite
) -> None:
    await works(redis, slots=1)
    site = await open_site()  # with no LiveKit server
    browser = await site.signed_in(site.ann)
    for _ in range(3):
        answer = await browser.post("/api/calls")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


async def test_without_redis_a_call_is_tried(livekit: str, open_site: OpenSite) -> None:
    site = await open_site()
    await start(await site.signed_in(site.ann))
    metrics = (await site.browser().client.get("/metrics")).text
    assert 'voicetasks_web_without_redis_total{decision="admission"} 1.0' in metrics


async def test_plan_identity_and_door_are_not_the_browsers_to_choose(served: Site) -> None:
    browser = await served.signed_in(served.bob)
    answer = await browser.post(
        "/api/calls", {"identity": "usr_admin", "plan": "premium", "attributes": {"a": "b"}, "room": "r"}
    )
    assert answer.status_code == 422
    assert (await browser.post("/api/calls", {"channel": "phone"})).status_code == 422
    made = (await browser.post("/api/calls", {"channel": "browser"})).json()
    claims = jwt.decode(made["token"], LIVEKIT_SECRET, algorithms=["HS256"])
    assert claims["sub"] == served.bob.id
    assert not {"attributes", "metadata", "name", "kind", "roomConfig"} & set(claims)
