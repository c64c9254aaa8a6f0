"""The model's next message: the calls it makes, or what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.brain import by_phone, opening, wording
from sandbox.brain.dialogue import State
from sandbox.brain.going_on import as_wanted, cut_off, rest_of
from sandbox.brain.grammar import MAX_CHARACTERS
from sandbox.brain.planning import plan
from sandbox.brain.progress import Progress, ToolCall
from sandbox.brain.running import run, speaks_before
from sandbox.brain.showing import TOOL
from sandbox.brain.transcript import Turn, last_said, turns_of
from sandbox.brain.understanding import understand

__all__ = ["Reply", "ToolCall", "reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says next; text, calls or both."""

    text: str | None
    calls: tuple[ToolCall, ...] = ()


def reply(
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]],
    must_call: str | bool = False,
    parallel: bool = True,
) -> Reply:
    """Go on with a conversation in OpenAI's messages (content as text), with the tools that may be called now.

    `must_call` asks for a call of some tool, or of the one it names; `parallel` allows several calls at once.
    """
    openings = opening.wanted(messages)
    bare = opening.without(messages, openings) if openings else messages
    answer = _reply(bare, tools=tools, must_call=must_call, parallel=parallel)
    if not openings or not answer.text or cut_off(bare) is not None:
        return answer
    return replace(answer, text=opening.begun(answer.text, openings))


def _reply(
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]],
    must_call: str | bool,
    parallel: bool,
) -> Reply:
    if (broken := cut_off(messages)) is not None:
        before, heard = broken
        whole = _reply(before, tools=tools, must_call=must_call, parallel=parallel)
        return (
            whole if whole.text is None else replace(whole, text=rest_of(whole.text, heard) or wording.OKAY)
        )
    offered = {str(tool["name"]) for tool in tools}
    turns = as_wanted(turns_of(messages))
    may_ring = by_phone.is_offered(tools)
    progress = _progress(turns, last_said(messages), sees=TOOL in offered)
    calls = [
        replace(call, arguments={**call.arguments, by_phone.ARGUMENT: True})
        if may_ring and call.name == "create_task" and by_phone.wanted(turns, call.arguments.get("title"))
        else call
        for call in progress.calls
        if call.name in offered
    ]
    if isinstance(must_call, str):
        calls = [call for call in calls if call.name == must_call] or [ToolCall(must_call, {})]
    elif must_call and not calls:
        calls = [ToolCall("list_tasks" if "list_tasks" in offered else min(offered), {})]
    if calls:
        text = progress.text if speaks_before(calls) else ""
        return Reply(text or None, tuple(calls if parallel else calls[:1]))
    if progress.calls:
        return Reply(
            " ".join(filter(None, [progress.text, wording.UNFINISHED if offered else wording.NO_TOOLS]))
        )
    return Reply(progress.text or wording.OKAY)


def _progress(turns: Sequence[Turn], said_last: str | None, *, sees: bool) -> Progress:
    if not turns:
        return Progress(State(), said=[wording.GREETING])
    state = State()
    said_before: str | None = None
    for turn in turns[:-1]:
        state = _take(turn, state, said_before, sees=sees).state
        said_before = " ".join(turn.said) or said_before
    return _take(turns[-1], state, said_last, sees=sees)


def _take(turn: Turn, state: State, said_before: str | None, *, sees: bool) -> Progress:
    if len(turn.text) > 4 * MAX_CHARACTERS:
        return Progress(state, said=[wording.TOO_LONG])
    said = by_phone.without(turn.text)
    return run(plan(understand(said), state, said_before=said_before), turn, state, sees=sees)
