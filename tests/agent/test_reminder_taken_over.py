"""A call about a task whose worker died before its person said a word is still about that task."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent import job
from agent.invitation import Invitation
from agent.reminder import Opening
from agent.served import Begun
from agent.thread import Thread

pytestmark = pytest.mark.unit

LINE = Opening("You asked me to call you about this: Call mum.")


class Told:
    """Stands for what a call needs; the call tells what it was to say first, and how far it goes on from."""

    def __init__(self, kept: Thread | None) -> None:
        self._kept = kept
        self.greeting = SimpleNamespace(opening=Opening(), go_on=SimpleNamespace(thread=None), cut_off=None)
        self.news = self.thread = None
        self.said: tuple[Opening, Thread | None] | None = None

    async def found(self) -> Thread | None:
        return self._kept

    async def serve(self, _: object, *, thread: Thread | None, **__: object) -> str:
        self.said = (self.greeting.opening, thread)
        return "goodbye"

    async def is_allowed(self) -> bool:
        return True

    async def done(self) -> None: ...

    forget = aclose = done

    def start(self, _: object) -> None: ...
    def as_served(self, _: object) -> None: ...


async def first_words(patch: pytest.MonkeyPatch, begun: Begun, kept: Thread | None) -> Opening:
    """What a worker says first that takes the call over."""
    told = Told(kept)
    patch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    for name in ("Call", "Keeper"):
        patch.setattr(job, name, lambda *_, **__: told)
    for name in ("TaskClient", "other_servers", "transcribing"):
        patch.setattr(job, name, lambda *_, **__: nullcontext(told))

    async def promised_calls(*_: object) -> None: ...

    async def opening(*_: object) -> Opening:
        return LINE

    patch.setattr(job, "promised_calls", promised_calls)
    patch.setattr(job, "opening", opening)
    invitation = Invitation(call_id="c1", subject="usr_1", channel="phone", identity="sip_1", reminder="r1")
    ours = SimpleNamespace(
        redis=None,
        served=told,
        begun=begun,
        metrics=None,
        cut_off=None,
        chat=None,
        opt_out=None,
        closing=None,
    )
    settings = SimpleNamespace(takeover_key=None, tasks_url="", mcp_servers=())
    desk: Any = SimpleNamespace(
        invitation=invitation, settings=settings, ours=ours, attributes=None, sees=lambda _: None
    )
    user, money = SimpleNamespace(id="usr_1"), SimpleNamespace(outcomes=None)
    assert (
        await job._serve(
            cast("Any", SimpleNamespace(room=None)),
            cast("Any", user),
            desk,
            cast("Any", None),
            cast("Any", None),
            cast("Any", money),
        )
        == "goodbye"
    )
    await cast("asyncio.Task[None]", ours.closing)
    assert told.said is not None
    return told.said[0]


@pytest.mark.parametrize("kept", [None, Thread(0)], ids=["nothing was kept", "only we had spoken"])
async def test_it_is_told_where_no_word_was_said_to_the_worker_before(
    monkeypatch: pytest.MonkeyPatch, kept: Thread | None
) -> None:
    assert await first_words(monkeypatch, Begun(before=1, turn=0), kept) == LINE


@pytest.mark.parametrize("kept", [None, Thread(3)], ids=["nothing was kept", "they talk about it"])
async def test_a_conversation_that_goes_on_is_not_begun_anew(
    monkeypatch: pytest.MonkeyPatch, kept: Thread | None
) -> None:
    assert await first_words(monkeypatch, Begun(before=1, turn=3), kept) == Opening()


async def test_it_is_told_by_the_first_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await first_words(monkeypatch, Begun(before=0, turn=0), None) == LINE
