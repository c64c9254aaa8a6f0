"""What all stand-ins share: the desk that the sandbox works at."""

from functools import cached_property
from typing import TYPE_CHECKING

from sandbox.clock import Clock
from sandbox.connections import Connections
from sandbox.faults import Faults
from sandbox.invoice import Invoice
from sandbox.pace import Pace
from sandbox.profiles import PROFILES, Latency, Part, Profile
from sandbox.scripts import Scripts
from sandbox.speech import Hears, Speaks
from sandbox.told import Told
from sandbox.tone import Tone

if TYPE_CHECKING:
    from sandbox.sight.eye import Eye


class Desk:
    """The shared state of one sandbox. `ear` is None when all words are told; with one, told words are heard first."""

    def __init__(
        self,
        *,
        profile: Profile | None = None,
        time_scale: float = 1.0,
        seed: int = 1,
        ear: Hears | None = None,
        voice: Speaks | None = None,
    ) -> None:
        self.clock = Clock(time_scale)
        self.latency = Latency(profile or PROFILES["instant"], seed)
        self.invoice = Invoice(self.clock)
        self.connections = Connections(self.clock)
        self.faults = Faults(self.clock)
        self.told = Told()
        self.scripts = Scripts()
        self.ear = ear
        self.voice: Speaks = voice or Tone()

    @cached_property
    def eye(self) -> "Eye":
        """What looks at pictures; loaded with the first of them."""
        from sandbox.sight.eye import Eye

        return Eye()

    @property
    def profile(self) -> Profile:
        """The latency profile that is served now."""
        return self.latency.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self.latency.profile = profile

    async def pause(self, part: Part, service: str | None = None, *, since: float | None = None) -> None:
        """Be as slow as a vendor's part and the network to it and back are, and as the service's faults have it.

        `since`: when the request was there, by the clock. A vendor's time includes its own work, so that what the
        stand-in's takes is no wait on top.
        """
        worked = 0.0 if since is None else self.clock.now() - since
        await self.clock.sleep(self.latency.of(part) - worked)
        if service is not None:
            await self.faults.hold(service)

    def pace(self) -> Pace:
        """The pace of the tokens of one answer."""
        return Pace(self.clock, self.profile.llm_token_ms / 1000)

    def reset(self) -> None:
        """Forget charges, counts, told words, scripts and faults; the profile and open connections stay."""
        self.invoice.reset()
        self.connections.reset()
        self.told.reset()
        self.scripts.reset()
        self.faults.clear()
        self.latency.reset()

    async def aclose(self) -> None:
        """End the voice's process and the eye's thread."""
        await self.voice.aclose()
        if "eye" in self.__dict__:
            await self.eye.aclose()
