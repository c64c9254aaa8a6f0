"""Ways to the task server that stay open for a while, one for each person who looks at their tasks.

A page looks again after every change in a call, and three quarters of a look are spent on opening a way and closing it:
measured 100 ms a look with a way of its own, 24 on one that is open.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from mcp_tasks.client import TaskClient, TokenProvider
from people.settings import PeopleSettings
from people.tokens import mint_tasks_token
from people.user import User

IDLE_SECONDS: Final = 30.0
"""How long an unused one stays open."""
MOST: Final = 200
"""Open at once; beyond it the one that was unused for longest is closed."""

Open = Callable[[str, TokenProvider], TaskClient]


@dataclass
class _Line:
    user: User
    """As of the newest request: a token names their time zone."""
    client: TaskClient = field(init=False)
    users: int = 0
    """Requests that use it now."""
    closes: asyncio.TimerHandle | None = None


class TaskLines:
    """Everybody's. Use it within one event loop."""

    def __init__(self, url: str, people_settings: PeopleSettings, *, open_client: Open = TaskClient) -> None:
        self._url, self._people_settings, self._open = url, people_settings, open_client
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        """By the user's id; the one that was used last comes last."""
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of(self, user: User) -> AsyncIterator[TaskClient]:
        """Lend the way of this person; it is made when there is none."""
        line = self._lines.get(user.id) or self._new(user)
        line.user = user
        self._lines.move_to_end(user.id)
        if line.closes is not None:
            line.closes.cancel()
            line.closes = None
        line.users += 1
        try:
            yield line.client
        finally:
            line.users -= 1
            if line.users == 0 and self._lines.get(user.id) is line:
                line.closes = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close, user.id)

    async def aclose(self) -> None:
        """Close all of them; takes a few seconds at most."""
        for user_id in list(self._lines):
            self._close(user_id)
        if self._closing:
            await asyncio.wait(self._closing)

    def _new(self, user: User) -> _Line:
        line = _Line(user)

        async def token() -> str:
            return mint_tasks_token(line.user, self._people_settings)

        line.client = self._open(self._url, token)
        self._lines[user.id] = line
        if (too_many := len(self._lines) - MOST) > 0:
            unused = [each for each, one in self._lines.items() if one.users == 0 and one is not line]
            for user_id in unused[:too_many]:
                self._close(user_id)
        return line

    def _close(self, user_id: str) -> None:
        line = self._lines.pop(user_id)
        if line.closes is not None:
            line.closes.cancel()
        closing = asyncio.get_running_loop().create_task(line.client.aclose(), name="web.task-line-closes")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
