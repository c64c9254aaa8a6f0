"""Whether what a model passes to a tool is what the tool takes, by the tool's own account of it.

A server finds that out, too, but of what the caller is asked about only behind their yes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

LONGEST_TOLD: Final = 300
"""Characters: what was passed is repeated, and may be long."""
_UNREADABLE: Final = (SchemaError, UnknownType, Unresolvable, RecursionError, re.error)


def _not_looked_at(*_: Any) -> None:
    """A server's pattern could hold the call up for as long as it likes."""


_Validator: Final = extend(
    Draft202012Validator, {"pattern": _not_looked_at, "patternProperties": _not_looked_at}
)


def misfit(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """What of a tool's arguments it does not take, for the model that passed them; empty where all of them fit.

    A schema that cannot be read refuses nothing, and nothing that it points to elsewhere is fetched.
    """
    try:
        found = best_match(_validator(json.dumps(schema)).iter_errors(dict(arguments)))
    except _UNREADABLE:
        return ""
    if found is None:
        return ""
    where = ".".join(map(str, found.absolute_path))
    told = f"{where}: {found.message}" if where else str(found.message)
    return told[:LONGEST_TOLD]


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """What holds arguments against a schema, which is itself looked at once: that takes 1.4 ms of a turn."""
    read = json.loads(schema)
    _Validator.check_schema(read)
    return _Validator(read, registry=Registry())
