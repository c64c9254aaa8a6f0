"""How often one person may change what is theirs: generous to whoever means it, and no row in a book for each of a million."""

import math
from typing import Final

from web.errors import ApiError
from web.services import Served, Services
from web.sign_in import Changing, Signed
from web.try_limit import Rule, Scope

_MINUTE: Final = 60_000
CHANGES: Final = Rule(free=100, first_wait_ms=1_000, most_wait_ms=_MINUTE, forget_ms=10 * _MINUTE)
EXPORTS: Final = Rule(free=10, first_wait_ms=1_000, most_wait_ms=_MINUTE, forget_ms=60 * _MINUTE)
"""Each opens every book and reads all of it that is theirs."""


async def unhurried(services: Served, session: Changing) -> None:
    """Refuse a change to whoever makes them all the time; 429."""
    await _charge(services, "changes", session.user_id, CHANGES)


async def unhurried_export(services: Served, session: Signed) -> None:
    """The same for a download of all that is theirs."""
    await _charge(services, "exports", session.user_id, EXPORTS)


async def _charge(services: Services, what: str, user_id: str, rule: Rule) -> None:
    wait = await services.changes.charge([Scope(f"{what}:{services.keys.tag('tries', what, user_id)}", rule)])
    if wait > 0:
        seconds = math.ceil(wait)
        raise ApiError(
            429,
            "rate_limited",
            "That was asked for very often.",
            f"Wait {seconds} s and try again.",
            headers={"Retry-After": str(seconds)},
        )
