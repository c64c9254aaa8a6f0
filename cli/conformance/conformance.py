"""Runs a vendor's script: with the stand-in, whose frames are held against the vendor's types; and with the vendor
itself where there is a key, whose frames are held against the stand-in's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from cli.conformance.frame import Difference, Frame, differences
from cli.conformance.scripts.deepgram_listening import TAG
from cli.conformance.scripts.peer import Peer, PeerError
from cli.conformance.scripts.speech import WORDS
from cli.conformance.types import NoSdkError
from cli.conformance.vendors import Vendor
from sandbox.app import serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES


@dataclass(frozen=True)
class Violation:
    """A frame that the vendor's types do not allow."""

    kind: str
    problem: str


@dataclass(frozen=True)
class Report:
    """What came of one vendor."""

    vendor: str
    checked_by: str
    """The SDK and its version, or what was recorded; empty where the SDK is not installed."""
    frames: dict[str, int]
    """The stand-in's, by kind."""
    violations: tuple[Violation, ...]
    """The stand-in's frames against the types."""
    compared: bool
    """With the vendor itself."""
    vendor_frames: dict[str, int]
    vendor_violations: tuple[Violation, ...]
    """The vendor's own frames against its types: where it sends more than its SDK knows."""
    differences: tuple[Difference, ...]
    most_usd: float
    """What the run cost at most; 0 with stand-ins alone."""
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the stand-in speaks as the vendor does, as far as could be seen."""
        return not self.violations and not self.differences and not self.note

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "vendor": self.vendor,
            "holds": self.holds,
            "compared_with": "vendor" if self.compared else "types",
            "checked_by": self.checked_by,
            "frames": self.frames,
            "violations": [vars(each) for each in self.violations],
            "vendor_frames": self.vendor_frames,
            "vendor_violations": [vars(each) for each in self.vendor_violations],
            "differences": [
                {name: getattr(each, name) for name in Difference.__slots__} for each in self.differences
            ],
            "most_usd": self.most_usd,
            "note": self.note,
        }


async def conformance(vendor: Vendor, *, base_url: str = "", key: str = "") -> Report:
    """Hold the stand-in against the vendor's types, and with a key against the vendor. Raises NoSdkError, PeerError."""
    real: list[Frame] = []
    async with aiohttp.ClientSession() as http:
        ours = await with_stand_in(vendor, http)
        if key:
            real = await vendor.run(Peer(http, base_url, key))
    check, checked_by, note = None, "", ""
    try:
        check, checked_by = vendor.types()
    except NoSdkError as error:
        note = str(error)

    def against_types(frames: Sequence[Frame]) -> tuple[Violation, ...]:
        if check is None:
            return ()
        told = ((frame.kind, problem) for frame in frames for problem in check(frame))
        return tuple(Violation(*each) for each in dict.fromkeys(told))

    return Report(
        vendor=vendor.name,
        checked_by=checked_by,
        frames=_count(ours),
        violations=against_types(ours),
        compared=bool(key),
        vendor_frames=_count(real),
        vendor_violations=against_types(real),
        differences=tuple(differences(real, ours)) if key else (),
        most_usd=vendor.most_usd if key else 0.0,
        note=note,
    )


async def with_stand_in(vendor: Vendor, http: aiohttp.ClientSession) -> list[Frame]:
    """Run the script with the stand-in, served for it alone. Raises PeerError when it does not speak the protocol."""
    desk = Desk(profile=PROFILES["instant"])
    desk.told.put(TAG, WORDS)
    async with serve(desk) as running:
        try:
            return await vendor.run(Peer(http, f"{running.url}{vendor.path}", "sandbox", sandbox=True))
        except PeerError as error:
            raise PeerError(f"the stand-in: {error}") from error


def _count(frames: Sequence[Frame]) -> dict[str, int]:
    return dict(Counter(frame.kind for frame in frames))
