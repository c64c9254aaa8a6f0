"""The stand-ins' invoice: `voicetasks sandbox invoice --json`, one row for each request, with its price."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from routing.exports.form import Export, Line, family, unreadable

FORM: Final = "sandbox invoice"


class _Row(BaseModel):
    vendor: str
    model: str
    request_id: str
    microdollars: Annotated[int, Field(ge=0, le=10**15)]
    tag: str | None = None
    time: AwareDatetime


class _Invoice(BaseModel):
    sandbox: Literal[True]
    rows: list[_Row]
    charged_ever: int | None = None


def recognises(document: dict[str, Any]) -> bool:
    """Whether a JSON object is of this form."""
    return document.get("sandbox") is True and "rows" in document


def read(document: dict[str, Any]) -> Export:
    """Read an invoice. Raises UnreadableExportError."""
    try:
        invoice = _Invoice.model_validate(document)
    except ValidationError as error:
        raise unreadable(FORM, error) from error
    lines = []
    for row in invoice.rows:
        at_ms = int(row.time.timestamp() * 1000)
        lines.append(
            Line(
                vendor=row.vendor,
                model=family(row.vendor, row.model),
                starts_ms=at_ms,
                ends_ms=at_ms + 1,
                microdollars=row.microdollars,
                request_id=row.request_id,
                call_id=row.tag or "",
            )
        )
    missing = (invoice.charged_ever or 0) - len(lines)
    left_out = (f"{missing} rows of the invoice are not in the file.",) if missing > 0 else ()
    return Export(FORM, tuple(lines), by_request=True, sandbox=True, left_out=left_out)
