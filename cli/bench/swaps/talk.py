"""One premium call to a demo of the bench's own, and what a bench does in it: speak, break a vendor, move the call."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from cli.admin.books import Books, open_books
from cli.bench.chaos.books import Desk
from cli.bench.chaos.demo import NoDemoError, demo_of_its_own, take_addresses_of
from cli.bench.chaos.slow_tasks import SlowTasks
from cli.bench.quiet_room import unseen
from cli.bench.task_store import BenchStore
from cli.caller.any_line import AnyLine
from cli.caller.conversation import Conversation, Patience
from cli.caller.line import Line
from cli.caller.record import CallRecord, Turn
from cli.caller.sound import Pcm
from cli.caller.told_words import tell
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.caller.web_door import WebDoor
from cli.ports import HOST
from people.demo_accounts import DEMO_PASSWORD

USER: Final = "premium@example.com"
PREMIUM: Final = "premium"
NO: Final = "No, thank you."
"""What the caller says to the question whether the words may be kept: an open question holds a swap up."""
BACK_SECONDS: Final = 30.0
"""How long premium may take to serve the call again after its vendor was healed."""
PATIENCE: Final = Patience(answer=15.0, whole_answer=40.0)

SETTINGS: Final = {
    # The caller speaks with a real voice, so that turns end where they would; the ear is told the words, which costs
    # the machine nothing, and our voice is a tone.
    "VOICETASKS_SANDBOX_EAR": "told",
    "VOICETASKS_SANDBOX_VOICE": "tone",
    "VOICETASKS_SANDBOX_PROFILE": "instant",
    # A vendor that was healed serves the same call again at once.
    "VOICETASKS_AGENT_BETTER_AFTER_SECONDS": "0",
    "VOICETASKS_ROUTING_BREAKER_FAILURES": "1",
    "VOICETASKS_ROUTING_BREAKER_COOL_SECONDS": "0.5",
    "VOICETASKS_ROUTING_BREAKER_LONGEST_SECONDS": "0.5",
}


class NotBackError(RuntimeError):
    """The call is not served as the bench needs it; the message says how it is."""


@dataclass(frozen=True)
class World:
    """A running demo and what a bench reaches in it."""

    url: str
    control_url: str
    ports: Mapping[str, int]
    log_dir: Path
    worker: int
    """The process id of the worker."""
    books: Books
    desk: Desk
    tasks: SlowTasks
    store: BenchStore
    voice: CachedVoice
    control: httpx.AsyncClient

    async def forget_words(self) -> None:
        """Have the ear forget words that were told and not taken."""
        (await self.control.post("/reset")).raise_for_status()

    async def sockets(self) -> int:
        """How many sockets the vendors have open."""
        return len((await self.control.get("/connections")).json()["open"])


@contextlib.asynccontextmanager
async def world(folder: Path, *options: str, **settings: str) -> AsyncIterator[World]:
    """Start everything, with some options and settings more. Raises NoDemoError and CannotSpeakError."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    tasks = SlowTasks()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(tasks.serve())
        demo = await stack.enter_async_context(
            demo_of_its_own(folder, *options, **(SETTINGS | settings), VOICETASKS_AGENT_TASKS_URL=tasks.url)
        )
        ports = demo["ports"]
        tasks.upstream = f"http://{HOST}:{ports['tasks']}"
        take_addresses_of(folder)
        books = await stack.enter_async_context(open_books())
        control_url = f"http://{HOST}:{ports['sandbox_control']}"
        control = await stack.enter_async_context(
            httpx.AsyncClient(base_url=control_url, timeout=15, trust_env=False)
        )
        desk = Desk(books, control)
        await desk.set_up()
        store = await stack.enter_async_context(BenchStore(os.environ["VOICETASKS_WEB_TASKS_URL"], USER))
        voice = make_voice(VoiceName.PIPER, Quality.BROWSER)
        stack.push_async_callback(voice.aclose)
        yield World(
            str(demo["url"]),
            control_url,
            ports,
            Path(demo["log_dir"]),
            int(demo["pids"]["worker"]),
            books,
            desk,
            tasks,
            store,
            voice,
            control,
        )


class Talk:
    """A call that goes on, and its caller."""

    def __init__(self, world: World, line: AnyLine, record: CallRecord, call_id: str) -> None:
        self.world, self.line, self.record, self.call_id = world, line, record, call_id
        self.conversation = Conversation(line, record, PATIENCE)
        self.words = ""

    async def begin(self) -> None:
        """Hear the greeting and answer its question."""
        await self.conversation.wait_for_agent()
        self._agent = self.line.agent.identity
        await self.conversation.wait_for_greeting()
        await self.say(NO, await self.world.voice.speak(NO))

    @property
    def is_the_same(self) -> bool:
        """Whether it is still the agent that came first, in the room that was joined first."""
        agent = self.line.agent
        return self.line.connected and agent.here and agent.identity == self._agent

    async def say(self, words: str, sound: Pcm) -> Turn:
        """Speak and hear the answer to its end."""
        self.words = words
        await self.tell()
        return await self.conversation.say(words, sound)

    async def tell(self) -> None:
        """Tell the ear the words of this turn; another ear that hears them once more is told them once more."""
        await tell(self.world.control_url, self.call_id, self.words)

    async def served_by(self, stack: str, seconds: float = BACK_SECONDS) -> None:
        """Wait until a stack serves the call. Raises NotBackError."""
        changes, agent = self.line.changes, self.line.agent
        if not await changes.wait_until(lambda: agent.stack == stack, seconds):
            raise NotBackError(f"after {seconds:.0f} s the call was served by {agent.stack}, not {stack}")

    async def at_rest(self) -> None:
        """Wait until nobody speaks and nothing is thought about."""
        await self.conversation.wait_for_end()


@contextlib.asynccontextmanager
async def talk(world: World) -> AsyncIterator[Talk]:
    """Call, be greeted by premium, and hang up at the end. Raises CallError."""
    record = CallRecord()
    async with WebDoor(world.url) as door:
        await door.sign_in(USER, DEMO_PASSWORD)
        ticket = await door.start_call()
    async with Line(ticket, record.confirmations, unseen, record=False) as line:
        talking = Talk(world, line, record, ticket.call_id)
        await talking.begin()
        yield talking


async def swap_by_policy(books: Books, *tiers_off: str) -> None:
    """Have an admin serve nobody with some tiers, and everybody with the others again."""
    store = books.store
    patch: dict[str, Any] = {"tiers_off": list(tiers_off)}
    await store.write(patch, expected=(await store.current()).version, author="bench:swap")


def titles_of(tasks: Sequence[Any]) -> list[str]:
    """The titles of stored tasks that are open."""
    return [task.title for task in tasks if task.status == "open"]


__all__ = ("NoDemoError", "NotBackError", "Talk", "World", "swap_by_policy", "talk", "titles_of", "world")
