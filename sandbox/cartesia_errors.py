"""Cartesia's refusals, as https://docs.cartesia.ai/use-the-api/api-errors describes them.

Who asks for a version before 2026-03-01 is told «Title: Message»: as the whole body, and on the websocket in the field
`error` that the SDKs of that time read (JsonErrorResponse). No code stands in it.
"""

from typing import Any, Final

from pydantic import ValidationError

from sandbox import cartesia_messages as messages

STRUCTURED_FROM: Final = "2026-03-01"
"""The first version of the API whose errors are objects with a code."""


class CartesiaError(Exception):
    """A refusal: an HTTP status and the vendor's error object."""

    def __init__(self, status: int, code: str, title: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.title = title
        self.message = message

    def body(self, request_id: str) -> dict[str, Any]:
        """As an HTTP answer."""
        return messages.error_body(self.code, self.title, self.message, request_id)

    @property
    def text(self) -> str:
        """As older versions of the API tell it."""
        return f"{self.title}: {self.message}"

    def event(self, version: str, request_id: str, context_id: str | None) -> dict[str, Any]:
        """As an event of the websocket in that version of the API."""
        if version < STRUCTURED_FROM:
            return messages.old_error(self.status, self.text, context_id)
        return messages.error(self.status, self.code, self.title, self.message, request_id, context_id)


def invalid(message: str) -> CartesiaError:
    """A request that is none of the protocol's."""
    return CartesiaError(400, "invalid_request", "Invalid request", message)


def wrong(error: ValidationError) -> CartesiaError:
    """A request with fields that cannot be taken."""
    fields = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return invalid(f"The request is not valid: {fields}")


def unauthorized() -> CartesiaError:
    """No key, or a wrong one."""
    return CartesiaError(401, "unauthorized", "Unauthorized", "The API key is missing or invalid.")


def too_many(message: str) -> CartesiaError:
    """More at a time than the plan has."""
    return CartesiaError(429, "concurrency_limited", "Too many concurrent requests", message)


def internal(message: str) -> CartesiaError:
    """A failure on the vendor's side."""
    return CartesiaError(500, "internal_error", "Internal server error", message)


def no_credit() -> CartesiaError:
    """The account's credits are used up."""
    message = "You have used all the credits of your plan."
    return CartesiaError(402, "quota_exceeded", "Quota exceeded", message)


def of_fault(kind: str) -> CartesiaError:
    """A fault as the vendor tells of it."""
    match kind:
        case "unauthorized":
            return unauthorized()
        case "quota" | "error-after-audio":
            return no_credit()
        case "rate-limit":
            return too_many("You have exceeded your plan's concurrency limit.")
        case "server-error":
            return internal("The text could not be spoken.")
        case _:
            title = "Service unavailable"
            return CartesiaError(
                503, "service_unavailable", title, "The service is unavailable at the moment."
            )
