"""`bench screen`: what a minute of a shared screen costs, whether what is meant is read, and that its money ends it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from cli.bench.meter_slack import meter_slack
from cli.bench.rehearsing import Event, shared
from cli.bench.report import Report

DOLLARS_A_MINUTE: Final = 0.02
RIGHT_SHARE: Final = 0.95
SPEED: Final = 8.0
RENEW_SECONDS: Final = 40
"""More than once a minute, so that the shortest run has one."""
PLENTY: Final = 10**9
SMALL_CAP: Final = 2_000
"""µ$ that are spent after two or three questions."""
CAPPED_MINUTES: Final = 2
PAGES: Final = (
    ("Fix the login button on Android", "Due date: December 11, 2026", "white", "#172b4d"),
    ("Renew the passport", "Deadline: January 15, 2027", "#1b1d21", "#e6e6e6"),
    ("Order new headsets", "Due: December 9, 2026", "#f4f5f7", "#222222"),
    ("Submit the grant proposal", "Closes on January 9, 2027", "#0d1b2a", "white"),
)


async def run(minutes: int) -> Report:
    """Share for so many minutes with a renewal in each, then once more with hardly any money. Raises RehearsalError."""
    report = Report("screen")
    events = await _events(minutes, PLENTY)
    charges = [event for event in events if "microdollars" in event]
    answers = [event for event in events if "wanted" in event]
    end = next(event for event in events if event.get("ended"))
    invoiced = next(event["invoice"]["microdollars"] for event in events if "invoice" in event)
    metered = sum(charge["microdollars"] for charge in charges)
    right = sum(answer["wanted"] == answer["got"] for answer in answers)
    report.at_most(
        "a minute of sharing", DOLLARS_A_MINUTE, round(metered / 1_000_000 / minutes, 5), "$", minutes
    )
    report.at_most(
        "meter and invoice apart", meter_slack(invoiced), abs(metered - invoiced), "µ$", len(charges)
    )
    report.at_least(
        "questions answered right", RIGHT_SHARE, round(right / len(answers), 3), "share", len(answers)
    )
    report.at_least("connections renewed", minutes, end["renewals"], "", minutes)
    capped = await _events(CAPPED_MINUTES, SMALL_CAP)
    spent = [event["at"] for event in capped if "spent" in event]
    later = [event for event in capped if "microdollars" in event and spent and event["at"] > spent[0]]
    report.at_least("with hardly any money: sight ends with a word", 1, len(spent), "time", 1)
    report.at_most("with hardly any money: charges after that", 0, len(later), "", 1)
    report.details.append(
        {"sandbox": True, "answers": answers, "microdollars": metered, "invoiced": invoiced}
    )
    return report


async def _events(minutes: int, cap: int) -> list[Event]:
    with tempfile.TemporaryDirectory(prefix="voicetasks-screen-") as name:
        folder = Path(name)
        plan: dict[str, Any] = {
            "pages": pages(folder),
            "seconds": 60 * minutes,
            "renew_every_seconds": RENEW_SECONDS,
            "cap_microdollars": cap,
        }
        return [event async for event in shared(plan, folder, speed=SPEED)]


def pages(folder: Path) -> list[dict[str, str]]:
    """Draw the pages that are shared."""
    return [_page(folder, number) for number in range(len(PAGES))]


def _page(folder: Path, number: int) -> dict[str, str]:
    """Draw a page; gives it as the rehearsal takes it."""
    title, due, paper, ink = PAGES[number]
    picture = Image.new("RGB", (1280, 720), paper)
    pen = ImageDraw.Draw(picture)
    pen.text((60, 60), title, ink, ImageFont.load_default(34))
    pen.text((60, 140), due, ink, ImageFont.load_default(18))
    pen.text(
        (60, 190),
        "Everything that is needed for it lies in the shared folder.",
        ink,
        ImageFont.load_default(18),
    )
    path = folder / f"page{number}.png"
    picture.save(path)
    return {"picture": str(path), "title": title}
