"""When somebody may be called, and what follows from how a call went. Pure functions of rules and clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from people.called_countries import is_called
from people.user import DEFAULT_TIME_ZONE

TOO_LATE: Final = timedelta(hours=6)
"""A reminder later than this reminds nobody; quiet hours do not count."""
LOOK_AHEAD: Final = timedelta(days=2)
"""Where all clocks together leave no free moment within it, there is none."""


class Outcome(StrEnum):
    """How a call went."""

    TOLD = "told"
    """Its person proved who they are and heard it."""
    NOT_TOLD = "not_told"
    """It was picked up, and the call ended before its person heard it: nothing could serve them, or they hung up."""
    OPTED_OUT = "opted_out"
    HUNG_UP = "hung_up"
    MACHINE = "machine"
    """A voicemail or a call screener answered, and nobody behind it."""
    NO_PROOF = "no_proof"
    """Somebody answered and keyed nothing right."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    UNWANTED = "unwanted"
    NO_SUCH_NUMBER = "no_such_number"
    LIMITED = "limited"
    """The carrier takes no more calls from us for now."""
    REFUSED = "refused"
    """The carrier does not let us call: a matter of settings."""
    FAILED = "failed"
    """No telephone rang: ours or the room server's fault."""
    UNKNOWN = "unknown"
    """Whether it rang nobody knows, or somebody picked up and no agent came: better no call than two."""


_BY_STATUS: Final = {
    404: Outcome.NO_SUCH_NUMBER,
    410: Outcome.NO_SUCH_NUMBER,
    484: Outcome.NO_SUCH_NUMBER,
    604: Outcome.NO_SUCH_NUMBER,
    408: Outcome.NO_ANSWER,
    480: Outcome.NO_ANSWER,
    487: Outcome.NO_ANSWER,
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.DECLINED,
    607: Outcome.UNWANTED,
    608: Outcome.REFUSED,
    429: Outcome.LIMITED,
    503: Outcome.LIMITED,
    401: Outcome.REFUSED,
    402: Outcome.REFUSED,
    403: Outcome.REFUSED,
    407: Outcome.REFUSED,
    488: Outcome.REFUSED,
}
"""RFC 3261, section 21; 607 and 608: RFC 8197 and RFC 8688. 408 and 487 are also what an unanswered call ends with."""
_AGAIN: Final = {
    Outcome.BUSY: (timedelta(minutes=5), 3),
    Outcome.NO_ANSWER: (timedelta(minutes=15), 3),
    Outcome.MACHINE: (timedelta(minutes=30), 2),
    Outcome.NO_PROOF: (timedelta(minutes=30), 2),
    Outcome.NOT_TOLD: (timedelta(minutes=30), 2),
    Outcome.LIMITED: (timedelta(minutes=2), 6),
    Outcome.FAILED: (timedelta(minutes=5), 3),
    Outcome.REFUSED: (timedelta(minutes=30), 2),
}
"""After how long it is tried again, and how often it is tried at most. What is not here is never tried again."""


@dataclass(frozen=True)
class Rules:
    """Whom an operator lets us call. `countries` are ISO 3166; times are on the clock where it rings."""

    countries: frozenset[str]
    quiet_from: time = time(21)
    quiet_until: time = time(8)


def outcome_of(status: int | None) -> Outcome:
    """What a SIP answer means; None is no answer of the other side's."""
    if status is None:
        return Outcome.FAILED
    return _BY_STATUS.get(status, Outcome.FAILED)


def again_after(outcome: Outcome, attempts: int) -> timedelta | None:
    """After how long it is tried again, having been tried so often; None: never."""
    wait, most = _AGAIN.get(outcome, (timedelta(0), 0))
    if attempts >= most:
        return None
    return wait * 2 ** max(0, attempts - 1) if outcome is Outcome.LIMITED else wait


def may_call_country(number: str, rules: Rules) -> bool:
    """Whether the number belongs to a country that is called. Numbers of no country, such as satellites, do not."""
    return is_called(number, rules.countries)


def clocks_of(time_zone: str, number: str) -> tuple[ZoneInfo, ...]:
    """By which clocks it is quiet where a number rings: its person's, else those of all places it may be of.

    An account that never said a zone has UTC, by which New York sleeps while it is morning. A number of no known place
    keeps UTC.
    """
    if time_zone != DEFAULT_TIME_ZONE:
        return (ZoneInfo(time_zone),)
    places = time_zones_for_number(phonenumbers.parse(number, None))
    known = tuple(ZoneInfo(each) for each in places if each != UNKNOWN_TIMEZONE)
    return known or (ZoneInfo(DEFAULT_TIME_ZONE),)


def free_from(now: datetime, clocks: Sequence[ZoneInfo], rules: Rules) -> datetime:
    """The earliest moment from now on that is no quiet hour on any of the clocks; two days on where there is none."""
    free = now.astimezone(UTC)
    for begin, end in sorted(_quiet(free, free + LOOK_AHEAD, clocks, rules)):
        if begin <= free < end:
            free = end
    return free


def is_too_late(at: datetime, now: datetime, clocks: Sequence[ZoneInfo], rules: Rules) -> bool:
    """Whether a reminder for `at` reminds nobody any more: quiet hours in between were nobody's fault."""
    counted, until = at.astimezone(UTC), now.astimezone(UTC)
    late = timedelta(0)
    for begin, end in sorted(_quiet(counted, until, clocks, rules)):
        late += max(timedelta(0), min(begin, until) - counted)
        counted = max(counted, end)
    return late + max(timedelta(0), until - counted) > TOO_LATE


def _quiet(
    since: datetime, until: datetime, clocks: Sequence[ZoneInfo], rules: Rules
) -> Iterator[tuple[datetime, datetime]]:
    """Each night (or other quiet time) that may touch the time between two moments: where it begins and ends, in UTC."""
    if rules.quiet_from == rules.quiet_until:
        return
    nights = timedelta(days=1 if rules.quiet_from > rules.quiet_until else 0)
    for clock in clocks:
        day = since.astimezone(clock).date() - nights
        while day <= until.astimezone(clock).date():
            begin = datetime.combine(day, rules.quiet_from, clock)
            end = datetime.combine(day + nights, rules.quiet_until, clock)
            yield begin.astimezone(UTC), end.astimezone(UTC)
            day += timedelta(days=1)
