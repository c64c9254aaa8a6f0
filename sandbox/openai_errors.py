"""OpenAI's error bodies, word for word where their wording is known."""

from collections.abc import Mapping

from aiohttp import web

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this "
    "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
RETRY_AFTER_SECONDS = 2


def rate_limited(of: str) -> str:
    """What the vendor says when `of` (requests or tokens) were too many."""
    return f"Rate limit reached for {of} per min. Please try again in {RETRY_AFTER_SECONDS}s."


class OpenAIError(Exception):
    """A request that OpenAI would refuse; becomes its JSON error body with its status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}

    def response(self, request_id: str) -> web.Response:
        """The refusal on the wire."""
        headers = {"x-request-id": request_id, **self.headers}
        return web.json_response(self.body, status=self.status, headers=headers)


def no_key() -> OpenAIError:
    """No bearer token was sent."""
    return OpenAIError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def no_model(name: str) -> OpenAIError:
    """The model is not sold here."""
    return OpenAIError(
        404,
        f"The model `{name[:100]}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def not_json() -> OpenAIError:
    """The body is no JSON object."""
    return OpenAIError(400, "We could not parse the JSON body of your request.")


def missing(param: str) -> OpenAIError:
    """A required parameter is not there."""
    return OpenAIError(
        400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
    )


def invalid(param: str, why: str) -> OpenAIError:
    """A parameter has a value that cannot be taken."""
    return OpenAIError(400, f"Invalid value for '{param}': {why}", param=param, code="invalid_value")


def only_with(param: str, other: str) -> OpenAIError:
    """A parameter was sent without the one that gives it a meaning."""
    return OpenAIError(
        400,
        f"Invalid value for '{param}': '{param}' is only allowed when '{other}' are specified.",
        param=param,
    )


def unanswered(call_ids: list[str]) -> OpenAIError:
    """An assistant's tool calls are not all followed by tool messages."""
    return OpenAIError(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(call_ids)}",
        param="messages",
    )


def orphaned(index: int) -> OpenAIError:
    """A tool message answers no call."""
    return OpenAIError(
        400,
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        param=f"messages.[{index}].role",
    )


def too_long(tokens: int, limit: int) -> OpenAIError:
    """The prompt is above the context window."""
    return OpenAIError(
        400,
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens.",
        param="messages",
        code="context_length_exceeded",
    )


def of_fault(kind: str) -> OpenAIError:
    """A fault at the door, as https://platform.openai.com/docs/guides/error-codes has it."""
    match kind:
        case "unauthorized":
            message = "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."
            return OpenAIError(401, message, code="invalid_api_key")
        case "quota":
            return OpenAIError(429, QUOTA, kind="insufficient_quota", code="insufficient_quota")
        case "rate-limit":
            wait = {"retry-after": str(RETRY_AFTER_SECONDS)}
            message = rate_limited("requests")
            return OpenAIError(429, message, kind="requests", code="rate_limit_exceeded", headers=wait)
        case "server-error":
            return OpenAIError(500, SERVER_ERROR, kind="server_error")
        case _:
            message = "The engine is currently overloaded, please try again later"
            return OpenAIError(503, message, kind="server_error")
