"""What each process of ours reads, and what it cannot do without where calls are real."""

from __future__ import annotations

from tests.test_settings_documented import read, settings_classes, variables

MODULES = {"web": "web", "worker": "agent", "tasks": "mcp_tasks", "reminders": "agent.outbound"}
"""The services of ours by name, and what they run."""
ROOMS = {
    "web": ("web", "people", "routing", "tiers"),
    "worker": ("agent", "people", "routing", "tiers", "mcp_tasks"),
    "tasks": ("mcp_tasks",),
    "reminders": ("agent", "people", "mcp_tasks"),
}
"""Whose settings classes each of them makes."""
PROMISES = {
    *("VOICETASKS_OUTBOUND_TRUNK_ID", "VOICETASKS_OUTBOUND_COUNTRIES"),
    *("VOICETASKS_OUTBOUND_QUIET_FROM", "VOICETASKS_OUTBOUND_QUIET_UNTIL"),
}
"""By these the worker promises calls about tasks, and `reminders` makes them: both are given the same. The page says of
which countries, so `web` is given those."""
REQUIRED = {
    "web": {
        *("DATABASE_URL", "REDIS_URL", "LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"),
        *("VOICETASKS_WEB_SECRET", "VOICETASKS_TASKS_TOKEN_SECRET", "VOICETASKS_WEB_PUBLIC_URL"),
        *("VOICETASKS_WEB_LIVEKIT_BROWSER_URL", "VOICETASKS_WEB_TASKS_URL", "VOICETASKS_WEB_HOST"),
        *("VOICETASKS_WEB_DEMO", "VOICETASKS_TIERS_PRICES_CONFIRMED", "VOICETASKS_OUTBOUND_COUNTRIES"),
    },
    "worker": {
        *("DATABASE_URL", "REDIS_URL", "LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"),
        *("VOICETASKS_TASKS_TOKEN_SECRET", "VOICETASKS_AGENT_TAKEOVER_KEY", "VOICETASKS_AGENT_HOST"),
        *("VOICETASKS_AGENT_SLOTS", "VOICETASKS_AGENT_DRAIN_SECONDS", "VOICETASKS_WEB_DEMO"),
        *PROMISES,
        "VOICETASKS_TIERS_PRICES_CONFIRMED",
        *("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "CARTESIA_API_KEY", "ELEVEN_API_KEY", "GOOGLE_API_KEY"),
        "VOICETASKS_ROUTING_SPOOL_DIR",
    },
    "tasks": {"DATABASE_URL", "VOICETASKS_TASKS_TOKEN_SECRET", "VOICETASKS_TASKS_HOST"},
    "reminders": {
        *("DATABASE_URL", "LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"),
        *("VOICETASKS_TASKS_TOKEN_SECRET", "VOICETASKS_WEB_DEMO", "VOICETASKS_OUTBOUND_HOST"),
        *PROMISES,
    },
}
"""Without one of these a process does not start, keeps things in a file, reaches nobody, or promises in vain."""
SECRETS = {
    *(
        "DATABASE_URL",
        "REDIS_URL",
        "LIVEKIT_API_SECRET",
        "VOICETASKS_WEB_SECRET",
        "VOICETASKS_TASKS_TOKEN_SECRET",
    ),
    *(
        "VOICETASKS_AGENT_TAKEOVER_KEY",
        "OPENAI_API_KEY",
        "DEEPGRAM_API_KEY",
        "CARTESIA_API_KEY",
        "ELEVEN_API_KEY",
        "GOOGLE_API_KEY",
    ),
    *("POSTGRES_PASSWORD", "REDIS_PASSWORD", "REDISCLI_AUTH", "LIVEKIT_API_KEY"),
}

HAND_OVER_AND_END = 30
"""Seconds that a worker may take after its drain: agent/handing_over.py, and closing what is open."""


def faults(service: str, environment: dict[str, str]) -> list[str]:
    """What is wrong with the environment that one of ours is given: names that it does not read, and missing ones."""
    known = {
        name
        for one in settings_classes()
        if one.__module__.split(".")[0] in ROOMS[service]
        for name in variables(one)
    }
    assert known <= read()
    unread = sorted(set(environment) - known)
    task_url = {"VOICETASKS_AGENT_TASKS_URL", "VOICETASKS_TASKS_URL"} & set(environment)
    missing = sorted(REQUIRED[service] - set(environment))
    if service == "worker" and not task_url:
        missing.append("VOICETASKS_TASKS_URL")
    return [f"{service} does not read {name}" for name in unread] + [
        f"{service} needs {name}" for name in missing
    ]
