"""A server transaction (RFC 3261, section 17.2): a request that came, and our answer, repeated as UDP needs it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
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
        self._on_refused: Callable[[], None] = lambda: None
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
            if response.status >= 300:
                self._on_refused()

    def when_refused(self, tell: Callable[[], None]) -> None:
        """Tell when the final answer to an INVITE is a no."""
        self._on_refused = tell

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
    """What came within the last half minute, so that nothing is done twice.

    Each dialog has a place of its own, and what was refused another: however much comes from one side, others' goodbyes
    and new calls find theirs.
    """

    def __init__(self, most: int = 4_000, *, most_each: int = 20, most_refused: int = 500) -> None:
        self._most = most
        self._most_each = most_each
        self._most_refused = most_refused
        self._all: dict[Key, Transaction] = {}
        self._count: Counter[Hashable] = Counter()
        """By dialog; None is for new calls."""
        self._refused: dict[Key, Transaction] = {}
        """New calls, the oldest first."""

    def find(self, request: Request, method: str | None = None) -> Transaction | None:
        """The transaction that a request repeats or, with `method`, is about."""
        return self._all.get(key_of(request, method))

    def add(self, transaction: Transaction, of: Hashable = None) -> bool:
        """Remember one of a dialog, or a new call; False when there are too many of those already."""
        if self._count[of] >= (self._most if of is None else self._most_each):
            return False
        key = key_of(transaction.request)
        self._all[key] = transaction
        self._count[of] += 1
        if of is None:
            transaction.when_refused(partial(self._refuse, key, transaction))
        asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self._forget, key, transaction, of)
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
        self._count.clear()
        self._refused.clear()

    def _refuse(self, key: Key, transaction: Transaction) -> None:
        """Remember it among the refused; the oldest is forgotten where they are too many, and refused once more if asked."""
        self._uncount(None)
        self._refused[key] = transaction
        if len(self._refused) > self._most_refused:
            oldest = next(iter(self._refused))
            self._drop(oldest, self._refused.pop(oldest))

    def _forget(self, key: Key, transaction: Transaction, of: Hashable) -> None:
        if self._all.get(key) is not transaction:
            return
        if transaction.request.method == "INVITE" and not transaction.is_answered:  # it still rings
            asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self._forget, key, transaction, of)
            return
        if self._refused.pop(key, None) is None:
            self._uncount(of)
        self._drop(key, transaction)

    def _drop(self, key: Key, transaction: Transaction) -> None:
        transaction.acknowledge()
        del self._all[key]

    def _uncount(self, of: Hashable) -> None:
        self._count[of] -= 1
        if not self._count[of]:
            del self._count[of]
