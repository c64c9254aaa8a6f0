"""Passwords: argon2id with the library's own recommended cost, and the same time for people who do not exist."""

import asyncio
from functools import cache
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD_LENGTH = 256
_AT_ONCE = 2
"""A hash takes 64 MiB and a core for some tens of ms: a burst of sign-ins queues rather than fills memory. It holds for
all desks of a process together, which are made anew for a request."""

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

_hasher = PasswordHasher()


class PasswordDesk:
    """Hashes and verifies in threads, a bounded number at a time."""

    async def hash(self, password: str) -> str:
        """Hash a password; raises ValueError when it is empty or over 256 characters."""
        if not 0 < len(password) <= MAX_PASSWORD_LENGTH:
            raise ValueError(f"a password has 1 to {MAX_PASSWORD_LENGTH} characters")
        async with _turns():
            return await asyncio.to_thread(_hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Compare. With no hash (no such user, or one without a password) it does the same work and says no."""
        async with _turns():
            right = await asyncio.to_thread(_verify, password_hash, password)
        return right and bool(password_hash)


def _turns() -> asyncio.Semaphore:
    """Those of the running loop: a semaphore serves one alone."""
    return _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody signs in with this")


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password[:MAX_PASSWORD_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
