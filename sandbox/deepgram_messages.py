"""The messages of Deepgram's listen v1, as the vendor's reference describes them."""

import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.word_times import WordTime

# One model, so always the same identifier, as a vendor's model has.
MODEL_UUID = str(uuid.uuid5(uuid.NAMESPACE_URL, "voicetasks/sandbox/deepgram"))
_CHANNEL = [0, 1]
"""The first of one channel."""
_OUTSIDE_WORDS = '.,!?;:"“”«»()…'
_AGREES = re.compile(r"^(\W*)(m)(?:hm+|m-?hm+)(\W*)$", re.IGNORECASE)
"""A listener's «mhm», however an ear writes it."""


class Messages:
    """Writes the messages of one connection."""

    def __init__(self, request_id: str, model: str, *, punctuated: bool) -> None:
        self._request_id = request_id
        self._punctuated = punctuated
        self._model_info = {"name": model, "version": "sandbox", "arch": "nova-3"}

    def speech_started(self, timestamp: float) -> dict[str, Any]:
        """Somebody began to speak, `timestamp` seconds into the stream."""
        return {"type": "SpeechStarted", "channel": _CHANNEL, "timestamp": round(timestamp, 3)}

    def utterance_end(self, last_word_end: float) -> dict[str, Any]:
        """No word for `utterance_end_ms`."""
        return {"type": "UtteranceEnd", "channel": _CHANNEL, "last_word_end": round(last_word_end, 3)}

    def results(
        self,
        words: Sequence[WordTime],
        *,
        start: float,
        end: float,
        is_final: bool,
        speech_final: bool = False,
        from_finalize: bool = False,
        confidence: float = 0.0,
    ) -> dict[str, Any]:
        """What was said from `start` to `end` (seconds of the stream); no words is an answer too."""
        sure = round(confidence, 4) if words else 0.0
        return {
            "type": "Results",
            "channel_index": _CHANNEL,
            "duration": round(end - start, 3),
            "start": round(start, 3),
            "is_final": is_final,
            "speech_final": speech_final,
            "channel": {
                "alternatives": [
                    {
                        "transcript": " ".join(self._written(word) for word in words),
                        "confidence": sure,
                        "words": [self._word(word, sure) for word in words],
                    }
                ]
            },
            "metadata": {
                "request_id": self._request_id,
                "model_info": self._model_info,
                "model_uuid": MODEL_UUID,
            },
            "from_finalize": from_finalize,
        }

    def metadata(self, *, sha256: str, created: float, duration: float) -> dict[str, Any]:
        """The summary at the end; `created` in seconds since the epoch."""
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": sha256,
            "created": datetime.fromtimestamp(created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "duration": round(duration, 3),
            "channels": 1,
            "models": [MODEL_UUID],
            "model_info": {MODEL_UUID: self._model_info},
        }

    def configured(self, keyterms: list[str] | None) -> dict[str, Any]:
        """A Configure was taken."""
        message: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": self._request_id}
        return message if keyterms is None else message | {"keyterms": keyterms}

    def not_understood(self, message: str) -> dict[str, Any]:
        """A text message was none of the protocol's."""
        return {
            "type": "Error",
            "variant": "SchemaError",
            "description": "Could not deserialize last text message: not a message of the listen protocol",
            "message": message[:500],
        }

    def _written(self, word: WordTime) -> str:
        return _spelled(word.word) if self._punctuated else _bare(word.word)

    def _word(self, word: WordTime, confidence: float) -> dict[str, Any]:
        entry = {"word": _bare(word.word), "start": word.start, "end": word.end, "confidence": confidence}
        return entry | {"punctuated_word": _spelled(word.word)} if self._punctuated else entry


def command(text: str) -> dict[str, Any] | None:
    """A client's text message, None when it is no JSON object with a type."""
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def _spelled(word: str) -> str:
    """The vendor has one spelling for each sound of a listener's; of those only this one is another than an ear's."""
    return _AGREES.sub(r"\1\2hmm\3", word)


def _bare(word: str) -> str:
    spelled = _spelled(word)
    return spelled.strip(_OUTSIDE_WORDS).lower() or spelled
