"""A call as its worker writes it into the journal: moved down by an admin in its second turn."""

from __future__ import annotations

import json
from typing import Any

from routing.decision import Decision, RouteInputs, StackState
from routing.journal import Entry
from routing.policy import DEFAULT_POLICY
from routing.router import decide
from tiers.usage import Usage

BEGAN = 1_795_000_000_000
STACKS = (
    StackState(name="premium", tier="premium", configured=True),
    StackState(name="economy", tier="economy", configured=True),
)
INPUTS = RouteInputs(plan="premium", stacks=STACKS)
WITHOUT_PREMIUM = INPUTS.model_copy(
    update={"policy": DEFAULT_POLICY.model_copy(update={"version": "1", "tiers_off": ("premium",)})}
)


def decision(number: int, made: Decision, at_ms: int, call_id: str = "c1", subject: str = "s_ann") -> Entry:
    details = {"subject": subject, "decision": made.model_dump(mode="json")}
    return Entry(f"{call_id}:decision:{number}", "decision", BEGAN + at_ms, call_id, details=details)


def charge(number: int, microdollars: int, at_ms: int, call_id: str = "c1", **fields: Any) -> Entry:
    usage = Usage(
        **{
            "event_id": f"e{number}",
            "vendor": "openai",
            "model": "gpt-realtime",
            "part": "speech_to_speech",
            "stack": "premium",
            "units": {"audio_output_tokens": 500},
            "certainty": "actual",
            "outcome": "ok",
        }
        | fields
    )
    details = {"usage": json.loads(usage.to_json())}
    operation = f"{call_id}:charge:{number}"
    return Entry(operation, "charge", BEGAN + at_ms, call_id, "premium", microdollars, details=details)


def events(
    number: int, *happened: dict[str, Any], call_id: str = "c1", subject: str = "s_ann", **more: Any
) -> Entry:
    told = [each | {"at": BEGAN + each["at"]} for each in happened]
    details = {"subject": subject, "events": told} | more
    return Entry(f"{call_id}:event:{number}", "event", told[-1]["at"], call_id, details=details)


def moved_call(call_id: str = "c1", subject: str = "s_ann") -> list[Entry]:
    task = {"subject": subject, "task": {"event": "created", "id": "t1", "turn": 1}}
    return [
        decision(1, decide(INPUTS), 0, call_id, subject),
        events(
            1,
            {"what": "spoke", "at": 300, "who": "assistant", "ms": 2_000},
            {"what": "answered", "at": 400, "turn": 0, "ms": None, "parts": {}, "interrupted": False},
            {"what": "spoke", "at": 3_000, "who": "caller", "ms": 1_500},
            {"what": "turn", "at": 4_600, "turn": 1, "by": "voice"},
            {"what": "tool", "at": 4_900, "tool": "create_task", "turn": 1, "outcome": "ok", "ms": 40},
            {
                "what": "answered",
                "at": 5_300,
                "turn": 1,
                "ms": 900,
                "parts": {"hearing": 150, "end_of_turn": 400, "model": 300, "voice": 120},
                "interrupted": True,
            },
            {"what": "spoke", "at": 5_300, "who": "assistant", "ms": 1_000},
            call_id=call_id,
            subject=subject,
        ),
        Entry(f"{call_id}:outcome:1", "outcome", BEGAN + 4_950, call_id, details=task),
        charge(1, 31_008, 6_000, call_id),
        decision(2, decide(WITHOUT_PREMIUM), 7_000, call_id, subject),
        events(
            2,
            {
                "what": "fault",
                "at": 6_500,
                "service": "cartesia-tts",
                "fault": "vendor_down",
                "blame": "vendor",
            },
            {
                "what": "swap",
                "at": 7_400,
                "before": "premium",
                "after": "economy",
                "reason": "policy",
                "own_ms": 3,
                "quick": False,
            },
            {"what": "turn", "at": 8_000, "turn": 2, "by": "text"},
            {
                "what": "confirmation",
                "at": 9_000,
                "turn": 3,
                "asked_in": 2,
                "tools": ["delete_task"],
                "objects": 1,
                "outcome": "confirmed",
                "by": "click",
                "heard": True,
            },
            {"what": "away", "at": 9_100, "turn": 3},
            {"what": "back", "at": 9_500, "turn": 3},
            {"what": "correction", "at": 9_600, "turn": 2},
            {"what": "ended", "at": 10_000, "turn": 2, "reason": "goodbye"},
            call_id=call_id,
            subject=subject,
        ),
        charge(2, 500, 9_900, call_id, vendor="deepgram", model="nova-3", part="stt", stack="economy"),
    ]
