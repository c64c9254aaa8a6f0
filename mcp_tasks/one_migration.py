"""One migration at a time in a process: Alembic keeps the one that goes on in globals of its modules.

Two that overlap, though of different databases, take each other's away in the middle. Only in one event loop do they.
"""

import asyncio
from weakref import WeakKeyDictionary

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def one_migration() -> asyncio.Lock:
    """Give what is held while Alembic migrates, of whatever room: the running loop's own."""
    return _LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock())
