"""Part `speech`: what people say, through the bridge, heard by a real ear and judged by the store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cli.bench.phone.office import Office
from cli.bench.report import Report
from cli.bench.speech import Spoken, one_call, sum_up
from cli.bench.task_store import BenchStore
from cli.bench.utterances import Utterance
from cli.caller.any_line import AnyLine
from cli.caller.record import CallRecord
from cli.caller.voices import Quality, VoiceName, make_voice

TARGETS: Final = {VoiceName.PIPER: 34, VoiceName.FLITE: 26}
"""Of forty."""
USER: Final = "economy"


@dataclass
class Speech:
    """What was made of each utterance, by voice."""

    spoken: dict[VoiceName, list[Spoken]] = field(default_factory=dict)

    def judge(self, report: Report) -> None:
        """Hold each voice to its promise."""
        for voice, spoken in self.spoken.items():
            if spoken:
                sum_up(report, voice, "bridge", TARGETS[voice], spoken)

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""
        return {voice.value: [asdict(one) for one in spoken] for voice, spoken in self.spoken.items()}


async def measure(
    office: Office,
    found: Speech,
    voices: Sequence[VoiceName],
    chosen: Sequence[Utterance],
    tell: Callable[[str], None],
) -> None:
    """One call for each voice. The office's ear has to be a real one. Raises CallError and TaskStoreError."""
    async with BenchStore(os.environ["VOICETASKS_WEB_TASKS_URL"], f"{USER}@example.com") as store:
        for voice in voices:
            spoken = found.spoken.setdefault(voice, [])

            def note(one: Spoken, voice: VoiceName = voice, spoken: list[Spoken] = spoken) -> None:
                spoken.append(one)
                verdict = "HARM" if one.harm else "right" if one.right else "miss"
                heard = "" if one.right else f" (heard «{' | '.join(one.understood)}»)"
                tell(f"{voice} {one.id}: {verdict}{heard}")

            # The bridge's own codec makes a telephone's sound of it.
            await one_call(_line(office), store, make_voice(voice, Quality.BROWSER), chosen, note)


@contextlib.asynccontextmanager
async def _line(office: Office) -> AsyncIterator[tuple[AnyLine, CallRecord]]:
    async with office.line(USER) as line:
        yield line, CallRecord()
