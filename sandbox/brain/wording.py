"""What the brain says: short spoken English without markup. What was done is told from the tool's result alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.brain.spoken_form import spoken_form
from sandbox.brain.transcript import Ran, Task

UNKNOWN = "Sorry, I didn't get that. You can ask me to list, add, change, complete or delete tasks."
TOO_LONG = "That was a lot at once. Please tell me in a short sentence what to do."
GREETING = "Hello. What can I do for your tasks?"
THANKS = "You're welcome."
CAPABILITIES = "I can list your tasks, add new ones with a date, change them, complete them and delete them."
IDENTITY = "I'm an AI assistant for your tasks."
SMALL_TALK = "I'm afraid I can only help with your tasks."
REFUSE = "I can only help with your own tasks."
GOODBYE = "Goodbye."
OKAY = "Okay. What would you like to do?"
LEFT = "Okay, I left it as it is."
NOT_ADDED = "Okay, I won't add it."
WHAT_TO_ADD = "What should the task be?"
OLD = "I can't reach your task list right now, so this may be out of date. "
NOTHING_SHOWN = "There is nothing more to read."
ALL_READ = "That was all of them."
NO_TOOLS = "I can't reach your task list right now."
UNFINISHED = "I haven't got to the rest of that yet."
NOTHING_SAID = "I haven't said anything yet. What can I do for your tasks?"
UNDO_IT = "Shall I undo the last change?"
FAILED = "Sorry, something went wrong with your task list, so I don't know that it worked."

UNSEEN = {
    "no_screen": "I can't see a screen. You can share it with me, or tell me: what should the task be?",
    "cannot_see": "I can't see your screen at the moment, but we can go on. What should the task be?",
    "spent": "I can't look at your screen any more in this call, but we can go on. What should the task be?",
    "nothing": "I see nothing on your screen that looks like a task. What should it be?",
    "unreadable": "I can't read that on your screen. Could you enlarge it, or tell me what the task should be?",
}

_PAGE = 5
_SUMMED_UP = 3
_NOTHING = {
    "all": "You have no tasks.",
    "today": "You have no tasks due today.",
    "week": "You have no tasks due this week.",
    "overdue": "You have no overdue tasks.",
    "done": "You have no completed tasks.",
}
_KIND = {
    "all": "",
    "today": " due today",
    "week": " due this week",
    "overdue": " overdue",
    "done": " completed",
}
_VERB = {"complete": "complete", "delete": "delete", "update": "change"}


def quoted(task: Task) -> str:
    """The title in quotes, which a voice does not say; quotes of its own would end it early."""
    return f'"{(task.title_spoken or task.title).replace(chr(34), chr(39))}"'


def with_due(task: Task, *, always: bool = False) -> str:
    """The title and when it is due; «with no date» only when that matters."""
    if task.due_spoken:
        return f"{quoted(task)}, due {task.due_spoken}"
    return f"{quoted(task)}, with no date" if always else quoted(task)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """«a; b; and c»: semicolons, because dates have commas."""
    if len(parts) < 2:
        return "".join(parts)
    if len(parts) == 2:
        return f"{parts[0]} {last} {parts[1]}"
    return f"{'; '.join(parts[:-1])}; {last} {parts[-1]}"


def count(number: int, kind: str = "") -> str:
    """«one task», «3 tasks due today»; an adjective goes first."""
    before = f"{kind.strip()} " if kind in {" overdue", " completed"} else ""
    after = "" if before else kind
    return f"{'one' if number == 1 else number} {before}task{'' if number == 1 else 's'}{after}"


def listed(
    tasks: Sequence[Task],
    total: int,
    *,
    view: str,
    day: str | None,
    query: str | None,
    summary: str | None = None,
) -> tuple[str, int]:
    """What to say about a list, and how many of its tasks that reads out; a summary of the server's names three."""
    if summary and not day and not query:
        return summary, min(len(tasks), _SUMMED_UP)
    if not tasks:
        if query:
            return f"I can't find a task about {query}.", 0
        return (f"You have nothing due {day}." if day else _NOTHING.get(view, _NOTHING["all"])), 0
    kind = f" about {query}" if query else f" due {day}" if day else _KIND.get(view, "")
    read = min(len(tasks), _PAGE)
    names = joined([with_due(task, always=bool(query)) for task in tasks[:read]])
    if total > read:
        return f"You have {count(total, kind)}. The first {read} are: {names}. Shall I go on?", read
    return f"You have {count(total, kind)}: {names}.", read


def next_page(tasks: Sequence[Task], read: int) -> tuple[str, int]:
    """The next tasks of a list, and how many are read by then."""
    end = min(len(tasks), read + _PAGE)
    names = joined([with_due(task) for task in tasks[read:end]])
    return f"Next: {names}. {'Shall I go on?' if end < len(tasks) else ALL_READ}", end


def which(verb: str, candidates: Sequence[Task]) -> str:
    """Ask which task, with what tells them apart."""
    doing = _VERB.get(verb, "use")
    if not candidates:
        return f"Which task should I {doing}?"
    if len(candidates) == 1:
        return f"Do you mean {with_due(candidates[0])}?"
    sounds = [spoken_form(task.title) for task in candidates]
    if len(set(sounds)) == len(sounds):
        return f"Which one do you mean: {joined([quoted(task) for task in candidates], 'or')}?"
    names = [with_due(task, always=True) for task in candidates]
    if len(set(names)) == len(names) and len({task.due_spoken for task in candidates}) > 1:
        return f"Which one do you mean: {joined(names, 'or')}?"
    return f"There are {len(candidates)} that sound alike: {joined(names)}. Do you mean the older or the newer one?"


def _offered(offer: tuple[str, str | None]) -> str:
    title, due = offer
    named = f'"{title.replace(chr(34), chr(39))}"'
    return f"{named}, due {due}" if due else named


def which_shown(offers: Sequence[tuple[str, str | None]]) -> str:
    """Ask which of the things on a screen is meant."""
    return f"I can see several. Which one do you mean: {joined([_offered(each) for each in offers], 'or')}?"


def on_screen(offers: Sequence[tuple[str, str | None]]) -> str:
    """Tell what can be read on a screen."""
    return f"On your screen I can see {joined([_offered(each) for each in offers])}."


def date_unclear(title: str) -> str:
    """A date stands beside a title and cannot be read."""
    return f'I can see "{title.replace(chr(34), chr(39))}", but I can\'t read the date. When is it due?'


def not_found(target: str) -> str:
    """No task is meant clearly enough. The caller's own words come back, so that they hear what was heard."""
    return f'I can\'t find a task called "{target.replace(chr(34), chr(39))}".'


def not_all_at_once(verb: str) -> str:
    """Many at once is more than one sentence should do."""
    return f"I can only {_VERB[verb]} one task at a time. Which one should I {_VERB[verb]}?"


def result(ran: Ran) -> str:
    """What a tool did, or why it did not."""
    if ran.waiting:
        # Asked whether there is more to call, a model has nothing to say of what is waited for.
        return "" if ran.result.get("next") else ran.waiting
    if ran.error is not None:
        return _failure(ran.tool, ran.error)
    task = ran.task
    if task is None:
        return FAILED
    if ran.result.get("repeated") is True:
        return f"I had already done that for {quoted(task)}."
    match ran.tool:
        case "create_task":
            before = "I had already added" if ran.result.get("repeated") else "I've added"
            return f"{before} {with_due(task)}{_besides(task)}."
        case "complete_task":
            same = ran.result.get("changed") is False
            return (
                f"{quoted(task)} was already done."
                if same
                else f"I've marked {quoted(task)} as done.{_next(ran)}"
            )
        case "delete_task":
            return f"I've deleted {quoted(task)}."
        case "update_task":
            return _updated(ran, task)
        case "undo":
            return _undone(str(ran.result.get("undone")), task)
        case _:
            return FAILED


def _besides(task: Task) -> str:
    """How it repeats, and when its person is called where its due does not say that."""
    return f"{f', {task.repeats}' if task.repeats else ''}{_call(task)}"


def _call(task: Task) -> str:
    return f", with a call {task.calls_at_spoken}" if task.calls_at_spoken else ""


def _next(ran: Ran) -> str:
    """What comes next of a task that repeats."""
    following = Task.of(ran.result.get("next"))
    return (
        f" It is next due {following.due_spoken}{_call(following)}."
        if following and following.due_spoken
        else ""
    )


def _updated(ran: Ran, task: Task) -> str:
    if ran.result.get("changed") is False:
        return f"{with_due(task, always=True)}, is already so."
    if "title" in ran.arguments:
        return f"I've changed it to {with_due(task)}."
    return (
        f"I've moved {quoted(task)} to {task.due_spoken}{_besides(task)}."
        if task.due_spoken
        else f"I've removed the date of {quoted(task)}."
    )


def _undone(what: str, task: Task) -> str:
    match what:
        case "create":
            return f"I've taken {quoted(task)} off your list again."
        case "delete":
            return f"I've put {with_due(task)} back on your list."
        case "complete":
            return f"I've undone that: {quoted(task)} is open again."
        case _:
            return f"I've undone that: it is {with_due(task, always=True)}, again."


def _failure(tool: str, error: Mapping[str, Any]) -> str:
    message = error.get("message")
    told = message.strip() if isinstance(message, str) else ""
    match error.get("code"):
        case "not_found":
            return "There is nothing to undo." if tool == "undo" else "I can't find that task any more."
        case "unreadable" | None:
            return FAILED
        case _:
            return told[:300] or FAILED
