"""The settings of a realtime session and of one response, as OpenAI's general release takes them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sandbox.price_list import UnpricedError, prices_of
from sandbox.realtime_events import RealtimeError, refusal

SAMPLE_RATE = 24_000
"""Of the sound in both directions; the stand-in takes no other, and no G.711."""

_Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
_MaxTokens = Annotated[int, Field(ge=1, le=4096)] | Literal["inf"]
_Modalities = Annotated[list[Literal["text", "audio"]], Field(min_length=1, max_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AudioFormat(_Strict):
    """16 bit mono PCM."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = 24000


class ServerVad(_Strict):
    """A turn ends with a silence."""

    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0.01, le=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5_000)
    silence_duration_ms: int = Field(default=500, ge=20, le=10_000)
    create_response: bool = True
    interrupt_response: bool = True
    # A reply of its own after a long silence is not served here: refused instead of ignored.
    idle_timeout_ms: None = None


class SemanticVad(_Strict):
    """A turn ends with a silence after words that sound finished."""

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


class Transcription(_Strict):
    """Which model writes down what the caller said."""

    model: str = Field(max_length=100)
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = Field(default=None, max_length=4_000)
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class AudioInput(_Strict):
    """The caller's side."""

    format: AudioFormat = AudioFormat()
    transcription: Transcription | None = None
    turn_detection: Annotated[ServerVad | SemanticVad, Field(discriminator="type")] | None = ServerVad()
    noise_reduction: dict[str, Any] | None = None


class AudioOutput(_Strict):
    """Our side."""

    format: AudioFormat = AudioFormat()
    voice: str = Field(default="alloy", max_length=100)
    speed: float = Field(default=1.0, ge=0.25, le=1.5)


class Audio(_Strict):
    """Both sides."""

    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class FunctionTool(BaseModel):
    """A function that the model may call, with its JSON schema."""

    type: Literal["function"]
    name: _Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class NamedTool(BaseModel):
    """A `tool_choice` that names one function."""

    type: Literal["function"]
    name: _Name


ToolChoice = Literal["none", "auto", "required"] | NamedTool


class TokenLimits(_Strict):
    """How long the conversation may get."""

    post_instructions: int | None = Field(default=None, ge=1)


class RetentionRatio(_Strict):
    """When the conversation is too long, keep this share of what it may have."""

    type: Literal["retention_ratio"]
    retention_ratio: float = Field(ge=0, le=1)
    token_limits: TokenLimits | None = None


Truncation = Literal["auto", "disabled"] | RetentionRatio


class Session(_Strict):
    """A session's settings; `tracing` and what follows are taken and have no effect."""

    type: Literal["realtime"]
    model: str = Field(max_length=200)
    output_modalities: _Modalities = ["audio"]
    instructions: str = Field(default="", max_length=200_000)
    tools: list[FunctionTool] = Field(default=[], max_length=128)
    tool_choice: ToolChoice = "auto"
    max_output_tokens: _MaxTokens = "inf"
    truncation: Truncation = "auto"
    audio: Audio = Audio()
    parallel_tool_calls: bool = True
    tracing: Any = None
    prompt: Any = None
    include: Any = None
    reasoning: Any = None

    def updated(self, change: Mapping[str, Any]) -> "Session":
        """The settings after a `session.update`: what it names is replaced, a null brings the default back.

        Raises RealtimeError for what the vendor refuses; nothing has changed then.
        """
        merged = self.model_dump() | {
            key: value for key, value in change.items() if key not in {"audio", "model"}
        }
        if change.get("type") is None:
            raise RealtimeError(
                "missing_required_parameter",
                "Missing required parameter: 'session.type'.",
                param="session.type",
            )
        if change.get("model") not in (None, self.model):
            raise RealtimeError(
                "invalid_value", "The model of a session cannot be changed.", param="session.model"
            )
        merged = {key: value for key, value in merged.items() if value is not None}
        try:
            merged["audio"] = _audio(merged["audio"], change.get("audio"))
            result = Session.model_validate(merged)
        except ValidationError as error:
            raise refusal(error, "session") from None
        transcription = result.audio.input.transcription
        if transcription and not transcribes(transcription.model):
            raise RealtimeError(
                "invalid_value",
                f"Invalid value: '{transcription.model}'.",
                param="session.audio.input.transcription.model",
            )
        return result


_OFF_WHEN_NULL = {"transcription", "turn_detection", "noise_reduction"}


def _audio(old: dict[str, Any], change: Any) -> Any:
    if change is None:
        return old
    if not isinstance(change, Mapping):
        return change  # for the validation to refuse
    merged: dict[str, Any] = dict(old)
    for side, values in change.items():
        if side not in old or not isinstance(values, Mapping):
            merged[side] = values
            continue
        both = old[side] | dict(values)
        merged[side] = {
            key: value for key, value in both.items() if value is not None or key in _OFF_WHEN_NULL
        }
    return {side: values for side, values in merged.items() if values is not None}


class ResponseOutput(_Strict):
    """How one response sounds."""

    format: AudioFormat | None = None
    voice: str | None = Field(default=None, max_length=100)


class ResponseAudio(_Strict):
    """The sound of one response."""

    output: ResponseOutput | None = None


class ResponseParams(_Strict):
    """What a `response.create` says; what it does not say is as the session has it."""

    audio: ResponseAudio | None = None
    conversation: Literal["auto", "none"] | None = None
    input: list[dict[str, Any]] | None = Field(default=None, max_length=2_000)
    instructions: str | None = Field(default=None, max_length=200_000)
    max_output_tokens: _MaxTokens | None = None
    metadata: (
        Annotated[
            dict[
                Annotated[str, StringConstraints(max_length=64)],
                Annotated[str, StringConstraints(max_length=512)],
            ],
            Field(max_length=16),
        ]
        | None
    ) = None
    output_modalities: _Modalities | None = None
    parallel_tool_calls: bool | None = None
    tool_choice: ToolChoice | None = None
    tools: list[FunctionTool] | None = Field(default=None, max_length=128)
    prompt: Any = None
    reasoning: Any = None

    @classmethod
    def of(cls, raw: object) -> "ResponseParams":
        """Read them from the event. Raises RealtimeError."""
        try:
            return cls.model_validate(raw or {})
        except ValidationError as error:
            raise refusal(error, "response") from None

    def over(self, session: Session) -> Session:
        """The session's settings as this response has them."""
        given = {
            key: getattr(self, key)
            for key in (
                "instructions",
                "max_output_tokens",
                "output_modalities",
                "parallel_tool_calls",
                "tool_choice",
                "tools",
            )
            if getattr(self, key) is not None
        }
        return session.model_copy(update=given)


def _units(model: str) -> frozenset[str]:
    try:
        return frozenset(prices_of("openai", model))
    except UnpricedError:
        return frozenset()


def sold(model: str) -> bool:
    """Whether it is a realtime model of the price list."""
    return "audio_output_tokens" in _units(model)


def transcribes(model: str) -> bool:
    """Whether it is a model of the price list that writes speech down."""
    units = _units(model)
    return "audio_seconds" in units or ("audio_input_tokens" in units and not sold(model))
