"""Why a call ends with a worker: one word each, for logs, metrics and whatever is decided by it."""

from __future__ import annotations

from typing import Final, Literal, get_args

Ending = Literal[
    "goodbye",
    "left",
    "lost",
    "never_came",
    "room_closed",
    "silent",
    "abandoned",
    "not_admitted",
    "erased",
    "signed_out",
    "nothing_can_serve",
    "out_of_money",
    "switched_off",
    "busy",
    "vendor_failed",
    "tasks_unavailable",
    "people_unavailable",
    "no_voice",
    "failed",
    "leaving",
    "line_lost",
    "taken_over",
]
"""«abandoned»: given up while it rang. «not_admitted»: nobody who may be known, as after wrong PINs, or with too many
calls. «silent»: a telephone of which nothing was heard any more. «signed_out»: the account got another password meanwhile.
«out_of_money», «switched_off»: budgets or the policy left nothing that may serve it, at its start or later, and nothing is
broken. The last three end it with this worker alone."""

HANDED_ON: Final[frozenset[Ending]] = frozenset({"leaving", "line_lost", "taken_over"})
"""The call goes on: another worker has it, or is to have it."""
TO_HAND_ON: Final[frozenset[Ending]] = HANDED_ON - {"taken_over"}
"""Of these no other worker has it yet."""
OUTCOMES: Final[frozenset[str]] = frozenset(get_args(Ending)) - HANDED_ON | {"handed_on"}
"""How a call ended, as it is counted: those that another worker is to have are one."""
CUT_OFF: Final[frozenset[Ending]] = frozenset({"left", "lost"})
"""A caller who went without a goodbye."""
NOBODY: Final[frozenset[Ending]] = frozenset({"abandoned", "not_admitted"})
"""Its person was not in the call: how it went is the door's affair."""
NOT_SERVED: Final[frozenset[Ending]] = frozenset(
    {"nothing_can_serve", "busy", "failed", "people_unavailable", "tasks_unavailable"}
)
"""Somebody called, and was told at most that it cannot be. An error of ours in mid-call is counted as one of them."""
