"""A worker does not start with a demo's things where calls are real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from livekit.agents.telemetry.loop_monitor import ENV_WARN_THRESHOLD_MS

from agent.production import start_refusals
from agent.settings import AgentSettings
from agent.worker import main
from people.settings import PeopleSettings
from tests.conftest import clean_environment
from tiers import confirmed_prices
from tiers.confirmed_prices import trusted, written
from tiers.prices import bundled
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit

PROPER = {
    "LIVEKIT_API_KEY": "APIproper",
    "LIVEKIT_API_SECRET": "a secret that only tests know, 32 bytes",
    "VOICETASKS_TASKS_TOKEN_SECRET": "a tasks secret that only tests know, 32",
    "VOICETASKS_AGENT_TAKEOVER_KEY": "a takeover key that only tests know, 32",
    "OPENAI_API_KEY": "sk-proper",
}


def refused(environment: pytest.MonkeyPatch, tmp_path: Path, **changed: str) -> str:
    for name in os.environ.keys() - clean_environment(tmp_path).keys():
        environment.delenv(name)
    for name, value in (PROPER | changed).items():
        environment.setenv(name, value)
    return "\n".join(start_refusals(AgentSettings(), PeopleSettings(), VendorSettings()))


def ended(folder: Path, module: str, **changed: str) -> tuple[int, list[dict[str, str]]]:
    """How a process ends that is started with proper things but for what was changed, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=clean_environment(folder, **(PROPER | changed)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_a_proper_start_is_not_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refused(monkeypatch, tmp_path) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_API_KEY", "devkey"),
        ("LIVEKIT_API_SECRET", "secret"),
        ("VOICETASKS_TASKS_TOKEN_SECRET", "demo-secret-that-everybody-could-know"),
        ("VOICETASKS_AGENT_TAKEOVER_KEY", "changeme-changeme-changeme-changeme"),
        ("OPENAI_API_KEY", "sandbox"),
        ("ELEVEN_API_KEY", "sandbox"),
        ("LIVEKIT_API_KEY", ""),
    ],
)
def test_each_of_a_demos_things_is_refused_by_name_and_allowed_in_a_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    sentence = refused(monkeypatch, tmp_path, **{name: value})
    assert sentence.startswith(name)
    assert len(value) < 20 or value not in sentence
    if value:
        assert refused(monkeypatch, tmp_path, **{name: value, "VOICETASKS_WEB_DEMO": "true"}) == ""


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("LIVEKIT_API_SECRET", "secret", "LIVEKIT_API_SECRET is a value that everybody knows"),
        ("VOICETASKS_TASKS_TOKEN_SECRET", "demo-secret-that-everybody-could-know", "VOICETASKS_TASKS_TOKEN"),
        ("LIVEKIT_API_KEY", "", "LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not both set"),
        ("VOICETASKS_TASKS_TOKEN_SECRET", "quetzal", "VOICETASKS_TASKS_TOKEN_SECRET: "),
        ("VOICETASKS_OUTBOUND_COUNTRIES", "quetzal", "error parsing value for field"),
    ],
)
@pytest.mark.parametrize(
    ("module", "event"), [("agent", "worker.not_started"), ("agent.outbound", "outbound.not_started")]
)
def test_the_process_ends_with_exit_code_2_and_says_why(
    tmp_path: Path, module: str, event: str, name: str, value: str, what: str
) -> None:
    code, said = ended(tmp_path, module, **{name: value})
    assert (code, [line["event"] for line in said]) == (2, [event])
    assert what in said[0]["what"]
    assert "quetzal" not in str(said)


def test_reminders_need_no_vendor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refused(monkeypatch, tmp_path, OPENAI_API_KEY="sandbox") != ""
    assert start_refusals(AgentSettings(), PeopleSettings()) == []


def test_a_setting_that_is_wrong_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refused(monkeypatch, tmp_path)
    monkeypatch.setenv("VOICETASKS_AGENT_TAKEOVER_KEY", "quetzal")
    monkeypatch.setattr("agent.worker.configure", lambda _level: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (told,) = [record.__dict__["what"] for record in caplog.records]
    assert told.startswith("takeover_key")
    assert "quetzal" not in told


def test_a_worker_does_not_start_with_prices_that_moved_further_than_somebody_confirmed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refused(monkeypatch, tmp_path)
    dear = json.loads(written(bundled()))
    dear["rates"]["cartesia sonic*"]["characters"] = [[0, "5"]]
    path = tmp_path / "confirmed.json"
    path.write_text(json.dumps(dear))
    monkeypatch.setattr(confirmed_prices, "CONFIRMED", path)
    monkeypatch.setenv(ENV_WARN_THRESHOLD_MS, "0")  # what `main` would leave in the environment
    monkeypatch.setattr("agent.worker.configure", lambda _level: None)
    monkeypatch.setattr("agent.worker._run", lambda _settings: pytest.fail("it has started"))
    trusted.cache_clear()
    with pytest.raises(SystemExit) as ended:
        main()
    trusted.cache_clear()
    assert ended.value.code == 2
    [record] = [record for record in caplog.records if record.message == "worker.not_started"]
    assert "cartesia sonic* characters: 5 to 50" in record.__dict__["what"]
