"""What one yes released is done whole, whoever hangs up or goes on with the call meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import llm

from agent.gate import Action
from agent.persona import REST_NOT_DONE
from agent.released import Released
from tests.agent.asked import Asked, Tools

pytestmark = pytest.mark.unit

ACTIONS = [Action("delete_task", {"task_id": each}, (f"Buy {each}",)) for each in ("milk", "bread", "eggs")]


class SlowTools(Tools):
    """Takes its time for each, until a test lets it."""

    def __init__(self, away_at: int = -1) -> None:
        super().__init__(away_at)
        self.is_asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def run(self, tool: str, arguments: object, *, turn: int) -> object:  # type: ignore[override]
        self.is_asked.set()
        await self.goes_on.wait()
        return await super().run(tool, arguments, turn=turn)


async def test_whoever_waits_may_go_and_the_rest_is_done_all_the_same() -> None:
    tools = SlowTools()
    released = Released(tools, ACTIONS, turn=2)  # type: ignore[arg-type]
    waiting = asyncio.create_task(released.over())
    await asyncio.wait_for(tools.is_asked.wait(), 5)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    tools.goes_on.set()
    await asyncio.wait_for(released.task, 5)
    assert tools.ran == 3


async def test_a_key_counts_though_its_caller_hangs_up_before_we_have_fallen_silent(asked: Asked) -> None:
    asked.gate.played(asked.pending.id)
    assert asked.questions.press_key("yes")
    for task in asked.work:
        task.cancel()
    await asyncio.wait_for(asked.tools.released[-1].task, 5)
    assert asked.tools.ran == 1


@pytest.fixture
async def asked() -> Asked:
    return Asked()


async def test_a_worker_that_goes_on_knows_what_was_done_and_that_the_rest_was_not() -> None:
    tools = SlowTools()
    released = Released(tools, ACTIONS, turn=2)  # type: ignore[arg-type]
    await asyncio.wait_for(tools.is_asked.wait(), 5)
    tools.is_closed = True
    tools.goes_on.set()
    await asyncio.wait_for(released.over(), 5)
    assert tools.ran == 1, "another worker answers: what it asks anew is not done here as well"
    items = released.for_successor()
    assert [item.name for item in items if isinstance(item, llm.FunctionCall)] == ["delete_task"] * 3
    errors = [item for item in items if isinstance(item, llm.FunctionCallOutput)]
    assert [(each.is_error, REST_NOT_DONE in each.output) for each in errors] == [(True, True)] * 2
    assert released.line == f'I\'ve deleted "Buy milk". {REST_NOT_DONE}'


async def test_of_what_runs_still_a_worker_that_goes_on_is_told_that_nobody_knows() -> None:
    tools = SlowTools()
    released = Released(tools, ACTIONS[:1], turn=2)  # type: ignore[arg-type]
    await asyncio.wait_for(tools.is_asked.wait(), 5)
    (told,) = [each for each in released.for_successor() if isinstance(each, llm.FunctionCallOutput)]
    assert told.is_error
    assert "It is away." in told.output
    released.task.cancel()


async def test_what_a_session_has_told_is_told_by_no_other_worker(asked: Asked) -> None:
    asked.gate.played(asked.pending.id)
    assert await asked.questions.take_turn("Yes.", turn=2, by="voice")
    assert asked.tools.released[-1].is_told
    assert asked.tools.released[-1].for_successor() == []
