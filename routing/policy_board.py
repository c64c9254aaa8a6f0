"""Where Redis shows the policy that is in force, and how it tells that there is another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic import ValidationError

from routing.budget import PREFIX
from routing.policy import DEFAULT_POLICY, Policy
from routing.redis_link import RedisLink

NO_POLICY: Final = 0
"""Number of the policy that holds before an admin wrote any."""


def number_of(policy: Policy) -> int:
    """Give the number by which versions are ordered; the default's is 0."""
    return NO_POLICY if policy.version == DEFAULT_POLICY.version else int(policy.version)


class PolicyBoard:
    """The fast face of the stored policies. What stands here may be missing or old; the database is the truth.

    Every method may raise BlindError, within the link's patience.
    """

    def __init__(self, link: RedisLink, *, prefix: str = PREFIX) -> None:
        self._link = link
        self._key = f"{prefix}policy"
        self._number_key = f"{prefix}policy:number"
        self._post = link.script("policy")

    @asynccontextmanager
    async def listener(self) -> AsyncIterator[Any]:
        """Listen for messages: gives redis-py's PubSub, whose first message says that it listens."""
        async with self._link.redis.pubsub() as listener:
            await self._link.ask(listener.subscribe(self._key))
            yield listener

    async def number(self) -> int | None:
        """Read which version stands here; None: none that can be read."""
        raw = await self._link.ask(self._link.redis.get(self._number_key))
        return int(raw) if raw is not None and raw.isascii() and raw.isdigit() else None

    async def read(self, number: int) -> Policy | None:
        """Read the policy of that number; None when another one stands here, or nothing that is a policy."""
        if number == NO_POLICY:
            return DEFAULT_POLICY
        raw = await self._link.ask(self._link.redis.get(self._key))
        try:
            policy = Policy.model_validate_json(raw or "")
        except ValidationError:
            return None
        return policy if policy.version == str(number) else None

    async def post(self, number: int, document: str, *, overrule: int | None = None) -> int:
        """Show a policy, unless a newer one stands here; returns the number of the one that does now.

        `overrule` is a number that may be replaced all the same: the database does not know it.
        """
        said = await self._link.ask(
            self._post(
                keys=[self._key, self._number_key],
                args=[number, document, "" if overrule is None else overrule],
            )
        )
        return int(said)
