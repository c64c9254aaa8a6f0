"""What the model answers: the brain's reply to the conversation, or what a script has it say."""

import json
from collections.abc import Sequence

from sandbox import brain
from sandbox.brain.dictation import dictated_line
from sandbox.desk import Desk
from sandbox.openai_chunks import Call, Completion
from sandbox.realtime_events import MAX_ID, new_id
from sandbox.realtime_items import Item
from sandbox.realtime_session import NamedTool, Session


async def thought(desk: Desk, session: Session, context: Sequence[Item], tag: str | None) -> Completion:
    """The reply to the items given. Waits for the ear; raises what it raises."""
    messages = [await item.message() for item in context]
    last = messages[-1] if messages else {}
    for order in (session.instructions, last.get("content") if last.get("role") == "system" else None):
        if order and (line := dictated_line(order)) is not None:
            return Completion(line, (), "stop")
    if scripted := desk.scripts.next(tag):
        calls = tuple(_call(call.name, call.arguments, call.id) for call in scripted.tool_calls)
        return Completion(scripted.content, calls, scripted.finish_reason or "stop")
    choice = session.tool_choice
    tools = [] if choice == "none" else [tool.model_dump() for tool in session.tools]
    must_call = choice.name if isinstance(choice, NamedTool) else choice == "required"
    reply = brain.reply(
        messages,
        tools=tools,
        must_call=must_call if tools else False,
        parallel=session.parallel_tool_calls,
    )
    calls = tuple(_call(call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in reply.calls)
    return Completion(reply.text, calls)


def _call(name: str, arguments: str, call_id: str | None = None) -> Call:
    return Call(name, arguments, (call_id or new_id("call"))[:MAX_ID])
