"""Messages of OpenAI's Realtime protocol: how both sides' are framed, and the errors."""

import json
import secrets
from typing import Any

from pydantic import ValidationError

MAX_ID = 32
"""The longest id that the vendor takes for an item or a call."""

# Where a union is told apart by a member's type, pydantic names the type in the path; the vendor does not.
_TAGS = frozenset(
    {"server_vad", "semantic_vad", "function", "message", "function_call", "function_call_output"}
)
_CODES = {"extra_forbidden": "unknown_parameter", "missing": "missing_required_parameter"}


class RealtimeError(Exception):
    """A client's event that the vendor refuses; the session goes on. Becomes an `error` event."""

    def __init__(
        self, code: str | None, message: str, *, param: str | None = None, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.kind = kind

    def event(self, event_id: str | None = None) -> dict[str, Any]:
        """The `error` event; `event_id` is that of the client's event."""
        return server_event(
            "error",
            error={
                "type": self.kind,
                "code": self.code,
                "message": self.message,
                "param": self.param,
                "event_id": event_id,
            },
        )


def new_id(kind: str) -> str:
    """A fresh id in the vendor's manner, such as `item_…`."""
    return f"{kind}_{secrets.token_hex(10)}"


def server_event(kind: str, **fields: Any) -> dict[str, Any]:
    """An event to the client."""
    return {"type": kind, "event_id": new_id("event"), **fields}


def client_event(text: str) -> dict[str, Any]:
    """A client's event. Raises RealtimeError when it is none."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise RealtimeError("invalid_json", "We could not parse the JSON of your event.") from None
    if not isinstance(event, dict):
        raise RealtimeError("invalid_json", "An event is a JSON object.")
    if not isinstance(event.get("type"), str):
        raise RealtimeError("missing_required_parameter", "Missing required parameter: 'type'.", param="type")
    return event


def refusal(error: ValidationError, root: str) -> RealtimeError:
    """What the vendor says of a value that is not of its form; `root` is where in the event the value stands."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = [f"[{part}]" if isinstance(part, int) else part for part in first["loc"] if part not in _TAGS]
    param = ".".join([root, *path]).replace(".[", "[")
    code = _CODES.get(first["type"], "invalid_value")
    message = {
        "unknown_parameter": f"Unknown parameter: '{param}'.",
        "missing_required_parameter": f"Missing required parameter: '{param}'.",
    }.get(code, f"Invalid value for '{param}': {first['msg']}")
    return RealtimeError(code, message, param=param)
