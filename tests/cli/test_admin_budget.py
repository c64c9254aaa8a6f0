"""`voicetasks admin budget` and `leases`: Redis' counters with the journal's sums beside them."""

from __future__ import annotations

import pytest

from routing.erasure import known_subject
from routing.policy import DEFAULT_POLICY
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system

ANN = "ann@example.org"


async def ann(terminal: Terminal) -> str:
    """Make her; her subject."""
    user = await terminal.people.create_user(email=ANN, password="x", time_zone="Europe/Berlin")
    return await terminal.bank.journal.subject_of(user.id)


async def spend(terminal: Terminal, subject: str, microdollars: int = 12_000) -> None:
    """A call that holds 30,000 µ$ and has spent some of it."""
    budget = terminal.bank.budget
    account = await terminal.bank.account("c1", user=subject)
    await budget.hold(account, operation="o", tier="premium", microdollars=30_000, ttl_ms=60_000, first=True)
    await budget.meter(account, operation="m", tier="premium", microdollars=microdollars)


async def test_a_users_day_and_month_show_counters_caps_and_the_journal(terminal: Terminal) -> None:
    subject = await ann(terminal)
    await spend(terminal, subject)
    shown = await terminal.ask("budget", "show", ANN)
    day, month = shown["scopes"]
    assert day["scope"].startswith(f"user-day:{subject}:")
    assert month["scope"].startswith(f"user-month:{subject}:")
    money = {"committed": 12_000, "held": 18_000, "overshoot": 0, "blind": 0, "journal": 12_000}
    assert day["premium"] == {"cap": DEFAULT_POLICY.caps.user_day.premium, **money}
    assert month["total"] == {"cap": DEFAULT_POLICY.caps.user_month.total, **money}
    assert (shown["whose"], shown["redis_answers"]) == (ANN, True)


async def test_looking_at_the_budget_of_who_never_called_writes_nothing(terminal: Terminal) -> None:
    user = await terminal.people.create_user(email=ANN, password="x")
    shown = await terminal.ask("budget", "show", ANN)
    assert [each["total"]["journal"] for each in shown["scopes"]] == [0, 0]
    assert await known_subject(terminal.bank.journal.engine, user.id) is None


async def test_everybodys_day_is_shown_as_a_table(terminal: Terminal) -> None:
    await spend(terminal, await ann(terminal))
    said = await terminal.run("budget", "show", "global")
    assert (said.code, said.out) == (0, "")
    assert "global-day:" in said.err
    assert "$0.012" in said.err
    assert "$300.00" in said.err


async def test_while_redis_is_away_the_journal_is_shown_alone(terminal: Terminal) -> None:
    await spend(terminal, await ann(terminal))
    await terminal.bank.drain()
    shown = await terminal.ask("budget", "show", ANN, REDIS_URL="redis://127.0.0.1:1/0")
    assert shown["redis_answers"] is False
    assert [(each["total"]["committed"], each["total"]["journal"]) for each in shown["scopes"]] == [
        (None, 12_000),
        (None, 12_000),
    ]


async def test_a_user_gets_caps_of_their_own_and_everybodys_back(terminal: Terminal) -> None:
    subject = await ann(terminal)
    changed = await terminal.ask("budget", "set", ANN, "--cap", "user_day.premium=1.25", "--note", "asked")
    caps = (await terminal.ask("policy", "show"))["policy"]["user_caps"]
    assert list(caps) == [subject]
    assert caps[subject]["user_day"] == {"premium": 1_250_000, "total": DEFAULT_POLICY.caps.user_day.total}
    assert caps[subject]["user_month"] == DEFAULT_POLICY.caps.user_month.model_dump()
    assert changed["version"] == "1"
    assert ANN not in str(await terminal.ask("policy", "history"))
    shown = await terminal.ask("budget", "show", ANN)
    assert shown["scopes"][0]["premium"]["cap"] == 1_250_000
    await terminal.ask("budget", "set", ANN, "--clear")
    assert (await terminal.ask("policy", "show"))["policy"]["user_caps"] == {}


async def test_everybodys_caps_are_set(terminal: Terminal) -> None:
    await terminal.ask("budget", "set", "global", "--cap", "global_day.total=250")
    caps = (await terminal.ask("policy", "show"))["policy"]["caps"]
    assert caps["global_day"] == {
        "premium": DEFAULT_POLICY.caps.global_day.premium,
        "total": 250_000_000,
    }


async def test_a_cap_set_from_an_old_version_is_a_conflict(terminal: Terminal) -> None:
    await ann(terminal)
    await terminal.ask("policy", "set", "--tier-off", "premium")
    said = await terminal.run(
        "budget", "set", ANN, "--cap", "call.total=3", "--expect", "default-1", "--json"
    )
    assert (said.code, said.json["error"]["code"]) == (1, "conflict")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("global",), "either --cap, or --clear"),
        (("global", "--clear"), "cannot be cleared"),
        ((ANN, "--clear", "--cap", "call.total=1"), "either --cap, or --clear"),
        ((ANN, "--cap", "global_day.total=1"), "global day is everybody's"),
        ((ANN, "--cap", "call.total=0.5"), "part of the total cap"),
    ],
)
async def test_caps_that_make_no_sense_are_refused(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    await ann(terminal)
    said = await terminal.run("budget", "set", *arguments)
    assert said.code == 2
    assert words in " ".join(said.err.replace("│", " ").split())


async def test_somebody_who_is_not_there_is_named(terminal: Terminal) -> None:
    said = await terminal.run("budget", "show", "bob@example.org", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "no_such_user")
    assert "bob@example.org" in said.err


async def test_leases_show_call_tier_held_and_when_they_expire(terminal: Terminal) -> None:
    assert (await terminal.ask("leases"))["leases"] == []
    await spend(terminal, await ann(terminal))
    (lease,) = (await terminal.ask("leases"))["leases"]
    assert 0 < lease.pop("expires_in_seconds") <= 60
    assert lease == {"call_id": "c1", "tier": "premium", "held_microdollars": 18_000}
    assert "$0.018" in (await terminal.run("leases")).err


async def test_without_redis_leases_cannot_be_shown_and_the_message_says_what_to_do(
    terminal: Terminal,
) -> None:
    said = await terminal.run("leases", "--json", REDIS_URL="redis://127.0.0.1:1/0")
    assert (said.code, said.json["error"]["code"]) == (1, "redis_away")
    assert "REDIS_URL" in said.json["error"]["fix"]
