"""`bench latency`: calls to a demo of the bench's own and to its peers, turn by turn."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from cli.bench.chaos.demo import demo_of_its_own
from cli.bench.latency.caller import NO, Caller, Heard
from cli.bench.latency.doors import Channel, Rooms, System, starter_worker
from cli.bench.latency.judge import Cell
from cli.bench.latency.load import Load
from cli.bench.latency.parts import place, read_marks
from cli.bench.latency.peers.pipecat_home import NoPipecatError, pipecat_python
from cli.bench.latency.speech import Spoken, speak
from cli.bench.latency.turns import Manner, Wanted, plan, split
from cli.bench.quiet_room import quiet_line
from cli.caller.errors import CallError
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.environment import load
from cli.ports import HOST
from cli.settings import cli_settings

TURNS_A_CALL: Final = 12
ECHOED: Final = 6
REGISTERS_SECONDS: Final = 60.0
TRIES: Final = 2
"""A call that breaks off is made once more, so that its turns are there; that it broke off is counted."""

SETTINGS: Final = {
    # The caller speaks with a real voice, so that turns end where they would; the ear is told the words and when they
    # are spoken, which costs the machine nothing, and our voice is a tone.
    "VOICETASKS_SANDBOX_EAR": "told",
    "VOICETASKS_SANDBOX_VOICE": "tone",
}
REAL_EAR: Final = {"VOICETASKS_SANDBOX_EAR": "whisper", "VOICETASKS_SANDBOX_VOICE": "tone"}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be measured."""

    turns: int
    """Of ours, over all cells; a peer speaks as many as one cell of ours."""
    systems: tuple[System, ...]
    channels: tuple[Channel, ...]
    profiles: tuple[str, ...]
    seed: int
    folder: Path
    real_ear: bool = False

    @property
    def cells(self) -> list[Cell]:
        """Each system through each door on each profile; pipecat's transport knows no telephones."""
        return [
            Cell(system, channel, profile)
            for profile in self.profiles
            for channel in self.channels
            for system in self.systems
            if system.is_ours or channel is Channel.BROWSER
        ]

    @property
    def turns_a_cell(self) -> int:
        """At least two."""
        ours = sum(1 for cell in self.cells if cell.system.is_ours) or 1
        return max(2, -(-self.turns // ours))


async def run(order: Order, cells: Sequence[Cell], tell: Tell) -> None:
    """Measure every cell of an order. Raises NoDemoError and CannotSpeakError; one that cannot be measured says why.

    The cells fill call by call: whoever stops it has what was measured until then.
    """
    wanted = plan(order.turns_a_cell, order.seed)
    async with _voices(order.channels) as voices:
        spoken = {channel: await _spoken(voices[channel], wanted) for channel in order.channels}
        settings = REAL_EAR if order.real_ear else SETTINGS
        await asyncio.to_thread(order.folder.mkdir, parents=True, exist_ok=True)
        async with demo_of_its_own(order.folder, **settings) as demo:
            os.environ["VOICETASKS_CLI_DATA_DIR"] = str(order.folder)
            environment, _ = load(cli_settings(data_dir=order.folder))
            environment = {**os.environ, **environment}
            ports = demo["ports"]
            world = _World(
                Rooms(str(demo["url"]), environment, order.folder, lambda: pipecat_python(tell)),
                f"http://{HOST}:{ports['sandbox_control']}",
                Path(demo["log_dir"]) / "worker.log",
                voices,
                tell,
                tells_ear=not order.real_ear,
            )
            async with contextlib.AsyncExitStack() as peers:
                if System.STARTER in order.systems:
                    await peers.enter_async_context(starter_worker(environment, order.folder))
                    await registered(order.folder / "starter.log")
                ways = {channel: await world.way(channel, spoken[channel]) for channel in order.channels}
                profile = ""
                for cell in cells:
                    if cell.profile != profile:
                        profile = cell.profile
                        await world.serve_as(profile)
                    cell.way_ms = ways[cell.channel]
                    await world.measure(cell, spoken[cell.channel])


class _World:
    """The running demo, and calls to it."""

    def __init__(
        self,
        rooms: Rooms,
        control: str,
        worker_log: Path,
        voices: dict[Channel, CachedVoice],
        tell: Tell,
        *,
        tells_ear: bool,
    ) -> None:
        self._rooms, self._control, self._log = rooms, control, worker_log
        self._tells_ear = tells_ear
        self._voices, self._tell = voices, tell

    async def serve_as(self, profile: str) -> None:
        """Have the stand-ins be as slow as a profile says."""
        async with httpx.AsyncClient(base_url=self._control, timeout=10, trust_env=False) as client:
            (await client.put("/profile", json={"name": profile})).raise_for_status()

    async def way(self, channel: Channel, spoken: Sequence[Spoken]) -> float:
        """The median time of an echo through a door, ms; 0 where there is none."""
        wanted = [each for each in spoken if each.wanted.manner is Manner.AFTER and not each.wanted.breath]
        turns = await self._call(System.ECHO, channel, wanted[:ECHOED])
        times = [turn.answer_ms for turn in turns if turn.answer_ms is not None]
        self._tell(
            f"echo {channel}: median {median(times):.0f} ms, worst {max(times)}" if times else "no echo"
        )
        return float(median(times)) if times else 0.0

    async def measure(self, cell: Cell, spoken: Sequence[Spoken]) -> None:
        """Fill a cell."""
        with Load() as machine:
            for some in split_spoken(spoken, TURNS_A_CALL):
                since = self._log.stat().st_size
                try:
                    turns = await self._call(cell.system, cell.channel, some, cell)
                except (CallError, NoPipecatError) as error:
                    cell.problem = str(error)
                    self._tell(f"{cell.name}: {error}")
                    break
                place(turns, [marks for _, marks in read_marks(self._log, since)])
                cell.turns += turns
                for turn in turns:
                    self._tell(_told(cell, turn))
        cell.load, cell.others_percent = machine.average, machine.others_percent

    async def _call(
        self, system: System, channel: Channel, spoken: Sequence[Spoken], cell: Cell | None = None
    ) -> list[Heard]:
        """`cell`: where it is counted."""
        for attempt in range(TRIES):
            if cell is not None:
                cell.calls += 1
            try:
                async with self._rooms.ticket(system, channel) as ticket:
                    caller = Caller(
                        quiet_line(ticket),
                        self._control if self._tells_ear else None,
                        self._voices[channel],
                        greets=system.is_ours,
                        answers=system is not System.ECHO,
                    )
                    return await caller.call(spoken)
            except CallError as error:
                if cell is not None:
                    cell.broken += 1
                if attempt == TRIES - 1:
                    raise
                self._tell(f"{system} {channel}: {error}; once more")
        return []


def split_spoken(spoken: Sequence[Spoken], size: int) -> list[Sequence[Spoken]]:
    """In calls of so many turns. A call does not begin with what wants an answer to speak into."""
    return [spoken[first : first + size] for first in range(0, len(spoken), size)]


def _told(cell: Cell, turn: Heard) -> str:
    breath = f", breath {turn.breath_ms} ms" if turn.breath_ms else ""
    silent = f", silent after {turn.silent_ms} ms" if turn.silent_ms is not None else ""
    answer = "" if turn.manner == Manner.MHM else f": {turn.answer_ms} ms{' CUT OFF' if turn.cut_off else ''}"
    return f"{cell.name}, {turn.kind} {turn.manner}{breath}{answer}{silent}"


@contextlib.asynccontextmanager
async def _voices(channels: Sequence[Channel]) -> AsyncIterator[dict[Channel, CachedVoice]]:
    async with contextlib.AsyncExitStack() as stack:
        found: dict[Channel, CachedVoice] = {}
        for channel in channels:
            voice = make_voice(
                VoiceName.PIPER, Quality.PHONE if channel is Channel.PHONE else Quality.BROWSER
            )
            stack.push_async_callback(voice.aclose)
            await voice.speak(NO)
            found[channel] = voice
        yield found


async def _spoken(voice: CachedVoice, wanted: Sequence[Wanted]) -> list[Spoken]:
    return [await speak(voice, each) for each in wanted]


async def registered(log: Path) -> None:
    """Wait until the starter's worker takes calls. Raises CallError."""
    async with asyncio.timeout(REGISTERS_SECONDS):
        while "registered worker" not in await asyncio.to_thread(log.read_text, "utf-8", "replace"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)  # a file tells nobody that it grew


__all__ = ("Order", "registered", "run", "split")
