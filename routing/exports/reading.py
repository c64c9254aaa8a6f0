"""Reads a usage export of whichever vendor."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

from routing.exports import deepgram, openai, sandbox
from routing.exports.form import Export, UnreadableExportError
from tiers.prices import PriceTable

FORMS: Final = (
    "OpenAI's usage API (organization/usage/completions, group_by=model), Deepgram's "
    "(usage/breakdown, grouping=models), or `voicetasks sandbox invoice --json`"
)


def read_export(text: str | bytes, prices: PriceTable) -> Export:
    """Read an export. Raises UnreadableExportError, with what would have been right."""
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnreadableExportError(f"the file is no JSON; it should be an answer of {FORMS}") from error
    if isinstance(document, dict):
        if openai.recognises(document):
            return openai.read(document, prices)
        if sandbox.recognises(document):
            return sandbox.read(document)
        if deepgram.recognises(document):
            return deepgram.read(document, prices)
    raise UnreadableExportError(f"the file is no export that is known: it should be an answer of {FORMS}")
