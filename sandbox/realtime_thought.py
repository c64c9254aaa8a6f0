"""What the model answers: the brain's reply to the conversation, or what a script has it say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import brain
from sandbox.brain.dictation import dictated_line
from sandbox.desk import Desk
from sandbox.openai_chunks import Call, Completion
from sandbox.realtime_events import MAX_ID, new_id
from sandbox.realtime_items import Item
from sandbox.realtime_session import NamedTool, Session


async def thought(desk: Desk, session: Session, context: Sequence[Item], tag: str | None) -> Completion:
    """The reply to the items given. Waits for the ear; raises what it raises."""
    choice = session.tool_choice
    tools = [] if choice == "none" else [tool.model_dump() for tool in session.tools]
    must_call = choice.name if isinstance(choice, NamedTool) else choice == "required"
    return answered(
        desk,
        [await item.message() for item in context],
        instructions=session.instructions,
        tools=tools,
        must_call=must_call if tools else False,
        parallel=session.parallel_tool_calls,
        tag=tag,
    )


def answered(
    desk: Desk,
    messages: Sequence[Mapping[str, Any]],
    *,
    instructions: str,
    tools: Sequence[Mapping[str, Any]],
    must_call: str | bool = False,
    parallel: bool = True,
    tag: str | None,
) -> Completion:
    """The reply to chat messages: the line that is dictated, else what a script has, else the brain's."""
    last = messages[-1] if messages else {}
    for order in (instructions, last.get("content") if last.get("role") == "system" else None):
        if order and (line := dictated_line(order)) is not None:
            return Completion(line, (), "stop")
    if scripted := desk.scripts.next(tag):
        calls = tuple(_call(call.name, call.arguments, call.id) for call in scripted.tool_calls)
        return Completion(scripted.content, calls, scripted.finish_reason or "stop")
    reply = brain.reply(messages, tools=tools, must_call=must_call, parallel=parallel)
    calls = tuple(_call(call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in reply.calls)
    return Completion(reply.text, calls)


def _call(name: str, arguments: str, call_id: str | None = None) -> Call:
    return Call(name, arguments, (call_id or new_id("call"))[:MAX_ID])
