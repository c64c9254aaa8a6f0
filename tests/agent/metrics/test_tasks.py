from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.metrics.tasks import TaskCounts
from mcp_tasks.client import ToolOutcome
from tests.agent.metrics.counted import Counted

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def done(minutes_old: float = 0, *, task_id: str = "t1", completed: bool = False, **more: Any) -> ToolOutcome:
    created = (NOW - timedelta(minutes=minutes_old)).isoformat()
    task = {"id": task_id, "created_at": created, "completed_at": NOW.isoformat() if completed else None}
    return ToolOutcome({"task": task, **more}, is_error=False, code=None, text="")


def refusal(code: str) -> ToolOutcome:
    return ToolOutcome({}, is_error=True, code=code, text="")


class Tools(TaskCounts):
    def __init__(self) -> None:
        super().__init__(lambda: NOW)
        self._counted = Counted()

    def created(self) -> tuple[float, float, float]:
        return tuple(  # type: ignore[return-value]
            self._counted.grown("voicetasks_task_creations_total", outcome=outcome)
            for outcome in ("created", "refused", "taken_back")
        )

    def counted(self, tool: str, outcome: str) -> float:
        return self._counted.grown("voicetasks_tasks_total", tool=tool, outcome=outcome)


def test_a_task_taken_back_within_ten_minutes_was_no_success_and_later_it_was_one() -> None:
    tools = Tools()
    tools.ran("create_task", done(), turn=1, foreign=False)
    tools.ran("delete_task", done(9), turn=2, foreign=False)
    tools.ran("delete_task", done(11, task_id="t2"), turn=3, foreign=False)
    tools.ran("undo", done(1, task_id="t3", undone="create"), turn=4, foreign=False)
    tools.ran("undo", done(1, task_id="t4", undone="complete"), turn=5, foreign=False)
    tools.close()
    assert tools.created() == (1, 0, 2)


def test_a_task_that_is_corrected_and_then_deleted_is_taken_back_once() -> None:
    tools = Tools()
    tools.ran("update_task", done(1, changed=True), turn=1, foreign=False)
    tools.ran("delete_task", done(2), turn=2, foreign=False)
    tools.close()
    assert tools.created() == (0, 0, 1)


def test_who_takes_a_deletion_back_in_the_call_has_not_taken_the_task_back() -> None:
    tools = Tools()
    tools.ran("create_task", done(), turn=1, foreign=False)
    tools.ran("delete_task", done(1), turn=2, foreign=False)
    tools.ran("undo", done(1, undone="delete"), turn=3, foreign=False)
    tools.close()
    assert tools.created() == (1, 0, 0)


def test_a_task_whose_first_answer_was_lost_is_created_once_and_not_refused() -> None:
    tools = Tools()
    tools.unavailable("create_task", turn=1, foreign=False)
    for _ in range(2):
        tools.ran("create_task", done(repeated=True), turn=1, foreign=False)
    tools.close()
    assert tools.created() == (1, 0, 0)


def test_who_clears_away_what_is_done_takes_nothing_back() -> None:
    tools = Tools()
    tools.ran("delete_task", done(1, completed=True), turn=1, foreign=False)
    tools.close()
    assert tools.created() == (0, 0, 0)


def test_a_request_that_was_put_right_in_its_turn_is_one_request() -> None:
    tools = Tools()
    tools.ran("create_task", refusal("bad_date"), turn=1, foreign=False)
    tools.ran("create_task", done(), turn=1, foreign=False)
    tools.ran("create_task", refusal("bad_date"), turn=2, foreign=False)
    tools.unavailable("create_task", turn=2, foreign=False)
    tools.close()
    assert tools.created() == (1, 1, 0)
    assert tools.counted("create_task", "bad_date") == 2
    assert tools.counted("create_task", "unavailable") == 1


def test_a_question_that_the_caller_answers_is_no_task_that_failed() -> None:
    tools = Tools()
    tools.ran("create_task", refusal("bad_date"), turn=1, foreign=False)
    tools.ran("create_task", done(), turn=2, foreign=False)
    tools.close()
    assert tools.created() == (1, 0, 0)


def test_a_question_that_is_left_open_is_one_task_that_failed() -> None:
    tools = Tools()
    for turn in (1, 2):
        tools.ran("create_task", refusal("bad_date"), turn=turn, foreign=False)
    tools.close()
    assert tools.created() == (0, 1, 0)


def test_the_tools_of_other_servers_have_one_name() -> None:
    tools = Tools()
    tools.ran("crm_find_anything", ToolOutcome({}, is_error=False, code=None, text=""), turn=1, foreign=True)
    tools.ran("crm_find_anything", refusal("whatever they say"), turn=1, foreign=True)
    assert (tools.counted("other", "ok"), tools.counted("other", "other")) == (1, 1)
