"""However a call's job ends, the call lets go of its room."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

import agent.job as job_module

pytestmark = pytest.mark.unit


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A call that was handed over; all around it is there and does nothing."""

    @contextlib.asynccontextmanager
    async def opened(*_: Any, **__: Any) -> Any:
        yield MagicMock(is_allowed=AsyncMock(return_value=False))

    made = MagicMock(serve=AsyncMock(return_value="leaving"), aclose=AsyncMock())
    made.handed_over = AsyncMock()
    keeper = MagicMock(flush=AsyncMock(), forget=AsyncMock(), found=AsyncMock(return_value=None))
    made.keeper = keeper
    made.leaves = MagicMock(over=AsyncMock())
    monkeypatch.setattr(job_module, "CutOffCall", lambda *_: made.leaves)
    for name in ("PeopleSettings", "Vault", "CallBack", "Unwritten", "erases", "stops_calls"):
        monkeypatch.setattr(job_module, name, MagicMock())
    for name in ("TaskClient", "other_servers", "transcribing"):
        monkeypatch.setattr(job_module, name, opened)
    for name in ("promised_calls", "opening"):
        monkeypatch.setattr(job_module, name, AsyncMock())
    monkeypatch.setattr(job_module, "Keeper", lambda *_, **__: keeper)

    def called(*_: Any, **said: Any) -> Any:
        made.said = said
        return made

    monkeypatch.setattr(job_module, "Call", called)
    return made


def serve(channel: str = "browser") -> Any:
    begun = SimpleNamespace(before=0, turn=0)
    desk = MagicMock(
        invitation=SimpleNamespace(call_id="c", channel=channel, reminder=""),
        ours=MagicMock(begun=begun, served=MagicMock()),
    )
    one: Any = MagicMock()
    return job_module._serve(one, one, desk, one, one, one)


async def test_a_thread_that_cannot_be_handed_on_does_not_keep_the_call_open(call: Any) -> None:
    call.keeper.flush.side_effect = ConnectionError("Redis is away")
    with pytest.raises(ConnectionError):
        await serve()
    call.aclose.assert_awaited_once()


async def test_nor_does_a_job_that_is_cancelled_while_it_hands_over(call: Any) -> None:
    hands_over = asyncio.Event()

    async def handed_over() -> None:
        hands_over.set()
        await asyncio.Event().wait()

    call.handed_over = handed_over
    serving = asyncio.create_task(serve())
    await hands_over.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    call.aclose.assert_awaited_once()


@pytest.mark.parametrize(("ended", "tells"), [("lost", 1), ("left", 1), ("erased", 1), ("leaving", 0)])
async def test_a_phone_call_that_ends_here_says_so_to_what_it_leaves_to_the_next_one(
    call: Any, monkeypatch: pytest.MonkeyPatch, ended: str, tells: int
) -> None:
    monkeypatch.setattr(job_module, "CallBack", lambda *_: MagicMock(found=AsyncMock(return_value=None)))
    call.serve.return_value = ended
    await serve("phone")
    assert call.said["leaves"] is call.leaves
    assert call.leaves.over.await_count == tells
