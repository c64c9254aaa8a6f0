"""A real Chromium on the page, with a microphone that says what a test gives it and an ear on what comes back."""

from __future__ import annotations

import base64
import io
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import Locator, Page, expect

from people.demo_accounts import DEMO_PASSWORD
from tiers.local.voice import Voice

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
PATIENT_MS = 60_000
"""Machines that run the tests are busy: what takes a second may take many."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def wav_of(pcm: bytes, rate: int, *, silence_before: float = 0.0, silence_after: float = 0.0) -> bytes:
    """16-bit mono sound as a file, with silence (seconds) around it."""
    quiet = [bytes(2 * int(rate * seconds)) for seconds in (silence_before, silence_after)]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(quiet[0] + pcm + quiet[1])
    return file.getvalue()


class Speech:
    """Words as sound, by Piper, once a run for the same words."""

    _spoken: dict[str, tuple[bytes, int]] = {}  # noqa: RUF012 - shared on purpose

    @classmethod
    async def of(cls, text: str) -> tuple[bytes, int]:
        """The words as 16-bit mono PCM, and its rate."""
        if text not in cls._spoken:
            voice = Voice()
            try:
                pcm = b"".join([piece async for piece in voice.speak(text)])
                cls._spoken[text] = (pcm, voice.sample_rate)
            finally:
                await voice.aclose()
        return cls._spoken[text]


@dataclass
class Tab:
    """One tab with the page in it."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    """What went wrong in the browser: exceptions, and what the content security policy refused."""

    def watch(self) -> None:
        """Note exceptions and refusals of the policy."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )

    async def another(self) -> Tab:
        """A second tab of the same browser."""
        tab = Tab(await self.page.context.new_page(), self.url)
        tab.watch()
        return tab

    async def open(self) -> None:
        """Load the page."""
        await self.page.goto(self.url)

    async def sign_in(self, email: str, password: str = DEMO_PASSWORD) -> None:
        """Load the page and sign in by the form."""
        if self.page.url == "about:blank":
            await self.open()
        await self.page.get_by_label("Email").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(self.page.get_by_role("button", name="Sign out")).to_be_visible(timeout=PATIENT_MS)

    async def start(self) -> None:
        """Begin a call."""
        await self.page.get_by_role("button", name="Start talking").click()

    async def greeted(self) -> None:
        """Wait until the agent has greeted, and listens."""
        await expect(self.lines("assistant").first).to_contain_text("AI", timeout=PATIENT_MS)
        await self.listening()

    async def listening(self) -> None:
        """Wait until the page says that the agent listens."""
        await expect(self.state).to_have_text("Listening", timeout=PATIENT_MS)

    @property
    def state(self) -> Locator:
        """What the page says of the agent, in large letters."""
        return self.page.locator(".agent .state")

    @property
    def card(self) -> Locator:
        """The question to be clicked."""
        return self.page.locator(".confirm")

    def lines(self, who: str) -> Locator:
        """Finished lines of the conversation: `you`, `assistant` or `note`."""
        return self.page.locator(f".transcript li.{who}[data-final=true]")

    async def said_since(self, count: int, pattern: str, *, who: str = "assistant") -> None:
        """Wait for a finished line after the first `count` that holds a pattern, in any case."""
        line = self.page.locator(f".transcript li.{who}[data-final=true]:nth-child(n+{count + 1})")
        await expect(line.filter(has_text=re.compile(pattern, re.IGNORECASE)).first).to_be_visible(
            timeout=PATIENT_MS
        )

    async def count(self) -> int:
        """How many lines the conversation has."""
        return await self.page.locator(".transcript li").count()

    async def muted(self) -> bool:
        """Whether the microphone's track carries nothing to the room."""
        muted: bool = await self.page.evaluate("window.__test.muted()")
        return muted

    async def say(self, text: str, *, breath: float = 0.2) -> None:
        """Speak into the microphone; returns when the last word is out."""
        pcm, rate = await Speech.of(text)
        # The recogniser wants to hear the room before and after the words.
        sound = wav_of(pcm, rate, silence_before=breath, silence_after=0.3)
        await self.page.evaluate("sound => window.__test.say(sound)", base64.b64encode(sound).decode())

    async def say_for_the_card(self, text: str, about: str) -> None:
        """Speak until the card asks about it: who was misheard says it once more, as a person would."""
        await self.say(text)
        try:
            await expect(self.card).to_contain_text(about, timeout=PATIENT_MS / 2)
        except AssertionError:
            await self.listening()
            await self.say(text)
            await expect(self.card).to_contain_text(about, timeout=PATIENT_MS)

    async def type(self, text: str) -> None:
        """Write into the conversation."""
        await self.page.get_by_label("Type a message").fill(text)
        await self.page.get_by_role("button", name="Send").click()

    async def hang_up(self) -> None:
        """End the call."""
        await self.page.get_by_role("button", name="End", exact=True).click()
        await expect(self.page.get_by_role("heading", name="Call ended")).to_be_visible()

    async def heard_ms(self) -> list[float]:
        """When sound came out of the page, on the page's own clock: one entry for each 50 ms of it."""
        found: list[float] = await self.page.evaluate("window.__test.heard")
        return found

    async def now_ms(self) -> float:
        """The page's own clock."""
        now: float = await self.page.evaluate("performance.now()")
        return now

    async def tasks(self, view: str = "all") -> list[dict[str, Any]]:
        """What the store holds for whoever is signed in."""
        # By the page's own connection: one kept beside it may have been closed meanwhile.
        answer: dict[str, Any] = await self.page.evaluate(
            "view => fetch(`/api/tasks?view=${view}`).then((answer) => answer.json())", view
        )
        tasks: list[dict[str, Any]] = answer["tasks"]
        return tasks

    async def titles(self, view: str = "all") -> list[str]:
        """Titles in the store, in lower case and in order."""
        return sorted(task["title"].lower() for task in await self.tasks(view))

    def shown_tasks(self) -> Locator:
        """Open tasks as the page shows them."""
        return self.page.locator(".tasks .group:not(.done) .task .title")


class OpenTab(Protocol):
    """Starts a Chromium of its own with one empty tab. Further arguments are Playwright's for the context."""

    async def __call__(
        self,
        *,
        microphone: Path | None = None,
        real_microphone: bool = False,
        flags: Sequence[str] = (),
        **context: Any,
    ) -> Tab:
        """`microphone` is a file for Chromium's own fake device, allowed to the page; with `real_microphone` the
        device is Chromium's too, and not allowed yet. Else the test speaks by `Tab.say`.
        """
        ...


class StartWith(Protocol):
    """Gives a person exactly these open tasks, and nothing done; returns their own date, ISO."""

    async def __call__(self, email: str, *titles: str, due: Sequence[str] = ()) -> str: ...
