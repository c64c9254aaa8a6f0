"""The first message to Gemini Live: what a session may be set up with, and what the models themselves refuse of it.

The fields are those of LiveClientSetup in the vendor's SDKs (https://googleapis.github.io/kotlin-genai, and the reference
at https://ai.google.dev/api/live); any other ends the socket, so that what an upgrade of a plugin adds is seen here first.
What makes no difference to the stand-in is known by its name alone.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from sandbox.gemini_parts import Content, GeminiError, Message

_NEWEST: Final = "gemini-3.8-live"
_INVALID: Final = "Request contains an invalid argument."


class _Known(Message):
    """A part of the setup: its fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Function(_Known):
    """A function that the model may call."""

    name: str = Field(max_length=128)
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    parameters_json_schema: dict[str, Any] = Field(default_factory=dict)
    response: Any = None
    response_json_schema: Any = None
    behavior: str | None = None


class Tool(_Known):
    """What a session may use."""

    function_declarations: list[Function] = Field(default_factory=list)
    google_search: Any = None
    google_search_retrieval: Any = None
    code_execution: Any = None
    url_context: Any = None


class Sliding(_Known):
    """What a compressed context is cut down to."""

    target_tokens: int | None = Field(default=None, ge=0)


class Compression(_Known):
    """When a context is compressed, and to what."""

    trigger_tokens: int | None = Field(default=None, ge=0)
    sliding_window: Sliding | None = None


class Resumption(_Known):
    """The wish to be able to go on in another connection, or what to go on with."""

    handle: str | None = Field(default=None, max_length=500)
    transparent: Any = None


class Generation(_Known):
    """How answers are made: the fields of GenerationConfig that a live session takes."""

    media_resolution: str = "MEDIA_RESOLUTION_UNSPECIFIED"
    response_modalities: list[str] = Field(default_factory=list)
    enable_affective_dialog: bool | None = None
    thinking_config: dict[str, Any] | None = None
    candidate_count: Any = None
    frequency_penalty: Any = None
    max_output_tokens: Any = None
    presence_penalty: Any = None
    seed: Any = None
    speech_config: Any = None
    temperature: Any = None
    top_k: Any = None
    top_p: Any = None


class ActivityDetection(_Known):
    """Who finds the caller's turns: the vendor, or with `disabled` the client, who marks them."""

    disabled: bool = False
    start_of_speech_sensitivity: Any = None
    end_of_speech_sensitivity: Any = None
    prefix_padding_ms: Any = None
    silence_duration_ms: Any = None


class RealtimeConfig(_Known):
    """How input is taken as it comes."""

    automatic_activity_detection: ActivityDetection = ActivityDetection()
    activity_handling: Any = None
    turn_coverage: Any = None


class Proactivity(_Known):
    """Whether the model may leave something unanswered."""

    proactive_audio: bool | None = None


class Setup(_Known):
    """The first message of a connection."""

    model: str = Field(max_length=200)
    generation_config: Generation = Generation()
    system_instruction: Content | None = None
    tools: list[Tool] = Field(default_factory=list)
    context_window_compression: Compression | None = None
    session_resumption: Resumption | None = None
    realtime_input_config: RealtimeConfig = RealtimeConfig()
    output_audio_transcription: dict[str, Any] | None = None
    proactivity: Proactivity | None = None
    input_audio_transcription: Any = None
    avatar_config: Any = None
    explicit_vad_signal: Any = None
    history_config: Any = None
    safety_settings: Any = None

    def check(self) -> None:
        """Raise GeminiError for what the model does not take, as its page says.

        3.8 has no thinking level and no affective dialog, and is proactive for good; 3.1 is neither proactive nor
        affective. https://ai.google.dev/gemini-api/docs/models/gemini-3.8-live and gemini-3.1-flash-live-preview
        """
        generation, wished = self.generation_config, self.proactivity
        if generation.enable_affective_dialog is not None:
            raise GeminiError(1007, _INVALID)
        if self._is_newest:
            if generation.thinking_config is not None or (wished and wished.proactive_audio is False):
                raise GeminiError(1007, _INVALID)
        elif wished is not None and wished.proactive_audio:
            raise GeminiError(1007, _INVALID)

    @property
    def _is_newest(self) -> bool:
        return self.name == _NEWEST

    @property
    def talks(self) -> bool:
        """Whether the client marks turns of sound: then the session is a conversation."""
        return self.realtime_input_config.automatic_activity_detection.disabled

    @property
    def functions(self) -> list[Function]:
        """All that the model may call."""
        return [each for tool in self.tools for each in tool.function_declarations]

    def waits(self, function: Function) -> bool:
        """Whether the model waits for what becomes of a call, and then speaks whatever it is told of scheduling.

        Only 3.8 calls functions without waiting, and does so unless it is told otherwise; of 3.1 the page says:
        «Asynchronous function calling: not yet supported. Function calling is synchronous only.»
        (https://ai.google.dev/gemini-api/docs/models/gemini-3.8-live and gemini-3.1-flash-live-preview)
        """
        return not self._is_newest or function.behavior == "BLOCKING"

    @property
    def name(self) -> str:
        """The model without the path before it."""
        return self.model.removeprefix("models/")
