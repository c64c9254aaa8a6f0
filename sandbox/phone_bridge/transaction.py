"""A server transaction (RFC 3261, section 17.2): a request that came, and our answer, repeated as UDP needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from sandbox.phone_bridge.message import Request, Response

T1: Final = 0.5
T2: Final = 4.0
GIVE_UP_SECONDS: Final = 64 * T1

Key = tuple[str, str, str]
"""Branch, sent-by and method: the same for every repetition of a request."""


def key_of(request: Request, method: str | None = None) -> Key:
    """The transaction that a request belongs to; with `method` the one that it is about (ACK and CANCEL)."""
    sent_by = request.get("via").partition(";")[0].split()[-1:]
    return request.branch, "".join(sent_by), method or request.method


class Transaction:
    """Keeps the last answer. The final one to an INVITE is repeated until it is acknowledged."""

    def __init__(
        self,
        request: Request,
        send: Callable[[bytes], None],
        *,
        on_unacknowledged: Callable[[], None] = lambda: None,
    ) -> None:
        self.request = request
        self._status = 0
        self._send = send
        self._last = b""
        self._on_unacknowledged = on_unacknowledged
        self._repeat: asyncio.TimerHandle | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the final answer was given."""
        return self._status >= 200

    def respond(self, response: Response) -> None:
        """Answer. After a final answer nothing else is said."""
        if self.is_answered:
            return
        self._status, self._last = response.status, response.render()
        self._send(self._last)
        if response.status >= 200 and self.request.method == "INVITE":
            self._repeat_after(T1, 0.0)

    def again(self) -> None:
        """The request came once more: so does the answer."""
        if self._last:
            self._send(self._last)

    def acknowledge(self) -> None:
        """The caller has our final answer."""
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _repeat_after(self, seconds: float, waited: float) -> None:
        self._repeat = asyncio.get_running_loop().call_later(
            seconds, self._do_repeat, seconds, waited + seconds
        )

    def _do_repeat(self, seconds: float, waited: float) -> None:
        self._repeat = None
        if waited >= GIVE_UP_SECONDS:
            self._on_unacknowledged()
            return
        self._send(self._last)
        self._repeat_after(min(2 * seconds, T2), waited)


class Transactions:
    """All that came within the last half minute, so that nothing is done twice."""

    def __init__(self, most: int = 4_000) -> None:
        self._most = most
        self._all: dict[Key, Transaction] = {}

    def find(self, request: Request, method: str | None = None) -> Transaction | None:
        """The transaction that a request repeats or, with `method`, is about."""
        return self._all.get(key_of(request, method))

    def add(self, transaction: Transaction) -> bool:
        """Remember one; False when there are too many already."""
        if len(self._all) >= self._most:
            return False
        key = key_of(transaction.request)
        self._all[key] = transaction
        asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self._forget, key)
        return True

    def merged_with(self, request: Request) -> bool:
        """Whether the same request came by another way already (RFC 3261, 8.2.2.2)."""
        return any(
            other.request.call_id == request.call_id
            and other.request.from_tag == request.from_tag
            and other.request.cseq == request.cseq
            for other in self._all.values()
        )

    def close(self) -> None:
        """Repeat nothing any more."""
        for transaction in self._all.values():
            transaction.acknowledge()
        self._all.clear()

    def _forget(self, key: Key) -> None:
        if (transaction := self._all.get(key)) is None:
            return
        if transaction.request.method == "INVITE" and not transaction.is_answered:  # it still rings
            asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self._forget, key)
            return
        transaction.acknowledge()
        del self._all[key]
