"""A spoken turn is one trace: the caller's turn, the vendors that heard, thought and spoke, our tool, the task server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import wait_until
from tests.mcp_tasks.conftest import SECRET, running
from tests.span_collector import Collector, collecting, named

pytestmark = pytest.mark.system

NUMBER = "4915112345678"
TITLE = f"ring the Zanzibar Pineapple at +{NUMBER}"
PRIVATE = ("zanzibar", "pineapple", NUMBER, NUMBER[2:], SECRET)
"""What was said, digits, and what tokens are signed with."""
TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.")
OURS = ["tool", "function_tool", "agent_turn", "agent_session"]
"""Where the task server's work hangs in a call."""
MODEL, VENDOR = "gen_ai.request.model", "gen_ai.provider.name"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Takes the traces of every process that the test starts."""
    with collecting() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        yield made


@pytest.fixture
def traced_tasks(collector: Collector, tmp_path: Path) -> Iterator[int]:
    """A task server that traces; gives its port."""
    assert collector.url
    for server in running(tmp_path):
        yield server.port


@pytest.mark.parametrize(
    ("plan", "heard", "answered"),
    [
        (
            "economy",
            {VENDOR: "Deepgram", MODEL: "nova-3"},
            {"llm_request": {MODEL: "gpt-4o-mini"}, "tts_request": {VENDOR: "Cartesia", MODEL: "sonic-3"}},
        ),
        ("premium", {}, {"realtime_inference": {MODEL: "gpt-realtime"}}),
    ],
)
def test_a_spoken_turn_is_one_trace_of_worker_vendors_tool_and_task_server_without_words(
    collector: Collector,
    traced_tasks: int,
    plan: str,
    heard: Mapping[str, str],
    answered: Mapping[str, Mapping[str, str]],
) -> None:
    a_call_is_made("traced_call", traced_tasks, plan, served_by=plan)
    wait_until(lambda: "tools/call create_task" in collector.names(), 15, "the task server tells its spans")

    made = the_one("tools/call create_task", collector, "voicetasks-tasks")
    above = collector.above(made)
    assert [span.name for span in above][-len(OURS) :] == OURS
    turn, session = above[-2:]
    below = collector.below(turn)
    assert "answer" in below
    for name, vendor in answered.items():
        assert vendor.items() <= named(below[name]).items()
    user_turn = the_one("user_turn", collector, "voicetasks-worker")
    assert collector.above(user_turn) == [session]
    assert heard.items() <= named(user_turn).items()
    assert "eou_wait" in collector.below(user_turn)
    assert {span.trace_id for span in (made, user_turn, *above, *below.values())} == {made.trace_id}

    nothing_private(collector)


@pytest.mark.parametrize("dies", ["before", "tool"])
def test_a_call_that_goes_on_with_another_stack_is_one_trace_in_which_each_session_hangs_below_the_job(
    collector: Collector, traced_tasks: int, dies: str
) -> None:
    a_call_is_made("traced_swap", traced_tasks, dies, served_by="economy")
    wait_until(lambda: "job_entrypoint" in collector.names(), 15, "the call's spans are told")
    job = the_one("job_entrypoint", collector, "voicetasks-worker")
    sessions = [span for _, span in collector.spans if span.name == "agent_session"]
    assert [collector.above(each) for each in sessions] == [[job], [job]]
    assert {each.trace_id for each in sessions} == {job.trace_id}
    nothing_private(collector)


def a_call_is_made(module: str, tasks: int, kind: str, *, served_by: str) -> None:
    """Have a process that traces make a call in which a task is added."""
    said = (str(tasks), kind, f"Add a task to {TITLE}")
    call = subprocess.run(
        [sys.executable, "-m", f"tests.agent.{module}", *said],
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert call.stdout.strip() == f"{served_by} {TITLE}", call.stderr


def nothing_private(collector: Collector) -> None:
    """What was told of a call has no words, digits or tokens in it."""
    for told in (collector.received.decode(errors="replace"), collector.told):
        assert not [each for each in PRIVATE if each in told.lower()]
        assert not TOKEN.search(told)


def the_one(name: str, collector: Collector, service: str) -> Span:
    """The only span of a name that a process told of."""
    [found] = [span for its, span in collector.spans if (its, span.name) == (service, name)]
    return found
