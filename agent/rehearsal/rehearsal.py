"""One rehearsal: a caller who says what the plan has, and the product's own call that answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import httpx
import numpy as np
from livekit import rtc
from livekit.agents import AgentStateChangedEvent, FunctionToolsExecutedEvent, llm, utils

from agent.attributes import CallAttributes
from agent.call import Call
from agent.invitation import Invitation
from agent.line import Line
from agent.rehearsal.followed import Followed
from agent.rehearsal.plan import Plan, Turn
from agent.rehearsal.sharing import share
from agent.rehearsal.stage import RATE, NoRoom, Stage
from agent.serving import Serving
from agent.settings import AgentSettings
from agent.tier_session import TierSession
from agent.transcript import transcribing
from mcp_tasks.client import Patience, ToolOutcome
from people.settings import PeopleSettings
from people.tokens import mint_tasks_token
from people.user import Plan as UserPlan
from people.user import Role, User, new_user_id
from routing.decision import Decision
from tiers.catalogue import STACKS, Stack
from tiers.settings import VendorSettings
from tiers.usage import Usage
from tiers.watch import Failure, VendorPatience

IDENTITY: Final = "caller"
SETTLED_SECONDS: Final = 0.8
"""An answer is over when it was silent for so long and nothing is being thought: one may come in two parts."""
LOOK_SECONDS: Final = 0.05
PATIENCE: Final = Patience(reconnect=120.0, answer=120.0)
"""On the fast clock, which does not slow down for the task server."""

Tell = Callable[[dict[str, Any]], None]


class Rehearsal:
    """Tells `tell` of every usage, turn, answer and tool that ran, and of the end with the tasks as they are then, each
    with its time since the start in seconds.
    """

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._plan = plan
        self._tell = tell
        self._began = 0.0
        self._state = "initializing"
        self._spoken_seconds = 0.0
        self._tools = 0
        self._unanswered = 0

    async def run(self) -> None:
        """From the greeting to the end. Raises TaskServerUnavailable, and what the sandbox's control port raises."""
        plan, people, vendors = self._plan, PeopleSettings(), VendorSettings()
        user = User(
            id=new_user_id(),
            email="caller@example.com",
            plan=UserPlan(STACKS[plan.stack].tier),
            role=Role.USER,
            time_zone=plan.time_zone,
            created_at=datetime.now(UTC),
        )
        invitation = Invitation(call_id=plan.call_id, subject=user.id, identity=IDENTITY)
        stage, settings = Stage(), AgentSettings()
        room, line = cast("rtc.Room", NoRoom(IDENTITY)), cast("Line", stage)

        async def token() -> str:
            return mint_tasks_token(user, people)

        async with (
            httpx.AsyncClient(base_url=plan.told_url, timeout=60, trust_env=False) as sandbox,
            Followed(settings.tasks_url, token, patience=PATIENCE) as client,
            transcribing(invitation, user, people) as transcript,
        ):
            for task in plan.tasks:
                made = await client.call("create_task", {k: v for k, v in task.model_dump().items() if v})
                self._tell({"at": 0.0, "has": made.structured.get("task")})
            client.tell = self._on_tool
            self._began = asyncio.get_running_loop().time()
            attributes = CallAttributes(room, call_id=plan.call_id)

            def make(stack: Stack, on_failure: Callable[[Failure], None]) -> TierSession:
                return TierSession(
                    stack,
                    vendors,
                    call_id=plan.call_id,
                    today=datetime.now(UTC).date(),
                    on_usage=self._on_usage,
                    on_failure=on_failure,
                    patience=VendorPatience().times(plan.patience),
                )

            async def show(_decision: Decision, _stack: Stack | None) -> None: ...

            served = Serving(
                line, STACKS[plan.stack], make=make, stack_of=lambda _: STACKS[plan.stack], show=show
            )
            served.on("agent_state_changed", self._on_state)
            served.on("function_tools_executed", self._on_tools)
            served.on("conversation_item_added", self._on_item)
            call = Call(room, invitation, user, client, settings, attributes, transcript)
            serving = asyncio.create_task(call.serve(served), name="rehearsal.serve")
            talking = asyncio.create_task(self._talk(stage, sandbox), name="rehearsal.talk")
            beside = [asyncio.create_task(share(plan.sharing, self._tell))] if plan.sharing else []
            try:
                await asyncio.wait({serving, talking}, return_when=asyncio.FIRST_COMPLETED)
                ended = serving.result() if serving.done() else "hung_up"
                if talking.done():
                    talking.result()
            finally:
                await utils.aio.cancel_and_wait(serving, talking, *beside)
                await call.aclose()
            client.tell = None
            tasks = [task for view in ("all", "done") for task in await _listed(client, view)]
        self._tell(
            {
                "at": self._now,
                "ended": ended,
                "caller_seconds": round(self._spoken_seconds, 1),
                "agent_seconds": round(stage.loudspeaker.heard_seconds, 1),
                "tools": self._tools,
                "unanswered": self._unanswered,
                "tasks": tasks,
            }
        )

    @property
    def _now(self) -> float:
        return round(asyncio.get_running_loop().time() - self._began, 3)

    # The caller

    async def _talk(self, stage: Stage, sandbox: httpx.AsyncClient) -> None:
        await self._answered(stage, since=self._began)
        for number, turn in enumerate(self._plan.turns, 1):
            paused = max(0.0, self._plan.pause_seconds - SETTLED_SECONDS)
            due = max(number * self._plan.turn_seconds, self._now + paused)
            if due >= self._plan.seconds:
                break
            await asyncio.sleep(due - self._now)
            self._tell({"at": self._now, "turn": number, "said": turn.words})
            await self._say(turn, stage, sandbox)
        if not self._plan.hangs_up:
            await asyncio.sleep(self._plan.seconds - self._now)

    async def _say(self, turn: Turn, stage: Stage, sandbox: httpx.AsyncClient) -> None:
        told = await sandbox.post("/told", json={"tag": self._plan.call_id, "text": turn.words})
        told.raise_for_status()
        pcm = np.fromfile(turn.sound, np.int16)
        await stage.microphone.speak(pcm)
        self._spoken_seconds += len(pcm) / RATE
        silent = asyncio.get_running_loop().time()
        stage.loudspeaker.listen()
        if not await self._answered(stage, since=silent):
            self._unanswered += 1
        elif (first := stage.loudspeaker.first_sound) is not None:
            self._tell({"at": self._now, "first_sound_ms": round(1000 * (first - silent))})

    async def _answered(self, stage: Stage, *, since: float) -> bool:
        """Wait until an answer was heard to its end; False when none came in time."""
        loop = asyncio.get_running_loop()
        heard = since
        while loop.time() - heard < self._plan.answer_seconds:
            silent = stage.loudspeaker.silent_since
            if self._state == "speaking":
                heard = loop.time()
            elif (
                silent is not None
                and silent > since
                and self._state == "listening"
                and loop.time() - silent >= SETTLED_SECONDS
            ):
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    # What the session and the task server tell

    def _on_tool(self, tool: str, arguments: Mapping[str, Any], outcome: ToolOutcome) -> None:
        shown = {key: value for key, value in arguments.items() if key != "operation_id"}
        self._tell({"at": self._now, "ran": tool, "arguments": shown, "result": outcome.structured})

    def _on_usage(self, usage: Usage) -> None:
        self._tell({"at": self._now, "usage": json.loads(usage.to_json())})

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        self._state = event.new_state

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        self._tools += len(event.function_calls)

    def _on_item(self, event: Any) -> None:
        item = event.item
        if isinstance(item, llm.ChatMessage) and item.role == "assistant":
            self._tell(
                {"at": self._now, "answered": item.text_content or "", "interrupted": item.interrupted}
            )


async def _listed(client: Followed, view: str) -> list[dict[str, Any]]:
    found = await client.call("list_tasks", {"view": view, "limit": 200})
    return list(found.structured.get("tasks", []))
