"""The metrics of calls: names, labels, buckets. Seconds and µ$.

A call has a process of its own, which counts into files that its worker adds up (agent/metric_files.py). Each of these
has labels: one without makes its file when it is imported, and livekit's server empties the folder when it begins.
"""

from __future__ import annotations

from itertools import permutations, product
from typing import Final, get_args

from prometheus_client import Counter, Histogram

from agent.ending import NOT_SERVED, OUTCOMES
from agent.swap_counter import SWAPS
from routing.decision import Cause
from tiers.catalogue import STACKS
from tiers.faults import Fault
from tiers.usage import Part

_ANSWER_BUCKETS: Final = (
    *(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    *(1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0),
)
"""Close where the targets are: 0.5, 0.7 and 0.8 s."""
_STAGE_BUCKETS: Final = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 5.0)
_MINUTE_BUCKETS: Final = (
    *(10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000),
    *(80_000, 100_000, 120_000, 150_000, 200_000, 300_000, 500_000),
)
"""µ$ a minute; targets are 70,000 for economy and 120,000 for premium."""

RESPONSE: Final = Histogram(
    "voicetasks_response_seconds",
    "From the caller's last word to our first sound on its way to them.",
    ("stack", "channel"),
    buckets=_ANSWER_BUCKETS,
)
FIRST_AUDIO: Final = Histogram(
    "voicetasks_first_audio_seconds",
    "From the decision that the caller's turn is over to our first sound on its way to them.",
    ("stack", "channel"),
    buckets=_ANSWER_BUCKETS,
)
STAGE: Final = Histogram(
    "voicetasks_stage_seconds",
    "What an answer waited for: end_of_turn, transcription, mind (first token), voice (first sound).",
    ("stage", "stack"),
    buckets=_STAGE_BUCKETS,
)
INTERRUPTION: Final = Histogram(
    "voicetasks_interruption_seconds",
    "From the beginning of the caller's speech over ours to our silence.",
    ("channel",),
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 3.0),
)
INTERRUPTIONS: Final = Counter(
    "voicetasks_interruptions",
    "Speech of the caller's over ours: taken (we were silent within 0.5 s), late, missed (we spoke on), backchannel.",
    ("outcome", "channel"),
)
CALLS: Final = Counter(
    "voicetasks_calls",
    "Calls that ended, by why; «handed_on» goes on with another worker.",
    ("channel", "tier", "outcome"),
)
UNANSWERED: Final = Counter(
    "voicetasks_calls_unanswered",
    "Calls that somebody made and nobody served, by why.",
    ("reason",),
)
SERVED: Final = Counter(
    "voicetasks_served_seconds",
    "Time that calls were served.",
    ("stack", "channel"),
)
COST: Final = Counter(
    "voicetasks_cost_microdollars",
    "What vendors charge, µ$, by the stack it was used in; «line» are a telephone's own minutes.",
    ("stack", "vendor"),
)
USAGE_LOST: Final = Counter(
    "voicetasks_usage_lost",
    "What a vendor bills and no call could be charged for, by the part of the stack.",
    ("part",),
)
COST_PER_MINUTE: Final = Histogram(
    "voicetasks_cost_per_minute_microdollars",
    "What a minute of a call cost, µ$: one observation for each stack that served it for long enough to say.",
    ("stack",),
    buckets=_MINUTE_BUCKETS,
)
TASKS: Final = Counter(
    "voicetasks_tasks",
    "Tools that were run: ok, unavailable, or the error's code. Those of other servers are «other».",
    ("tool", "outcome"),
)
TASK_CREATIONS: Final = Counter(
    "voicetasks_task_creations",
    "Tasks that were asked for: created or refused (also where our question for a date was left open); taken_back: undone, corrected or deleted within ten minutes.",
    ("outcome",),
)
SATISFACTION: Final = Histogram(
    "voicetasks_satisfaction",
    "What callers gave a call, of 5.",
    ("channel",),
    buckets=(1, 2, 3, 4, 5),
)
VENDOR_FAILURES: Final = Counter(
    "voicetasks_vendor_failures",
    "What went wrong with a vendor in a call.",
    ("vendor", "fault"),
)
BLIND: Final = Counter(
    "voicetasks_blind_seconds",
    "Time that calls could not see their money: Redis was away.",
    ("channel",),
)
EXPERIMENT_CALLS: Final = Counter(
    "voicetasks_experiment_calls",
    "Calls that ended, by what they were drawn for.",
    ("experiment", "arm"),
)
EXPERIMENT_RESPONSE: Final = Histogram(
    "voicetasks_experiment_response_seconds",
    "As voicetasks_response_seconds, by what the call was drawn for.",
    ("experiment", "arm"),
    buckets=_ANSWER_BUCKETS,
)
EXPERIMENT_COST: Final = Counter(
    "voicetasks_experiment_cost_microdollars",
    "What vendors charge, µ$, by what the call was drawn for.",
    ("experiment", "arm"),
)

CHANNELS: Final = ("browser", "phone")
FAILING_OUTCOMES: Final = ("failed", "vendor_failed", "tasks_unavailable", "people_unavailable", "no_voice")
"""Ends of calls that are our or our vendors' fault, as the alert CallsFailing adds them up."""
TIERS: Final = ("premium", "economy", "none")
TASK_TOOLS: Final = ("list_tasks", "create_task", "update_task", "complete_task", "delete_task", "undo")


def call_begins_at_zero(stack: str, channel: str, arm: tuple[str, str] | None) -> None:
    """Show what a call is about to count, for the same reason."""
    for answers in (RESPONSE, FIRST_AUDIO):
        answers.labels(stack, channel)
    for vendor in {model.vendor for _, model in STACKS[stack].models} if stack in STACKS else ():
        COST.labels(stack, vendor)
    if arm is not None:
        for counted in (EXPERIMENT_CALLS, EXPERIMENT_RESPONSE, EXPERIMENT_COST):
            counted.labels(*arm)


def begin_at_zero() -> None:
    """Show what has not happened yet as 0: a counter that first appears with a 1 has not grown for Prometheus."""
    for reason in NOT_SERVED:
        UNANSWERED.labels(reason)
    for outcome in ("created", "refused", "taken_back"):
        TASK_CREATIONS.labels(outcome)
    for part in get_args(Part):
        USAGE_LOST.labels(part)
    for channel in CHANNELS:
        BLIND.labels(channel)
        INTERRUPTION.labels(channel)
        for outcome in ("taken", "late", "missed", "backchannel"):
            INTERRUPTIONS.labels(outcome, channel)
        SATISFACTION.labels(channel)
        # All of them: an alert divides by those that are no failure, too.
        for tier, outcome in product(TIERS, sorted(OUTCOMES)):
            CALLS.labels(channel, tier, outcome)
    for tool, outcome in product(TASK_TOOLS, ("ok", "unavailable")):
        TASKS.labels(tool, outcome)
    for before, after in permutations(STACKS, 2):
        for cause in (Cause.VENDOR, Cause.MONEY, Cause.POLICY, Cause.HEALTH):
            SWAPS.labels(before, after, cause.value)
    services = {service for stack in STACKS.values() for service in stack.services}
    for service, fault in product(sorted(services), Fault):
        if fault.blame == "vendor" or fault.counts:
            VENDOR_FAILURES.labels(service, fault.label)
