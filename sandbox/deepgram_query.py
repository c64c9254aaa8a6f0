"""The query of Deepgram's `/v1/listen`, as far as it changes what the stand-in does.

What it does not act on (keyterm, diarize, redact, …) is taken and ignored, as a recogniser of one speaker may.
"""

from typing import Annotated, Any, Literal

from multidict import MultiMapping
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sandbox.price_list import UnpricedError, prices_of

DEFAULT_ENDPOINTING_MS = 10
"""What Deepgram uses when `endpointing` is absent or `true`."""


BESIDE = "beside"


class BadQueryError(ValueError):
    """A query the vendor answers with 400; the message is the body's `err_msg`."""


def _endpointing(value: Any) -> Any:
    return {"true": DEFAULT_ENDPOINTING_MS, "false": None}.get(value, value)


class ListenQuery(BaseModel):
    """A listen request's options, with Deepgram's names and defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str = Field(max_length=100)
    encoding: Literal["linear16", "mulaw"]
    sample_rate: int = Field(ge=8_000, le=48_000)
    channels: Literal[1] = 1
    interim_results: bool = False
    endpointing: Annotated[int | None, BeforeValidator(_endpointing)] = Field(
        default=DEFAULT_ENDPOINTING_MS, ge=0, le=5_000
    )
    """Milliseconds of silence after which a result is `speech_final`; None never."""
    vad_events: bool = False
    utterance_end_ms: int | None = Field(default=None, ge=1_000, le=5_000)
    punctuate: bool = False
    smart_format: bool = False
    tag: str | None = Field(default=None, max_length=200)
    """The first of the request's tags: the call it belongs to."""
    beside: bool = False
    """Tagged as an ear beside a model that hears for itself, which is told the same words."""

    @property
    def bytes_a_second(self) -> int:
        """Of the audio that is sent."""
        return self.sample_rate * (2 if self.encoding == "linear16" else 1)


def parse(query: MultiMapping[str]) -> ListenQuery:
    """The options of a request. Raises BadQueryError for what the vendor, or this stand-in, does not take."""
    values: dict[str, Any] = {name: query[name] for name in ListenQuery.model_fields if name in query}
    values["beside"] = BESIDE in query.getall("tag", [])
    if values.get("channels") == "1":
        values["channels"] = 1
    try:
        options = ListenQuery.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise BadQueryError(f"Bad Request: invalid query string ({wrong})") from None
    if options.utterance_end_ms is not None and not options.interim_results:
        raise BadQueryError("Bad Request: utterance_end_ms needs interim_results=true")
    try:
        prices_of("deepgram", options.model)
    except UnpricedError:
        raise BadQueryError("Bad Request: No such model/language/tier combination found.") from None
    return options
