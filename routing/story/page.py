"""A call's story as one HTML file: nothing is loaded and nothing runs, so that it can be kept, mailed and printed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from routing.story.happened import happened, seconds
from routing.story.latency import NAMES
from routing.story.story import NO_WORDS, Story

_HERE: Final = Path(__file__).parent
_CSS: Final = (_HERE / "story.css").read_text(encoding="utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_FILE_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
CONTENT_SECURITY_POLICY: Final = f"{_FILE_POLICY}; frame-ancestors 'none'"
"""What a server sends with the page: its own style and nothing else."""

_WIDTH: Final = 1000
_THIN: Final = 2.0
"""The narrowest mark: what is shorter would not be seen."""
_TICKS: Final = 5
_PALETTE: Final = ("s0", "s1", "s2", "s3", "s4")
_STACKS: Final = ("premium", "economy", "budget", "quality", "local")

_environment = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of a lane, in parts of 1000 of its width and of 10 of its height."""

    x: float
    width: float
    colour: str
    title: str
    y: int = 0
    height: int = 10


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the picture; `told` says it to who cannot see it."""

    name: str
    told: str
    marks: list[Mark]


def page(story: Story) -> str:
    """Write the page."""
    lanes = _lanes(story)
    answers = [answer.ms or 0 for turn in story.turns for answer in turn.answers]
    return _environment.get_template("story.html.j2").render(
        story=story,
        css=Markup(_CSS),  # noqa: S704 - a file of ours
        policy=_FILE_POLICY,
        began=datetime.fromtimestamp(story.began_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        served=", then ".join(dict.fromkeys(each.stack for each in story.stretches)),
        lanes=lanes,
        ticks=[round(story.until_ms * at / (_TICKS - 1)) for at in range(_TICKS)],
        key=_key(story),
        happened=happened(story),
        scale=max(answers, default=1) or 1,
        part_names=NAMES,
        part_colours={name: f"p{at}" for at, name in enumerate(NAMES)},
        no_words=NO_WORDS,
        clock=clock,
        dollars=_dollars,
    )


def clock(ms: int) -> str:
    """Minutes and seconds."""
    whole = max(0, ms) // 1000
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _dollars(microdollars: int) -> str:
    return f"${microdollars / 1_000_000:,.4f}"


def _colour(stack: str) -> str:
    return _PALETTE[_STACKS.index(stack)] if stack in _STACKS else _PALETTE[-1]


def _lanes(story: Story) -> list[Lane]:
    whole = max(1, story.until_ms)

    def mark(at_ms: int, ms: int, colour: str, title: str) -> Mark:
        x = min(_WIDTH - _THIN, max(0.0, _WIDTH * at_ms / whole))
        width = min(_WIDTH - x, max(_THIN, _WIDTH * ms / whole))
        return Mark(round(x, 1), round(width, 1), colour, f"{clock(at_ms)} {title}")

    lanes = []
    for who, name in (("caller", "Caller"), ("assistant", "We")):
        spoken = [each for each in story.spoken if each.who == who]
        told = f"{name} spoke {len(spoken)} times, {seconds(sum(each.ms for each in spoken))} in all"
        lanes.append(
            Lane(
                name, told, [mark(each.at_ms, each.ms, who, f"{name}: {seconds(each.ms)}") for each in spoken]
            )
        )
    served = [
        mark(each.at_ms, each.until_ms - each.at_ms, _colour(each.stack), each.stack)
        for each in story.stretches
    ]
    lanes.append(
        Lane("Served by", ", then ".join(each.stack for each in story.stretches) or "nothing", served)
    )
    runs = [(run.at_ms, "tool", run.tool) for turn in story.turns for run in turn.tools]
    runs += [(one.at_ms, "question", "a question") for turn in story.turns for one in turn.confirmations]
    runs += [(swap.at_ms, "swap", f"{swap.before} → {swap.after}") for swap in story.swaps]
    runs += [(one.at_ms, "fault", f"{one.service} failed") for one in story.faults]
    told = f"{len(runs)} tools, questions, swaps and faults: the list below tells them"
    lanes.append(
        Lane("Events", told, [mark(at_ms, 0, colour, title) for at_ms, colour, title in sorted(runs)])
    )
    return lanes


def _key(story: Story) -> list[tuple[str, str]]:
    stacks = dict.fromkeys(each.stack for each in story.stretches)
    key = [("tool", "tool"), ("question", "question"), ("swap", "swap"), ("fault", "fault")]
    return [(stack, _colour(stack)) for stack in stacks] + [(f"a {name}", colour) for name, colour in key]
