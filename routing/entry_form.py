"""Journal entries that were written elsewhere, on disk or into Redis' stream, and are read again.

Something may have spoiled one: what the journal could not take must hold up nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from routing.journal import Entry
from routing.models import LONGEST_CALL_ID, LONGEST_OPERATION

_FORM: Final = TypeAdapter(Entry)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON writes it, and not behind an escaped backslash; Postgres takes it neither in text nor in JSON."""


def entry_of_line(line: bytes) -> Entry:
    """Read a line of a spool file. Raises ValueError on anything that the journal could not take."""
    entry = _FORM.validate_json(line)
    if not all(-(2**63) <= number < 2**63 for number in (entry.at_ms, entry.microdollars)):
        raise ValueError("number")
    if not all(":" in name for name in entry.scopes):
        raise ValueError("scope")
    if len(entry.operation) > LONGEST_OPERATION or len(entry.call_id) > LONGEST_CALL_ID:
        raise ValueError("length")
    if _NUL.search(line):
        raise ValueError("character")
    return entry


def entry_of_fields(entry_id: str, fields: Mapping[str, str]) -> Entry:
    """Read an entry of the stream; its time is that of its id. Raises ValueError as above."""
    try:
        told: dict[str, Any] = json.loads(fields["entry"])
        entry = {
            "operation": told["op"],
            "kind": told["kind"],
            "at_ms": int(entry_id.split("-", maxsplit=1)[0]),
            "call_id": told["call"],
            "tier": told["tier"],
            "microdollars": told["us"],
            "scopes": tuple(told["scopes"].split()),
            "details": told["details"],
        }
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(type(error).__name__) from error
    return entry_of_line(json.dumps(entry).encode())
