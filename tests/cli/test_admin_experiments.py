"""`voicetasks admin experiments`: from an idea to a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import update

from cli.admin.experiment_plot import draw
from cli.picture import NoPlotError
from routing.experiments.bucket import arm_of, bucket_of
from routing.experiments.design import Experiment
from routing.experiments.report import ExperimentReport
from routing.models import PolicyRow
from routing.policy_store import PolicyStore
from tests.cli.admin_terminal import Terminal
from tests.routing.experiments.past import experiment_calls

pytestmark = pytest.mark.system

CREATE = (
    *("experiments", "create", "cheap-voice", "--hypothesis", "a cheaper voice is as good"),
    *("--arm", "control=economy", "--arm", "cheap=budget", "--plan", "economy"),
)


async def test_an_experiment_is_created_started_changed_and_stopped(terminal: Terminal) -> None:
    made = await terminal.ask(*CREATE)
    assert (made["experiment"]["state"], made["experiment"]["phase"]) == ("draft", 0)
    assert (await terminal.ask("experiments", "start", "cheap-voice"))["experiment"]["phase"] == 1
    changed = await terminal.ask("experiments", "weights", "cheap-voice", "--arm", "control=9")
    assert (changed["experiment"]["phase"], changed["experiment"]["arms"][0]["weight"]) == (2, 9)
    said = await terminal.run("experiments", "stop", "cheap-voice")
    assert "cheap-voice is stopped, phase 2; the policy is version 4." in said.err
    [listed] = (await terminal.ask("experiments", "list"))["experiments"]
    assert (listed["name"], listed["state"], listed["phase"]) == ("cheap-voice", "stopped", 2)
    assert "a cheaper voice is as good" in (await terminal.run("experiments", "list")).err
    history = (await terminal.ask("policy", "history"))["versions"]
    assert any(change["path"] == "experiments.cheap-voice.state" for change in history[0]["changes"])


async def test_what_is_wrong_is_named(terminal: Terminal) -> None:
    for arguments, code, exit_code in (
        ((*CREATE[:-4], "--arm", "dear=premium"), "invalid_policy", 2),
        (("experiments", "start", "nothing"), "no_such_experiment", 1),
        (("experiments", "report", "nothing"), "no_such_experiment", 1),
        ((*CREATE, "--expect", "77"), "conflict", 1),
    ):
        said = await terminal.run(*arguments, "--json")
        assert (said.code, said.json["error"]["code"]) == (exit_code, code)
    assert (await terminal.run(*CREATE[:4], "x", "--arm", "no arm")).code == 2
    assert (await terminal.run("experiments", "weights", "x", "--arm", "control")).code == 2
    assert (await terminal.run("experiments", "arms", "x")).code == 2


async def test_ids_from_a_pipe_get_the_arms_that_the_hash_gives_them(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.ask(*CREATE)
    ids = [f"usr_{number}" for number in range(50)]
    said = await terminal.run(
        "experiments", "arms", "cheap-voice", "--ids", "-", "--json", stdin="\n".join(ids)
    )
    names = ("control", "cheap")
    for unit, arm in said.json["arms"].items():
        number = arm_of(bucket_of("cheap-voice", unit), (0.5, 0.5))
        assert number is not None
        assert arm == names[number]
    assert len(said.json["arms"]) == 50
    file = tmp_path / "ids"
    file.write_text("\n".join(ids))
    assert (await terminal.ask("experiments", "arms", "cheap-voice", "--ids", str(file))) == said.json
    user = await terminal.people.create_user(email="ann@example.com", password="a long password")
    shown = await terminal.ask("experiments", "arms", "cheap-voice", "--user", "ann@example.com")
    number = arm_of(bucket_of("cheap-voice", user.id), (0.5, 0.5))
    assert number is not None
    assert shown["arms"] == {"ann@example.com": names[number]}


async def test_a_report_says_what_was_found_and_is_drawn(terminal: Terminal, tmp_path: Path) -> None:
    await terminal.ask(*CREATE, "--start")
    await experiment_calls(terminal.bank.journal, await begun_yesterday(terminal), 200, "cheap-voice")
    picture = tmp_path / "report.png"
    body = await terminal.ask("experiments", "report", "cheap-voice", "--plot", str(picture))
    assert (body["sandbox"], body["phase"], body["waiting"], body["calls"]) == (True, 1, 0, 200)
    [comparison] = body["comparisons"]
    assert comparison["saving"]["low"] > 0.4
    assert comparison["sentence"] in body["sentences"]
    assert {look["arm"] for look in body["looks"]} == {"cheap"}
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = await terminal.run("experiments", "report", "cheap-voice")
    assert "Hypothesis: a cheaper voice is as good" in said.err
    assert "(sandbox)" in said.err
    assert "cheap saves 47 % of the cost per successful task" in said.err
    unwritable = await terminal.run(
        "experiments", "report", "cheap-voice", "--plot", str(tmp_path / "no" / "x.png"), "--json"
    )
    assert unwritable.json["error"]["code"] == "no_picture"


async def test_without_the_package_that_draws_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(NoPlotError, match=r"uv sync --inexact --extra plots$"):
        draw(cast("ExperimentReport", None), tmp_path / "report.png", sandbox=True)


async def test_calls_whose_tasks_may_still_be_taken_back_wait(terminal: Terminal) -> None:
    await terminal.ask(*CREATE, "--start")
    experiments = (await store(terminal).current()).experiments
    await experiment_calls(terminal.bank.journal, experiments, 12, "cheap-voice")
    body = await terminal.ask("experiments", "report", "cheap-voice")
    assert (body["calls"], body["waiting"]) == (0, 12)
    assert body["sentences"][-1].startswith("Too early")
    assert "12 calls cannot be judged yet" in (await terminal.run("experiments", "report", "cheap-voice")).err


def store(terminal: Terminal) -> PolicyStore:
    return PolicyStore(terminal.bank.journal.engine, terminal.bank.link)


async def begun_yesterday(terminal: Terminal) -> dict[str, Experiment]:
    """As if the experiment had been started a day ago."""
    policy = await store(terminal).current()
    experiments = {
        name: each.model_copy(update={"since_ms": each.since_ms - 24 * 3600 * 1000})
        for name, each in policy.experiments.items()
    }
    document = policy.model_copy(update={"experiments": experiments}).model_dump_json()
    async with terminal.bank.journal.engine.begin() as connection:
        await connection.execute(
            update(PolicyRow).where(PolicyRow.version == int(policy.version)).values(document=document)
        )
    return experiments
