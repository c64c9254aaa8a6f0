"""Deepgram's usage API: `GET /v1/projects/{id}/usage/breakdown`, grouped by models.

https://developers.deepgram.com/reference/manage/usage/breakdown/get. Sound is counted in hours (`total_hours` counts
every channel, as the bill does), speech in characters. A group's days include its last one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, ValidationError

from routing.exports.form import Export, Line, UnreadableExportError, family, price_of_many, unreadable
from tiers.prices import PriceTable, UnpricedModelError, UnpricedUnitError

FORM: Final = "Deepgram usage"
_VENDOR: Final = "deepgram"
_HOUR_MS: Final = 3_600_000

Amount = Annotated[Decimal, Field(ge=0, le=10**12)]
"""Bounded: of «1e999999999» a fraction would be made, digit by digit, while everybody else waits."""


class _Grouping(BaseModel):
    start: str | None = None
    end: str | None = None
    models: list[str | None] | None = None


class _Result(BaseModel):
    total_hours: Amount
    tts_characters: Amount = Decimal(0)
    grouping: _Grouping = _Grouping()


class _Breakdown(BaseModel):
    start: str
    end: str
    results: list[_Result]


def recognises(document: dict[str, Any]) -> bool:
    """Whether a JSON object is of this form."""
    return "results" in document and "start" in document and "end" in document


def read(document: dict[str, Any], prices: PriceTable) -> Export:
    """Read a breakdown. Raises UnreadableExportError."""
    try:
        breakdown = _Breakdown.model_validate(document)
    except ValidationError as error:
        raise unreadable(FORM, error) from error
    left_out: dict[str, None] = {}
    lines: list[Line] = []
    for result in breakdown.results:
        models = [model for model in result.grouping.models or () if model]
        if len(models) != 1:
            raise UnreadableExportError("the export is not grouped by model; ask for it with grouping=models")
        model = family(_VENDOR, models[0])
        units = {
            "audio_ms": Fraction(result.total_hours) * _HOUR_MS,
            "characters": Fraction(result.tts_characters),
        }
        try:
            microdollars = price_of_many(prices, _VENDOR, model, units)
        except (UnpricedModelError, UnpricedUnitError) as error:
            left_out[f"{error}: another application's, or prices.toml lacks it."] = None
            continue
        starts, ends = _days(result.grouping.start or breakdown.start, result.grouping.end or breakdown.end)
        lines.append(Line(_VENDOR, model, starts, ends, microdollars))
    return Export(FORM, tuple(lines), by_request=False, left_out=tuple(left_out))


def _days(start: str, end: str) -> tuple[int, int]:
    """The period in Unix ms, its end not included. A day without a time is a whole day, in UTC."""
    return _moment(start, whole_day=False), _moment(end, whole_day=True)


def _moment(text: str, *, whole_day: bool) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableExportError(f"{text!r} is no day such as 2026-11-25") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if whole_day and len(text) <= len("2026-11-25"):
        moment += timedelta(days=1)
    return int(moment.timestamp() * 1000)
