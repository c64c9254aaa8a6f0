"""`bench experiments`: false alarms, foretold calls, sample ratios, arms without success, and one arm at every door."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from cli.bench.experiments.doors import NoSdkError, asked, by_sdk
from cli.bench.experiments.trials import (
    CALLS,
    LOOKS,
    SAVING,
    USERS,
    false_alarm,
    foretold,
    ratio_alarm,
    silent_arm,
)
from cli.bench.report import Report

ALARMS: Final = 0.07
"""Of experiments that compare the same with the same: 28 of 400."""
FOUND: Final = 0.8
RATIO_ALARMS: Final = 0.05
"""The test raises one in a hundred at most; of a hundred experiments more than five are very unlikely."""
RATIO_FOUND: Final = 0.9

Say = Callable[[str], None]


def run(experiments: int, savings: int, ratios: int, ids: int, seed: int, say: Say) -> Report:
    """Try everything. Raises DoorError, OSError and BinaryNotFoundError when a process cannot be asked."""
    report, chance = Report("experiments", sandbox=False), np.random.default_rng(seed)
    _same(report, experiments, chance, say)
    _savings(report, savings, chance, say)
    _ratios(report, ratios, chance, say)
    _silent(report, chance, say)
    if ids:
        _doors(report, ids, seed, say)
    return report


def _same(report: Report, times: int, chance: np.random.Generator, say: Say) -> None:
    say(f"{times} experiments of the same with the same, {CALLS} calls of {USERS} users, {LOOKS} looks each")
    alarms = Counter(verdict for n in range(times) if (verdict := false_alarm(n, chance)) is not None)
    allowed = int(ALARMS * times)
    report.at_most(
        f"false alarms over {LOOKS} looks, of {times} experiments of the same with the same",
        allowed,
        alarms.total(),
        "experiments",
        times,
    )
    report.details.append({"false_alarms": {verdict.value: count for verdict, count in alarms.items()}})


def _savings(report: Report, times: int, chance: np.random.Generator, say: Say) -> None:
    say(f"{times} experiments with a true saving of {SAVING:.0%}")
    found = [foretold(number, chance) for number in range(times)]
    within = [each for each in found if each.found_at is not None]
    report.at_least(
        f"a true saving of {SAVING:.0%} seen within the calls that the report foretold",
        FOUND,
        round(len(within) / times, 3),
        "of experiments",
        times,
    )
    report.details.append(
        {
            "foretold_at_calls": median(each.at_calls for each in found),
            "foretold_calls": median(each.foretold for each in found),
            "found_at_calls": median(each.found_at or 0 for each in within) if within else None,
        }
    )


def _ratios(report: Report, times: int, chance: np.random.Generator, say: Say) -> None:
    say(f"{2 * times} experiments with arms that are served otherwise, or lose users")
    forced = sum(ratio_alarm(number, chance, downgraded=0.4) for number in range(times))
    lost = sum(ratio_alarm(number, chance, downgraded=0.0, lost=0.4) for number in range(times))
    report.at_most(
        "sample-ratio alarms where two of five calls of an arm are downgraded",
        round(RATIO_ALARMS, 3),
        round(forced / times, 3),
        "of experiments",
        times,
    )
    report.at_least(
        "sample-ratio alarms where an arm loses two of five users",
        RATIO_FOUND,
        round(lost / times, 3),
        "of experiments",
        times,
    )


def _silent(report: Report, chance: np.random.Generator, say: Say) -> None:
    times = 20
    say(f"{times} reports of arms without any success")
    wrong = [said for number in range(times) if (said := silent_arm(number, chance))]
    report.at_most(
        "reports of arms without success that crash, hold infinity or do not say so",
        0,
        len(wrong),
        "reports",
        times,
    )
    report.details.append({"silent_arms_wrong": wrong})


def _doors(report: Report, ids: int, seed: int, say: Say) -> None:
    say(f"the arms of {ids} users at a web server, the command line, a worker's router and GrowthBook's SDK")
    chance = np.random.default_rng([seed, ids])
    units = [f"usr_{chance.bytes(16).hex()}" for _ in range(ids)]
    with tempfile.TemporaryDirectory(prefix="voicetasks-experiments-") as folder:
        doors = asyncio.run(asked(units, Path(folder)))
    try:
        doors["GrowthBook's SDK"] = by_sdk(units)
    except NoSdkError as error:
        say(f"{error}; its line is left out")
    first = doors["worker"]
    report.details.append({"arms": dict(Counter(str(arm) for arm in first.values()))})
    for door, arms in doors.items():
        if door != "worker":
            differ = sum(arms.get(unit, "not told") != first[unit] for unit in units)
            report.at_most(f"users with another arm by {door} than by a worker", 0, differ, "users", ids)
