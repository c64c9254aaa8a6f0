"""Every error leaves in one shape: {"error": {"code", "message", "fix"}}."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class ApiError(Exception):
    """A refusal: what happened, and what whoever reads it can do about it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.fix = fix
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        """What stands beside the error, for whoever can use it."""


class ErrorDetail(BaseModel):
    """What happened, in a word for programs and a sentence for people, and what to do about it; `fix` may be empty."""

    code: str
    message: str
    fix: str


class ErrorBody(BaseModel):
    """What every refusal and failure answers. Some have more beside the error, for whoever can use it."""

    error: ErrorDetail


DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorBody, "description": "Refused."},
    "5XX": {"model": ErrorBody, "description": "Failed on our side, or something that it needs is away."},
}
"""What the API says of its errors, for every address: no framework's own shape for some of them."""

DESCRIBED_BESIDE_HTML: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": told["description"],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
    }
    for status, told in DESCRIBED.items()
}
"""The same for an address that answers HTML: FastAPI would take its errors for HTML too."""


class BodyTooLongError(HTTPException):
    """A body that turned out to be longer than `limit` bytes.

    An HTTPException, since FastAPI passes those on from reading a body, and turns others into 400.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


def error_body(code: str, message: str, fix: str) -> dict[str, dict[str, str]]:
    """Give the body of an error."""
    return {"error": {"code": code, "message": message, "fix": fix}}


def too_long(limit: int) -> dict[str, dict[str, str]]:
    """Give the body of the refusal of a body that is longer than so many bytes."""
    return error_body("too_long", f"The request's body is longer than {limit // 1024} kB.", "Send less.")


_BY_STATUS = {
    400: ("invalid", "The request could not be understood.", "See /openapi.json for what is expected."),
    404: ("not_found", "There is nothing here.", "See /openapi.json for what there is."),
    405: ("method_not_allowed", "This address does not answer to that method.", "See /openapi.json."),
}


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class
    body = error_body(error.code, error.message, error.fix) | error.more
    return JSONResponse(body, status_code=error.status, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    # Only where and what kind: never the input, which may be a password.
    places = sorted({".".join(str(part) for part in detail["loc"]) for detail in error.errors()})
    message = f"Not acceptable: {', '.join(places)}."
    return JSONResponse(error_body("invalid", message, "See /openapi.json for what is expected."), 422)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if isinstance(error, BodyTooLongError):
        return JSONResponse(too_long(error.limit), status_code=413)
    code, message, fix = _BY_STATUS.get(
        error.status_code, ("refused", "The request was refused.", "See /openapi.json for what is expected.")
    )
    return JSONResponse(error_body(code, message, fix), status_code=error.status_code, headers=error.headers)


async def our_fault(_: Request, __: Exception) -> JSONResponse:
    """Give the answer to a request that failed: 500."""
    return JSONResponse(
        error_body("internal", "Something went wrong on our side.", "Try again; the log says what it was."),
        500,
    )


def add_error_handlers(app: FastAPI) -> None:
    """Give an app the one shape of errors."""
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, our_fault)
