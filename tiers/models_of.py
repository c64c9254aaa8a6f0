"""The models of a stack, of whatever kind it is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tiers import cascade, speech_to_speech
from tiers.catalogue import Stack
from tiers.settings import VendorSettings

if TYPE_CHECKING:
    from tiers.gemini_speech import GeminiSpeech


def models_of(
    stack: Stack, settings: VendorSettings, *, call_id: str, today: date
) -> cascade.Cascade | speech_to_speech.SpeechToSpeech | GeminiSpeech:
    """Build them as they are served today; nothing is dialled before they are used."""
    if stack.is_cascade:
        return cascade.build(stack, settings, call_id=call_id, today=today)
    if stack.parts["speech_to_speech"].service == "gemini-live":
        from tiers import gemini_speech  # Google's library takes 40 MB, and few calls need it

        return gemini_speech.build(stack, settings, call_id=call_id, today=today)
    return speech_to_speech.build(stack, settings, call_id=call_id, today=today)
