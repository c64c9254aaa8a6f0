"""OpenAI's usage API: `GET /v1/organization/usage/completions` and `…/audio_transcriptions`, grouped by model.

https://platform.openai.com/docs/api-reference/usage. A page holds buckets of time, a bucket one result for each model.
Tokens of text, sound and pictures are told apart only since the API names the cached ones of each; `input_audio_tokens`
are those that were not cached.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from routing.exports.form import Export, Line, UnreadableExportError, family, price_of_many, unreadable
from tiers.prices import PriceTable, UnpricedModelError, UnpricedUnitError

FORM: Final = "OpenAI usage"
_VENDOR: Final = "openai"
_KINDS: Final = (
    "organization.usage.completions.result",
    "organization.usage.audio_transcriptions.result",
)

Tokens = Annotated[int, Field(ge=0, le=10**15)]
Optionally = Annotated[int, Field(ge=0, le=10**15)] | None


class _Completions(BaseModel):
    object: Literal["organization.usage.completions.result"]
    model: str | None = None
    batch: bool | None = None
    input_tokens: Tokens
    output_tokens: Tokens
    input_cached_tokens: Optionally = None
    input_cache_write_tokens: Optionally = None
    input_text_tokens: Optionally = None
    input_audio_tokens: Optionally = None
    input_image_tokens: Optionally = None
    input_cached_text_tokens: Optionally = None
    input_cached_audio_tokens: Optionally = None
    input_cached_image_tokens: Optionally = None
    output_text_tokens: Optionally = None
    output_audio_tokens: Optionally = None

    def chat_units(self) -> dict[str, int]:
        return {
            "input_tokens": self.input_tokens,
            "cached_input_tokens": self.input_cached_tokens or 0,
            "output_tokens": self.output_tokens,
        }

    def realtime_units(self) -> dict[str, int]:
        units: dict[str, int] = {}
        for kind in ("text", "audio", "image"):
            fresh, cached = (
                getattr(self, f"input_{kind}_tokens"),
                getattr(self, f"input_cached_{kind}_tokens"),
            )
            if kind != "image" and (fresh is None or cached is None):
                raise UnreadableExportError(
                    f"{self.model}: the export does not tell cached sound from cached text "
                    "(input_cached_audio_tokens); ask the usage API for it again, older answers lack it"
                )
            units[f"{kind}_input_tokens"] = (fresh or 0) + (cached or 0)
            units[f"cached_{kind}_input_tokens"] = cached or 0
        units["text_input_tokens"] += self.input_cache_write_tokens or 0
        units["text_output_tokens"] = self.output_text_tokens or 0
        units["audio_output_tokens"] = self.output_audio_tokens or 0
        given = sum(units[f"{kind}_input_tokens"] for kind in ("text", "audio", "image"))
        if given != self.input_tokens or units["text_output_tokens"] + units["audio_output_tokens"] != (
            self.output_tokens
        ):
            raise UnreadableExportError(
                f"{self.model}: text, sound and pictures do not add up to the tokens in all"
            )
        return units


class _Transcriptions(BaseModel):
    object: Literal["organization.usage.audio_transcriptions.result"]
    model: str | None = None
    batch: bool | None = None
    seconds: Tokens


_Used = Annotated[_Completions | _Transcriptions, Field(discriminator="object")]


def _known(results: Any) -> Any:
    """Take out what is of another kind: pictures, embeddings, costs."""
    if not isinstance(results, list):
        return results
    return [each for each in results if not isinstance(each, dict) or each.get("object") in _KINDS]


class _Bucket(BaseModel):
    start_time: Annotated[int, Field(ge=0)]
    end_time: Annotated[int, Field(ge=0)]
    results: Annotated[list[_Used], BeforeValidator(_known)]


class _Page(BaseModel):
    data: list[_Bucket]
    has_more: bool = False


def recognises(document: dict[str, Any]) -> bool:
    """Whether a JSON object is of this form."""
    return document.get("object") == "page" and "data" in document


def read(document: dict[str, Any], prices: PriceTable) -> Export:
    """Read a page. Raises UnreadableExportError."""
    try:
        page = _Page.model_validate(document)
    except ValidationError as error:
        raise unreadable(FORM, error) from error
    left_out: dict[str, None] = {}
    lines: list[Line] = []
    for bucket in page.data:
        for result in bucket.results:
            if result.model is None:
                raise UnreadableExportError(
                    "the export is not grouped by model; ask for it with group_by=model"
                )
            if result.batch:
                left_out[f"Batches of {result.model} are not used by calls."] = None
                continue
            try:
                lines.append(_line(result, result.model, bucket, prices))
            except (UnpricedModelError, UnpricedUnitError) as error:
                left_out[f"{error}: another application's, or prices.toml lacks it."] = None
    if page.has_more:
        left_out["The file is one page of several; reconcile each (has_more is true)."] = None
    return Export(FORM, tuple(lines), by_request=False, left_out=tuple(left_out))


def _line(result: _Completions | _Transcriptions, named: str, bucket: _Bucket, prices: PriceTable) -> Line:
    model = family(_VENDOR, named)
    if isinstance(result, _Transcriptions):
        units = {"audio_ms": result.seconds * 1000}
    elif "input_tokens" in prices.rates(_VENDOR, model):
        units = result.chat_units()
    else:
        units = result.realtime_units()
    return Line(
        vendor=_VENDOR,
        model=model,
        starts_ms=bucket.start_time * 1000,
        ends_ms=bucket.end_time * 1000,
        microdollars=price_of_many(prices, _VENDOR, model, units),
    )
