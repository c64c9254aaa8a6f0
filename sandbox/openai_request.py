"""A chat completion request as OpenAI takes it: its shape, and the rules that its messages keep."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from sandbox import openai_errors as errors

_DAY_LONG_CACHES = ("gpt-5.5", "gpt-5.6")
"""Models whose prompts are cached for a day and no shorter (OpenAI's API reference, 2026)."""

_FunctionName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Part(BaseModel):
    """A piece of a message's content; what is no text is accepted and not looked at."""

    type: str
    text: str | None = None
    refusal: str | None = None


class CalledFunction(BaseModel):
    """A function and its arguments as the model wrote them, JSON or not."""

    name: str
    arguments: str


class ToolCall(BaseModel):
    """A tool call of an assistant's message."""

    id: str = Field(min_length=1, max_length=200)
    type: Literal["function"] = "function"
    function: CalledFunction


class Message(BaseModel):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None

    @property
    def text(self) -> str:
        """The text of the content, its parts joined by a line break."""
        if isinstance(self.content, list):
            return "\n".join(
                part.text or part.refusal or "" for part in self.content if part.text or part.refusal
            )
        return self.content or ""


class FunctionDefinition(BaseModel):
    """A function that the model may call, with its JSON schema."""

    name: _FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(BaseModel):
    """A tool of the request."""

    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(BaseModel):
    """The function that must be called."""

    name: str


class NamedChoice(BaseModel):
    """A `tool_choice` that names one function."""

    type: Literal["function"]
    function: NamedFunction


class StreamOptions(BaseModel):
    """What a stream carries besides the reply."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatRequest(BaseModel):
    """The parameters that the stand-in understands. Others are accepted and have no effect."""

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=2048)
    tools: list[Tool] | None = Field(default=None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    n: Literal[1] | None = None
    user: str | None = Field(default=None, max_length=500)
    safety_identifier: str | None = Field(default=None, max_length=500)
    prompt_cache_key: str | None = Field(default=None, max_length=500)
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    metadata: dict[str, str] | None = None

    @property
    def tag(self) -> str | None:
        """The call that the request belongs to, when the client says so."""
        return (self.metadata or {}).get("call_id") or self.safety_identifier or self.user

    @property
    def token_limit(self) -> int | None:
        """The most tokens that the reply may have."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def required_tool(self) -> str | None:
        """The one function that must be called, if the request names one."""
        return self.tool_choice.function.name if isinstance(self.tool_choice, NamedChoice) else None


def parse(raw: bytes) -> ChatRequest:
    """Read a request's body. Raises OpenAIError as OpenAI would refuse it."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise errors.not_json() from None
    if not isinstance(body, dict):
        raise errors.not_json()
    for param in ("model", "messages"):
        if body.get(param) is None:
            raise errors.missing(param)
    try:
        request = ChatRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        param = ".".join(f"[{part}]" if isinstance(part, int) else part for part in first["loc"][:4])
        raise errors.invalid(param, first["msg"]) from None
    _check_options(request)
    _check_pairs(request.messages)
    return request


def _check_options(request: ChatRequest) -> None:
    if not request.tools:
        # OpenAI lets a null pass and refuses a real value.
        for param in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, param) not in (None, "none"):
                raise errors.only_with(param, "tools")
    elif request.required_tool and request.required_tool not in {
        tool.function.name for tool in request.tools
    }:
        raise errors.invalid(
            "tool_choice", f"Tool choice '{request.required_tool}' not found in 'tools' parameter."
        )
    if request.prompt_cache_retention == "in_memory" and request.model.startswith(_DAY_LONG_CACHES):
        raise errors.OpenAIError(
            400,
            "This model is compatible only with 24h extended prompt caching.",
            param="prompt_cache_retention",
        )
    if request.stream_options and not request.stream:
        raise errors.OpenAIError(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )


def _check_pairs(messages: list[Message]) -> None:
    """Every tool call has its answer right behind it, and every answer its call."""
    waiting: dict[str, None] = {}
    answered: set[str] = set()
    for index, message in enumerate(messages):
        if message.role == "tool":
            call_id = message.tool_call_id
            if call_id is None:
                raise errors.missing(f"messages.[{index}].tool_call_id")
            if call_id not in waiting and call_id not in answered:
                raise errors.orphaned(index)
            waiting.pop(call_id, None)
            answered.add(call_id)
            continue
        if waiting:
            raise errors.unanswered(list(waiting))
        answered.clear()
        if message.role == "assistant":
            waiting = dict.fromkeys(call.id for call in message.tool_calls or ())
            if message.content is None and not waiting:
                raise errors.invalid(
                    f"messages.[{index}].content", "expected a string, got null. Send content or tool_calls."
                )
        elif message.content is None:
            raise errors.invalid(f"messages.[{index}].content", "expected a string, got null.")
    if waiting:
        raise errors.unanswered(list(waiting))
