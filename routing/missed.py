"""Charges that the journal holds and Redis' counters may lack: Redis is told, and counts their scopes anew."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from routing.redis_link import RedisLink

if TYPE_CHECKING:
    from routing.journal import Entry

AT_ONCE: Final = 500
"""Operations of one script."""

NUMBER_BITS: Final = 48
"""Of the random number that marks a scope as distrusted: a double holds it exactly."""


class Missed:
    """Tells Redis what it missed. Every method may raise BlindError; telling again does no harm."""

    def __init__(self, link: RedisLink, *, prefix: str) -> None:
        self._link = link
        self._prefix = prefix
        self._script = link.script("missed")

    async def tell(self, entries: Iterable[Entry]) -> None:
        """Tell of charges that are in the journal by now; Redis counts them unless it has them already."""
        by_call: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.kind == "charge":
                by_call[entry.call_id].append(entry)
        for call_id, charges in by_call.items():
            for at in range(0, len(charges), AT_ONCE):
                some = charges[at : at + AT_ONCE]
                names = sorted({name for entry in some for name in entry.scopes})
                await self._run(call_id, names, [entry.operation for entry in some])

    async def distrust(self, scopes: Sequence[str]) -> None:
        """Have scopes counted anew at their next use, whatever Redis knows."""
        await self._run("", scopes, [])

    async def _run(self, call_id: str, scopes: Sequence[str], operations: Sequence[str]) -> None:
        keys = [f"{self._prefix}operations:{call_id}", *(f"{self._prefix}scope:{name}" for name in scopes)]
        fresh = 1 + secrets.randbits(NUMBER_BITS)
        await self._link.ask(self._script(keys=keys, args=[fresh, *operations]))
