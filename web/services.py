"""What the routes share: settings, stores and clients, made once for an app."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from people.sessions import SessionRecords
from people.settings import PeopleSettings
from people.store import People
from privacy.places import Places
from routing.redis_link import pool_of
from web.browser_session import BrowserSessions
from web.call_id import CallIds
from web.keys import Keys
from web.metrics import WebMetrics
from web.rooms import Rooms
from web.routing_books import RoutingBooks
from web.settings import WebSettings
from web.slots import Slots
from web.task_lines import TaskLines
from web.try_limit import TryLimit


@dataclass(frozen=True)
class Services:
    """Everything that a route may need."""

    settings: WebSettings
    people_settings: PeopleSettings
    metrics: WebMetrics
    keys: Keys
    people: People
    sessions: BrowserSessions
    redis: Redis
    tries: TryLimit
    changes: TryLimit
    slots: Slots
    call_ids: CallIds
    rooms: Rooms
    places: Places
    books: RoutingBooks
    task_lines: TaskLines

    async def aclose(self) -> None:
        """Close every client."""
        await self.task_lines.aclose()
        await self.books.aclose()
        await self.rooms.aclose()
        await self.redis.aclose()
        await self.people.aclose()


def make_services(settings: WebSettings, people_settings: PeopleSettings) -> Services:
    """Make them inside a running loop; nothing is connected to yet."""
    metrics = WebMetrics()
    keys = Keys(settings)
    people = People(people_settings.database_url)
    # A request waits for a second at most for Redis' answer, and as long for its turn, and then does without. What it
    # asks takes less than a millisecond: one connection is enough, and of more all that were ever needed would stay.
    pool = pool_of(
        settings.redis_url,
        wait_seconds=1,
        most=1,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )
    redis = Redis.from_pool(pool)
    return Services(
        settings=settings,
        people_settings=people_settings,
        metrics=metrics,
        keys=keys,
        people=people,
        sessions=BrowserSessions(settings, keys, SessionRecords(people.engine), metrics),
        redis=redis,
        tries=TryLimit(redis, metrics),
        changes=TryLimit(redis, metrics, decision="change_limit"),
        slots=Slots(redis),
        call_ids=CallIds(keys),
        rooms=Rooms(settings),
        places=Places.from_environment(),
        books=RoutingBooks(),
        task_lines=TaskLines(settings.tasks_url, people_settings),
    )


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Served = Annotated[Services, Depends(_services)]
