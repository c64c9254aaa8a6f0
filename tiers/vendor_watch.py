"""The watch over one session's models, whatever they are: which service stands behind each part, and what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livekit.agents import APIStatusError

from tiers.catalogue import Model, Part
from tiers.diagnosis import by_end
from tiers.faults import Fault
from tiers.metering.taps import SocketTap
from tiers.realtime_watch import RealtimeWatch
from tiers.watch import Failure, Hearing, VendorPatience, Watch

if TYPE_CHECKING:
    from tiers.cascade import Cascade
    from tiers.gemini_speech import GeminiSpeech
    from tiers.gemini_watch import GeminiWatch
    from tiers.speech_to_speech import SpeechToSpeech

OWN_MACHINE_PATIENCE = 4.0
"""How much longer models on our own machines may take: they share it with everything else."""


class VendorWatch:
    """Watches the models of one session. Failures go to `on_failure`."""

    def __init__(
        self,
        models: Cascade | SpeechToSpeech | GeminiSpeech,
        on_failure: Callable[[Failure], None],
        *,
        on_worked: Callable[[str], None] = lambda _: None,
        patience: VendorPatience | None = None,
    ) -> None:
        self._models = models
        self._watch = Watch(on_failure, patience)
        self._hearing = Hearing(self._watch)
        self._on_worked = on_worked
        self._worked: set[Part] = set()
        self._realtime: RealtimeWatch | GeminiWatch | None = None
        self._trouble: APIStatusError | None = None
        if "speech_to_speech" in models.parts:
            service = models.parts["speech_to_speech"].service
            if service == "gemini-live":
                from tiers.gemini_watch import GeminiWatch

                self._realtime = GeminiWatch(
                    self._watch,
                    service,
                    lambda: on_worked(service),
                    lambda text, final: self.heard(text, final=final),
                )
            else:
                self._realtime = RealtimeWatch(self._watch, service, lambda: on_worked(service))
            models.llm.watch = self._realtime  # type: ignore[union-attr]
        self.renew()

    def part(self, part: Part) -> Model:
        """The model that serves a part now."""
        return self._models.parts[part]

    @property
    def _beside(self) -> Model | None:
        """The ear beside a model that hears for itself; None where there is none."""
        built = getattr(self._models, "built", {}).get("stt")
        return built.model if built is not None and "stt" not in self._models.parts else None

    @property
    def is_speaking(self) -> bool:
        """Whether a speech-to-speech model has begun an answer whose end has not come."""
        return self._realtime is not None and self._realtime.is_active

    @property
    def thought_patience(self) -> float:
        """How long the language model may be silent, seconds."""
        return self._watch.patience.thought * self._slowness("llm")

    @property
    def sound_patience(self) -> float:
        """How long the voice may be silent, seconds."""
        return self._watch.patience.sound * self._slowness("tts")

    def renew(self) -> None:
        """Parts were replaced: the new ones have not failed yet."""
        for model in self._models.parts.values():
            self._watch.renew(model.service)
            self._watch.renew(model.name)
        ear = self._models.parts.get("stt") or self._beside
        self._hearing.serves(ear.service if ear is not None and ear.vendor != "local" else "")
        self._worked.clear()
        self._overhear()

    def worked(self, part: Part) -> None:
        """A part gave its first sign of life since it serves."""
        if part not in self._worked:
            self._worked.add(part)
            self._on_worked(self.part(part).service)

    async def is_reached(self) -> bool:
        """Wait until a speech-to-speech vendor has opened its session; False where it does not in time."""
        if self._realtime is None:
            return True
        try:
            async with asyncio.timeout(self._watch.patience.generation):
                await self._realtime.reached.wait()
        except TimeoutError:
            return False
        return True

    def caller_speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        self._hearing.caller_speaks(speaking)

    def heard(self, text: str, *, final: bool) -> None:
        """Take words of the caller that were written down."""
        if self._beside is None:  # else these are the model's own, and say nothing of the ear
            self._hearing.heard(text, final=final)
        if "stt" in self._models.parts:
            self.worked("stt")

    def overheard(self, text: str, *, final: bool) -> None:
        """Take words that an ear beside the model wrote."""
        self._hearing.heard(text, final=final)
        if self._beside is not None and "stt" not in self._worked:
            self._worked.add("stt")
            self._on_worked(self._beside.service)

    def overheard_no_more(self, error: BaseException) -> None:
        """Judge what an ear beside the model ended with. Nobody waits for its words any more."""
        self._hearing.serves("")
        if self._beside is not None:
            self._watch.error(self._beside.service, error, can_be_asked=False)

    def error(self, part: Part, error: BaseException) -> None:
        """Judge an error of a part. An ear that is too busy is left: nothing but the next one hears what it did not."""
        self._watch.error(self.part(part).service, error, can_be_asked=part != "stt")

    def fail(self, failure: Failure) -> None:
        """Tell that a part failed."""
        self._watch.fail(failure)

    def voice_said(self, message: str) -> None:
        """Read a message of the voice's socket: some errors come in the guise of an end, and the plugins miss them.

        Not those that name their context: they may be of a text that was broken off before. Whatever speaks the text
        tells of them: `CartesiaVoice`, and ElevenLabs' plugin.
        """
        try:
            body: Any = json.loads(message)
        except ValueError:
            return
        if not isinstance(body, dict) or body.get("context_id") or body.get("contextId"):
            return
        if body.get("type") in ("error", "Error") or body.get("error"):
            status = body.get("status_code")
            code = str(body.get("error_code") or body.get("error") or body.get("err_code") or "")
            self._trouble = APIStatusError(
                "the voice reported an error",
                status_code=status if isinstance(status, int) else -1,
                body=code,
                retryable=False,
            )

    def voice_left(self, code: int, reason: str) -> None:
        """Read what the voice closed a socket with. Only what is wrong with the account is kept: idle ones close, too."""
        if self._trouble is None and by_end(reason) is not Fault.VENDOR_DOWN:
            self._trouble = APIStatusError(
                "the voice closed its socket", status_code=code, body=reason, retryable=False
            )

    def voice_trouble(self) -> APIStatusError | None:
        """The error that the voice reported since this was last asked."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def close(self) -> None:
        """Watch no longer."""
        self._watch.close()

    def _overhear(self) -> None:
        """Listen to the sockets of the voice and of the ear, whichever they are now."""
        for part, overhear in (("tts", self.voice_said), ("stt", self._hearing.said)):
            built = getattr(self._models, "built", {}).get(part)
            if built is not None and isinstance(built.tap, SocketTap):
                built.tap.overhear = overhear
                built.tap.left = self.voice_left if part == "tts" else None

    def _slowness(self, part: Part) -> float:
        own = self.part(part).vendor in ("local", "ollama")
        return OWN_MACHINE_PATIENCE if own else 1.0
