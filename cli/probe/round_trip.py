"""One synthetic call: it is answered, a task comes into being by voice, and goes again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, get_args

from cli.caller.errors import CallError
from cli.caller.record import CallRecord
from cli.caller.script import Order, make_call
from cli.caller.steps import Click, HangUp, Press, Say, Step, Type
from cli.caller.web_door import WebDoor
from routing.kinds import Tier

Channel = Literal["browser", "phone"]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

TITLES: Final = ("call the dentist", "buy milk", "water the plants", "pay the rent", "book a flight")
"""Words that every ear gets right. A task that was left behind must not be asked for once more."""
YES: Final = "1"
"""The key, on a telephone (sip/keypad.py)."""
CLEARED_AT_ONCE: Final = 3
"""Tasks of earlier probes that one call clears away."""
LONGEST_SECONDS: Final = 150.0
LOOK_SECONDS: Final = 1.0
"""Between two looks at the account's tasks while the call goes on."""


@dataclass(frozen=True)
class Probed:
    """What came of one call. `problem` is a sentence; None when all went well."""

    tier: Tier
    channel: Channel
    ok: bool
    problem: str | None
    stack: str | None
    call_id: str | None
    sandbox: bool | None
    first_sound_ms: int | None
    """From the caller's last word to our first sound at the caller's ear."""
    cost_microdollars: int | None
    left_over: int
    """Tasks that could not be cleared away."""
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As a part of the command's JSON."""
        return asdict(self)


async def probe(order: Order, tier: Tier) -> Probed:
    """Make the call, by telephone where the order has one; whatever goes wrong is told, not raised."""
    channel: Channel = "browser" if order.phone is None else "phone"
    record = CallRecord(channel=channel)
    began = time.monotonic()
    try:
        problem = await _call(order, record, tier, channel)
    except CallError as error:
        problem = str(error)
    except TimeoutError:
        problem = f"the call took longer than {LONGEST_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 (a probe that dies tells nobody anything)
        problem = f"the probe itself failed: {type(error).__name__}"
    return _probed(record, tier, channel, problem, began)


async def _call(order: Order, record: CallRecord, tier: Tier, channel: Channel) -> str | None:
    """Make the call, and note the account's open tasks while it goes on; what was wrong with it."""
    order = replace(order, steps=steps(await _open_titles(order), channel))
    seen: set[str] = set()
    watching = asyncio.create_task(_watch(order, seen), name="probe.watch")
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await make_call(order, record, lambda _: None)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return judge(record, seen, tier)


def steps(left: Sequence[str], channel: Channel) -> list[Step]:
    """What the caller does where these tasks were left behind: first of all it makes one by voice.

    To delete, a browser types and clicks; a telephone says it and presses the key for «yes».
    """
    title = next((title for title in TITLES if title not in map(str.casefold, left)), TITLES[0])
    found: list[Step] = [Say(f"Remind me to {title} tomorrow at nine.")]
    for each in [title, *left[:CLEARED_AT_ONCE]]:
        wish = f"Please delete the task {each}"
        found += [Say(wish), Press(YES)] if channel == "phone" else [Type(wish), Click("yes")]
    return [*found, HangUp()]


def _probed(record: CallRecord, tier: Tier, channel: Channel, problem: str | None, began: float) -> Probed:
    return Probed(
        tier=tier,
        channel=channel,
        ok=problem is None,
        problem=problem,
        stack=record.stack,
        call_id=record.call_id,
        sandbox=record.sandbox,
        first_sound_ms=record.turns[0].first_sound_ms if record.turns else None,
        cost_microdollars=record.cost_microdollars,
        left_over=sum(task.get("status") != "done" for task in record.tasks_after),
        seconds=round(time.monotonic() - began, 1),
    )


def judge(record: CallRecord, seen: set[str], tier: Tier) -> str | None:
    """Say what was wrong with a call that came to its end; `seen`: the tasks that were there during it."""
    if record.error or not record.joined:
        return record.error or "nobody was heard"
    if record.tasks_problem is not None:
        return f"the tasks could not be looked at: {record.tasks_problem}"
    made = seen - {str(task["id"]) for task in record.tasks_before}
    turn = next((turn for turn in record.turns if not turn.answered), None)
    if turn is not None:
        return turn.problem or "a turn was not answered"
    if record.turns and record.turns[0].first_sound_ms is None:
        return "the answer had no sound"
    if record.tier != tier:
        return f"the call was served with the tier {record.tier or 'none'}, not {tier}"
    if len(made) != 1:
        return f"{len(made)} tasks came of one request"
    if any(task.get("status") != "done" for task in record.tasks_after):
        return "the task could not be deleted"
    return None


async def _open_titles(order: Order) -> list[str]:
    async with WebDoor(order.url) as door:
        await door.sign_in(order.email, order.password)
        return [str(task["title"]) for task in (await door.tasks()).shown if task["status"] == "open"]


async def _watch(order: Order, seen: set[str]) -> None:
    """Note every open task of the account until cancelled."""
    while True:
        try:
            async with WebDoor(order.url) as door:
                await door.sign_in(order.email, order.password)
                while True:
                    shown = (await door.tasks()).shown
                    seen |= {str(task["id"]) for task in shown if task["status"] == "open"}
                    await asyncio.sleep(LOOK_SECONDS)
        except CallError:
            await asyncio.sleep(LOOK_SECONDS)  # the call itself will tell
