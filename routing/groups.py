"""Which charges of the journal belong to which lines of a vendor's export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from routing.charges import BookedCharge
from routing.exports.form import Export, Line, family


@dataclass(slots=True)
class Group:
    """Lines and charges of one model that stand for the same usage. One of the two may be missing."""

    vendor: str
    model: str
    lines: list[Line] = field(default_factory=list)
    charges: list[BookedCharge] = field(default_factory=list)

    @property
    def invoiced(self) -> int:
        """What the vendor says it cost, µ$."""
        return sum(line.microdollars for line in self.lines)

    @property
    def booked(self) -> int:
        """What the journal says it cost, µ$."""
        return sum(charge.entry.microdollars for charge in self.charges)

    @property
    def estimates(self) -> list[BookedCharge]:
        """The charges that can be settled, in a fixed order."""
        return sorted(
            (charge for charge in self.charges if charge.is_open), key=lambda charge: charge.entry.operation
        )

    @property
    def exact(self) -> int:
        """What was booked and is no estimate any more, µ$."""
        return self.booked - sum(charge.entry.microdollars for charge in self.estimates)

    @property
    def target(self) -> int:
        """What the estimates should come to, µ$, so that the group costs what the vendor says; never below 0."""
        return max(0, self.invoiced - self.exact)


def grouped(export: Export, charges: Iterable[BookedCharge]) -> Iterator[Group]:
    """Put an export's lines and the charges of its time together."""
    return _by_request(export.lines, charges) if export.by_request else _by_period(export.lines, charges)


def _by_period(lines: Iterable[Line], charges: Iterable[BookedCharge]) -> Iterator[Group]:
    """A model's lines of one period, and the charges of it that were used in that period."""
    groups: dict[tuple[str, str], dict[tuple[int, int], Group]] = {}
    for line in lines:
        periods = groups.setdefault((line.vendor, line.model), {})
        period = (line.starts_ms, line.ends_ms)
        periods.setdefault(period, Group(line.vendor, line.model)).lines.append(line)
    for charge in charges:
        periods = groups.get(_model(charge), {})
        for (starts_ms, ends_ms), group in periods.items():
            if starts_ms <= charge.used_ms < ends_ms:
                group.charges.append(charge)
                break
    for periods in groups.values():
        yield from periods.values()


def _by_request(lines: tuple[Line, ...], charges: Iterable[BookedCharge]) -> Iterator[Group]:
    """A request's lines and its charges; then, call by call, what is left of both.

    The charges of a socket that died may not know the request's id, and one of which the invoice says nothing cost
    nothing. Calls of which the invoice holds no line at all are left out: it is another time's.
    """
    requests: dict[tuple[str, str], Group] = {}
    for line in lines:
        group = requests.setdefault((line.vendor, line.request_id), Group(line.vendor, line.model))
        group.lines.append(line)
    left: list[BookedCharge] = []
    calls = {(line.vendor, line.call_id) for line in lines if line.call_id}
    for charge in charges:
        found = _request(requests, charge)
        if found is None:
            left.append(charge)
        else:
            found.charges.append(charge)
            calls.add((charge.usage.vendor, charge.entry.call_id))
    rest: dict[tuple[str, str, str], Group] = {}
    for request in requests.values():
        if request.charges:
            yield request
            continue
        for line in request.lines:
            key = (line.vendor, line.model, line.call_id)
            rest.setdefault(key, Group(line.vendor, line.model)).lines.append(line)
    with_lines = frozenset(rest)
    newest_ms = max((line.starts_ms for line in lines), default=0)
    for charge in left:
        vendor, model = _model(charge)
        if (vendor, charge.entry.call_id) in calls:
            key = (vendor, model, charge.entry.call_id)
            if key in with_lines or charge.used_ms <= newest_ms:
                rest.setdefault(key, Group(vendor, model)).charges.append(charge)
    yield from rest.values()


def _request(requests: dict[tuple[str, str], Group], charge: BookedCharge) -> Group | None:
    """The group of the request that a charge's event id names: the vendor's id is some of its parts, in a row."""
    parts = charge.usage.event_id.split(":")
    names = (":".join(parts[first:last]) for first, last in combinations(range(len(parts) + 1), 2))
    found = (requests.get((charge.usage.vendor, name)) for name in names)
    return next((group for group in found if group is not None), None)


def _model(charge: BookedCharge) -> tuple[str, str]:
    return charge.usage.vendor, family(charge.usage.vendor, charge.usage.model)
