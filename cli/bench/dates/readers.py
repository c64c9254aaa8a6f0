"""Who reads the phrases: the product, and for comparison the libraries that are installed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from cli.bench.dates.scoring import Answer
from cli.bench.dates.table import Phrase
from mcp_tasks.date_reading import DateReading
from mcp_tasks.dates import understand
from mcp_tasks.due_decision import decide_due
from mcp_tasks.errors import TaskError

Reader = Callable[[Phrase], Answer]


def product(phrase: Phrase) -> Answer:
    """The task server's own reading."""
    if phrase.kind == "titles":
        return _with_title(phrase)
    outcome = understand(phrase.words, now=phrase.now, zone=phrase.zone, before=phrase.before)
    if isinstance(outcome, DateReading):
        return Answer(outcome.due, outcome.recurrence)
    return Answer(asked=True, candidates=tuple(each.due for each in outcome.candidates))


def libraries() -> dict[str, Reader]:
    """The libraries that can be imported, by name. Only dateparser is a dependency of the product."""
    found: dict[str, Reader] = {}
    for name, build in {
        "dateparser": _dateparser,
        "parsedatetime": _parsedatetime,
        "recurrent": _recurrent,
        "timefhuman": _timefhuman,
        "ctparse": _ctparse,
        "dateutil": _dateutil,
    }.items():
        try:
            found[name] = _unfailing(build())
        except ImportError:
            continue
    return found


def _unfailing(reader: Reader) -> Reader:
    """Some raise whatever their grammar meets: they have not understood."""

    def read(phrase: Phrase) -> Answer:
        try:
            return reader(phrase)
        except Exception:  # noqa: BLE001
            return Answer(asked=True)

    return read


def _with_title(phrase: Phrase) -> Answer:
    try:
        found = decide_due(phrase.words, "", now=phrase.now, zone=phrase.zone, title=phrase.title)
    except TaskError:
        return Answer(asked=True)
    return Answer(found.due, found.recurrence) if found is not None else Answer()


def _naive(phrase: Phrase) -> datetime:
    return phrase.now.replace(tzinfo=None)


def _due(found: datetime, base: datetime) -> date | datetime:
    """A library has no days without a time: it gives midnight, or the clock time of now."""
    return found.date() if found.time() in (time(0), base.time()) else found.replace(second=0, microsecond=0)


def _dateparser() -> Reader:
    import dateparser

    def read(phrase: Phrase) -> Answer:
        base = _naive(phrase)
        settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": base}
        found: datetime | None = dateparser.parse(phrase.words, languages=["en"], settings=settings)
        return Answer(asked=True) if found is None else Answer(_due(found.replace(tzinfo=None), base))

    return read


def _parsedatetime() -> Reader:
    import parsedatetime

    calendar = parsedatetime.Calendar(version=parsedatetime.VERSION_CONTEXT_STYLE)

    def read(phrase: Phrase) -> Answer:
        found, context = calendar.parseDT(phrase.words, sourceTime=_naive(phrase))
        if not context.hasDateOrTime:
            return Answer(asked=True)
        return Answer(found.replace(second=0, microsecond=0) if context.hasTime else found.date())

    return read


def _recurrent() -> Reader:
    from recurrent.event_parser import RecurringEvent

    def read(phrase: Phrase) -> Answer:
        base = _naive(phrase)
        event = RecurringEvent(now_date=base)
        found = event.parse(phrase.words)
        if isinstance(found, datetime):
            return Answer(_due(found, base))
        if not found or not event.is_recurring:
            return Answer(asked=True)
        return _first_of(str(found), base, phrase)

    return read


def _first_of(text: str, base: datetime, phrase: Phrase) -> Answer:
    """The first occurrence, and the rule as the table writes it when it has the same days."""
    from dateutil.rrule import rrulestr

    rule = text.rsplit("RRULE:", maxsplit=1)[-1].strip()
    series = rrulestr(rule, dtstart=base.replace(hour=0, minute=0))
    first = series.after(base.replace(hour=0, minute=0), inc=True)
    if first is None:
        return Answer(asked=True)
    kept = {part for part in rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE", "INTERVAL=1"))}
    wanted = set((phrase.rule or "").split(";"))
    return Answer(_due(first, base), phrase.rule if kept == wanted else rule)


def _timefhuman() -> Reader:
    from timefhuman import tfhConfig, timefhuman

    def read(phrase: Phrase) -> Answer:
        base = _naive(phrase)
        found = timefhuman(phrase.words, config=tfhConfig(now=base))
        one = found[0] if isinstance(found, list) and len(found) == 1 else found
        if isinstance(one, datetime):
            return Answer(_due(one.replace(tzinfo=None), base))
        return Answer(one) if isinstance(one, date) else Answer(asked=True)

    return read


def _ctparse() -> Reader:
    from ctparse import ctparse
    from ctparse.types import Time

    def read(phrase: Phrase) -> Answer:
        found = ctparse(phrase.words, ts=_naive(phrase), timeout=2)
        one = found.resolution if found is not None else None
        if not isinstance(one, Time) or not one.hasDate:
            return Answer(asked=True)  # a span, or a time without a day
        return Answer(one.dt if one.hour is not None else one.dt.date())

    return read


def _dateutil() -> Reader:
    from dateutil import parser

    def read(phrase: Phrase) -> Answer:
        base = _naive(phrase)
        found = parser.parse(phrase.words, default=base.replace(hour=0, minute=0), fuzzy=True)
        return Answer(_due(found.replace(tzinfo=None), base))

    return read
