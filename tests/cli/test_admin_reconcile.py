"""`voicetasks admin reconcile FILE`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from people.audit import Audit
from routing.journal import Entry
from tests.cli.admin_terminal import Terminal
from tests.routing.test_exports import openai_page, openai_result
from tiers.usage import Certainty, Usage

pytestmark = pytest.mark.system


async def spend(
    terminal: Terminal, event_id: str, microdollars: int, certainty: Certainty = "actual"
) -> None:
    """A charge, booked as a call does it."""
    usage = Usage(
        event_id=event_id,
        vendor="openai",
        model="gpt-realtime",
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 1},
        certainty=certainty,
        outcome="ok",
    )
    await terminal.bank.budget.meter(
        await terminal.bank.account("c1"),
        operation=f"c1:{event_id}",
        tier="premium",
        microdollars=microdollars,
        details={"usage": json.loads(usage.to_json()), "price_version": "v1"},
    )


async def invoice(terminal: Terminal, file: Path, *costs: tuple[str, int]) -> str:
    """The stand-ins' invoice as a file."""
    now_ms = await terminal.bank.budget.time_ms()
    rows: list[dict[str, Any]] = [
        {
            "vendor": "openai",
            "model": "gpt-realtime",
            "request_id": request_id,
            "units": {},
            "microdollars": microdollars,
            "status": "ok",
            "tag": "c1",
            "time": datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        }
        for request_id, microdollars in costs
    ]
    await asyncio.to_thread(
        file.write_text, json.dumps({"sandbox": True, "rows": rows, "charged_ever": len(rows)})
    )
    return str(file)


async def test_estimates_are_settled_the_drift_is_reported_and_redis_follows(
    terminal: Terminal, tmp_path: Path
) -> None:
    await spend(terminal, "s:resp_1", 30_000)
    await spend(terminal, "s:resp_2:estimate", 10_000, "estimated")
    file = await invoice(terminal, tmp_path / "invoice.json", ("resp_1", 30_300), ("resp_2", 12_000))
    dry = await terminal.ask("reconcile", file, "--dry-run")
    assert (dry["dry_run"], dry["corrections"], dry["models"][0]["corrected_microdollars"]) == (
        True,
        1,
        2_000,
    )
    assert await settlings(terminal) == []
    done = await terminal.ask("reconcile", file)
    assert await settlings(terminal) == ["sandbox invoice, 1 estimates"]
    assert done == {
        "sandbox": True,
        "form": "sandbox invoice",
        "dry_run": False,
        "corrections": 1,
        "models": [
            {
                "vendor": "openai",
                "model": "gpt-realtime",
                "invoiced_microdollars": 42_300,
                "journal_microdollars": 42_000,
                "drift_before_microdollars": -2_300,
                "drift_microdollars": -300,
                "drift_percent": -0.709,
                "settled": 1,
                "corrected_microdollars": 2_000,
                "not_in_journal_microdollars": 0,
                "not_in_export_microdollars": 0,
            }
        ],
        "notes": [],
    }
    again = await terminal.ask("reconcile", file)
    assert (again["corrections"], again["models"][0]["journal_microdollars"]) == (0, 42_000)
    await spend(terminal, "s:resp_3", 1)
    account = await terminal.bank.account("c1")
    assert {counters["tc"] for counters in await terminal.bank.counters(account)} == {42_001}


async def settlings(terminal: Terminal) -> list[str]:
    """What was settled at this terminal, as the trail has it."""
    trail = await Audit(terminal.people.engine).entries()
    settled = [each for each in trail if each.event == "books.settled"]
    assert all(each.actor.startswith("terminal") for each in settled)
    return [each.details for each in settled]


async def test_people_read_a_table(terminal: Terminal, tmp_path: Path) -> None:
    await spend(terminal, "s:resp_2:estimate", 10_000, "estimated")
    file = await invoice(terminal, tmp_path / "invoice.json", ("resp_2", 12_000))
    said = await terminal.run("reconcile", file)
    assert (said.code, said.out) == (0, "")
    assert "sandbox invoice (sandbox)" in said.err
    assert "+0.000 %" in said.err
    assert "1 estimates were settled." in said.err


async def test_while_redis_is_away_the_journal_is_settled_and_the_admin_told_what_to_do(
    terminal: Terminal, tmp_path: Path
) -> None:
    await spend(terminal, "s:resp_2:estimate", 10_000, "estimated")
    await terminal.bank.drain()
    file = await invoice(terminal, tmp_path / "invoice.json", ("resp_2", 12_000))
    done = await terminal.ask("reconcile", file, REDIS_URL="redis://127.0.0.1:1/0")
    assert done["corrections"] == 1
    assert "reconcile the same file again" in done["notes"][-1]
    await terminal.ask("reconcile", file)
    await spend(terminal, "s:resp_3", 1)
    account = await terminal.bank.account("c1")
    assert {counters["tc"] for counters in await terminal.bank.counters(account)} == {12_001}


@pytest.mark.parametrize(
    ("text", "code"), [("{}", "bad_export"), ("nothing", "bad_export"), (None, "bad_file")]
)
async def test_a_file_that_is_no_export_is_refused_with_what_would_be_one(
    terminal: Terminal, tmp_path: Path, text: str | None, code: str
) -> None:
    file = tmp_path / "export.json"
    if text is not None:
        file.write_text(text)
    said = await terminal.run("reconcile", str(file), "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert "export.json" in said.err


async def test_an_hour_that_has_just_ended_is_settled_where_the_admin_says_that_all_is_counted(
    terminal: Terminal, tmp_path: Path
) -> None:
    ends = await terminal.bank.budget.time_ms() // 1000
    usage = Usage(
        event_id="s:x:estimate",
        vendor="openai",
        model="gpt-realtime",
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 100},
        certainty="estimated",
        outcome="failed",
    )
    details = {"usage": json.loads(usage.to_json()), "price": 6_000, "price_version": "v1"}
    estimate = Entry("c1:x", "charge", (ends - 60) * 1000, "c1", "premium", 6_000, details=details)
    await terminal.bank.journal.append([estimate])
    used = openai_result(model="gpt-realtime", output_tokens=100, output_audio_tokens=100)
    page = json.loads(openai_page(used))
    page["data"][0] |= {"start_time": ends - 3_600, "end_time": ends}
    file = tmp_path / "usage.json"
    await asyncio.to_thread(file.write_text, json.dumps(page))
    waits = await terminal.ask("reconcile", str(file))
    assert (waits["corrections"], len(waits["notes"])) == (0, 1)
    assert "less than 24 hours ago" in waits["notes"][0]
    settled = await terminal.ask("reconcile", str(file), "--whole")
    assert (settled["corrections"], settled["models"][0]["drift_microdollars"]) == (1, 0)
