"""No word, number, digit or token of a caller is in a log, a metric or a trace, also while each part fails once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cli.secrets_file import load_or_make
from tests.conftest import wait_until
from tests.span_collector import Collector, collecting

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

WORDS = ("zanzibar", "pineapple", "quetzal")
NUMBER = "4915112345678"
FAILING = ("tasks", "redis", "sandbox")
"""The sandbox is the ear, the model and the voice at once."""


TIERS = ("premium", "economy")
"""Premium is the first to meet what fails: what its failover meets on its way is counted for economy's vendors."""


def well(by: str) -> tuple[str, ...]:
    """A call in which all goes well. `by`: how the caller puts it, an option of `voicetasks call`."""
    return (
        *(by, f"Add a task to ring the Zanzibar Pineapple at +{NUMBER}"),
        *(by, "Remember the quetzal", by, "Delete ring the Zanzibar Pineapple", "--key", "1", "--hang-up"),
    )


BADLY = (
    *("--say", f"Add a task to ring the Zanzibar Pineapple at +{NUMBER}"),
    *("--say", "What is on my list?", "--type", "Remember the quetzal", "--hang-up"),
)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def assert_one_trace_of_worker_vendors_tools_and_task_server(collector: Collector) -> None:
    """The span that the task server made for a task hangs below the tool, below the turn, below the call."""
    [made] = [
        span
        for service, span in collector.spans
        if service == "voicetasks-tasks" and span.name == "tools/call create_task"
    ]
    assert {"tool", "agent_turn", "agent_session"} <= {span.name for span in collector.above(made)}
    others = {span.name for _, span in collector.spans if span.trace_id == made.trace_id}
    assert {"llm_request", "tts_request"} <= others, others


def call(demo: Any, tier: str, *steps: str) -> subprocess.Popen[str]:
    """What is spoken is told to the ear, word for word: an ear that hears might write the markers in its own way."""
    who = ("--as", f"{tier}@example.com", "--voice", "told")
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "call", *who, *steps, "--json"],
        env=demo.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def talk_while_each_part_fails(demo: Any, tier: str) -> None:
    """Talk on while one part after the other is killed, each in a turn that has begun."""
    worker_log = demo.log_dir / "worker.log"
    before = worker_log.read_text().count("turn.began")
    talking = call(demo, tier, *BADLY)
    for turn, part in enumerate(FAILING, 1):
        wait_until(
            lambda turn=turn: (
                worker_log.read_text().count("turn.began") >= before + turn or talking.poll() is not None
            ),
            60,
            "the next turn begins",
        )
        heard = len(demo.err.lines)
        os.kill(json.loads((demo.data_dir / "demo.json").read_text())["pids"][part], signal.SIGKILL)
        demo.err.wait_for(f"{part}: ready", seconds=60, after=heard)
    # An answer that the vendor's death took along is not waited for.
    talking.send_signal(signal.SIGINT)
    talking.communicate(timeout=60)


@pytest.mark.dear
def test_nothing_a_caller_said_is_found_in_what_the_product_writes(
    start_demo: Callable[..., Any], collector: Collector
) -> None:
    demo = start_demo(
        VOICETASKS_SANDBOX_PROFILE="instant", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url
    ).wait_ready()
    worker_log = demo.log_dir / "worker.log"
    said = call(demo, "economy", *well("--type")).communicate(timeout=200)[0]
    wait_until(lambda: "agent_session" in collector.names(), 30, "the call's trace is complete")
    assert_one_trace_of_worker_vendors_tools_and_task_server(collector)
    for tier in TIERS:
        spoken = json.loads(call(demo, tier, *well("--say")).communicate(timeout=200)[0])
        assert "zanzibar" in spoken["turns"][0]["heard"].lower(), spoken
        assert {turn["stack"] for turn in spoken["turns"]} == {tier}
    for tier in TIERS:
        talk_while_each_part_fails(demo, tier)
    assert "Zanzibar" in said
    begun = [json.loads(line) for line in worker_log.read_text().splitlines() if "turn.began" in line]
    assert {(each["stack"], each["by"]) for each in begun} >= {(tier, "voice") for tier in TIERS}
    metrics = [
        httpx.get(f"{demo.url}/metrics").text,
        httpx.get(f"http://127.0.0.1:{demo.ports['worker']}/metrics").text,
    ]
    assert "voicetasks_tasks_total" in metrics[1]
    secrets = [value for name, value in load_or_make(demo.data_dir).items() if name != "LIVEKIT_API_KEY"]
    assert len(secrets) > 2
    assert demo.end() == 0

    logs = {file.name: file.read_text(errors="replace") for file in demo.log_dir.iterdir() if file.is_file()}
    logs |= {"out": demo.out.all(), "err": demo.err.all(), "metrics": "\n".join(metrics)}
    logs["traces"] = collector.received.decode(errors="replace")
    assert len(logs["traces"]) > 5_000
    assert len(logs["worker.log"].splitlines()) > 50
    for name, text in logs.items():
        found = [word for word in (*WORDS, NUMBER, NUMBER[2:]) if word in text.lower()]
        assert not found, f"{found} in {name}"
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}\.", text), f"a token in {name}"
        assert not [secret for secret in secrets if secret in text], f"a secret in {name}"
