"""While calls are taken over no process is made for later ones; afterwards there are as many as before."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from livekit.agents import AgentServer
from livekit.agents.ipc.proc_pool import ProcPool

from agent import worker as module
from agent.settings import AgentSettings
from agent.warm import EACH_SECONDS, QUIET_SECONDS, Warm
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


def test_none_is_made_until_the_last_call_is_heard_again(loop: VirtualLoop) -> None:
    targets: list[int] = []
    warm = Warm(3, targets.append)
    loop.do(warm.take_over)
    loop.pass_seconds(QUIET_SECONDS - 1)
    loop.do(warm.take_over)
    loop.pass_seconds(QUIET_SECONDS - 1)
    assert set(targets) == {0}
    loop.pass_seconds(1 + EACH_SECONDS / 2)
    assert targets[-1] == 1
    loop.pass_seconds(10 * EACH_SECONDS)
    assert targets == [0, 0, 1, 2, 3]


def test_a_call_that_is_taken_over_while_they_are_made_stops_it(loop: VirtualLoop) -> None:
    targets: list[int] = []
    warm = Warm(3, targets.append)
    loop.do(warm.take_over)
    loop.pass_seconds(QUIET_SECONDS + EACH_SECONDS * 1.5)
    loop.do(warm.take_over)
    loop.pass_seconds(QUIET_SECONDS - 1)
    assert targets == [0, 1, 2, 0]


def test_the_library_makes_as_many_as_it_is_told_and_those_that_calls_wait_for() -> None:
    # Private in livekit-agents, so that an upgrade that changes it fails here.
    keeping = inspect.getsource(ProcPool._main_task)
    assert "min(self._target_idle_processes, self._default_num_idle_processes)" in keeping
    assert "self._jobs_waiting_for_process" in keeping
    assert "self._proc_pool = " in inspect.getsource(AgentServer)
    assert callable(ProcPool.set_target_idle_processes)


def test_a_worker_takes_no_call_before_its_warm_processes_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    class Server:
        def __init__(self, **options: Any) -> None:
            given.update(options)

        def on(self, *_: Any) -> None: ...

        def rtc_session(self, *_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(module, "AgentServer", Server)
    module.Worker(AgentSettings(warm_processes=3))
    assert given["num_idle_processes"] == 3
    assert given["initialize_process_timeout"] >= 60
    # Private in livekit-agents: the pool waits for so long, and the worker registers after it.
    assert "timeout=self._initialize_timeout + 2" in inspect.getsource(ProcPool.start)
