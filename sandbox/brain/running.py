"""Carrying actions out: which tool to call next, given what ran in this turn, and what to say when all is done."""

import re
from dataclasses import replace
from typing import Any, Literal

from sandbox.brain import matching, mishearing, showing, wording
from sandbox.brain.day import due_on
from sandbox.brain.dialogue import Action, Last, Question, Shown, State
from sandbox.brain.progress import Progress, ToolCall
from sandbox.brain.seeking import looked_through, sought
from sandbox.brain.transcript import Ran, Task, Turn

LIST_LIMIT = 200
_TOOL = {
    "create": "create_task",
    "complete": "complete_task",
    "delete": "delete_task",
    "update": "update_task",
    "undo": "undo",
}
_VERB = {tool: verb for verb, tool in _TOOL.items()}
_GATED = frozenset({"complete_task", "delete_task"})
_QUERY_LIKENESS = 0.6
_AND = re.compile(r",? and (?:also |then )?|, ")


class _Runner:
    def __init__(self, turn: Turn, state: State, *, sees: bool) -> None:
        self._sees = sees
        self._turn = turn
        self._left = list(enumerate(turn.ran))
        # An open question does not outlive the turn after it, unless it is asked again.
        self.progress = Progress(replace(state, question=None))
        self._before = state

    def _take(self, tool: str, task: Task | None = None) -> tuple[int, Ran] | None:
        """The first result of a tool that no action has used yet."""
        for entry in self._left:
            ran = entry[1]
            if ran.tool == tool and (task is None or ran.arguments.get("task_id") == task.id):
                self._left.remove(entry)
                return entry
        return None

    def _listing(self, view: str) -> tuple[int, Ran] | None:
        """A list of this turn. It may serve several actions, so it is not used up."""
        for index, ran in enumerate(self._turn.ran):
            if (
                ran.tool == "list_tasks"
                and ran.arguments.get("view", "all") == view
                and not (ran.arguments.get("query") and (ran.decides or ran.error))
            ):
                return index, ran
        return None

    def _search(self, words: str) -> tuple[int, Ran] | None:
        """The server's search for some words; None when it is only now asked for."""
        for index, ran in enumerate(self._turn.ran):
            if ran.tool == "list_tasks" and ran.arguments.get("query") == words:
                return index, ran
        self._call("list_tasks", view="all", query=words)
        return None

    def _call(self, name: str, **arguments: Any) -> None:
        call = ToolCall(name, {key: value for key, value in arguments.items() if value is not None})
        if call not in self.progress.calls:
            self.progress.calls.append(call)

    def _released(self) -> bool:
        return any(ran.tool in _VERB for _, ran in self._left)

    def _say(self, text: str, index: int | None = None) -> None:
        """Say it, unless it was said when an earlier tool of this turn had run."""
        if text and (index is None or index >= self._turn.announced):
            self.progress.said.append(text)

    def _set(self, **changes: Any) -> None:
        self.progress.state = replace(self.progress.state, **changes)

    def run(self, action: Action) -> bool:
        """Take an action as far as it goes; False when what follows must wait for a tool's result."""
        match action.verb:
            case "say" if action.asks and action.asks.kind == "gate" and self._released():
                # The yes was taken by who holds the question, and what it released ran: there is nothing to ask.
                pass
            case "say":
                self._say(action.text)
                asks = self._before.question if action.keeps_question else action.asks
                self._set(question=asks, **({"shown": action.shows} if action.shows else {}))
            case "list":
                self._list(action)
            case "create" | "undo":
                return self._plain(action)
            case "guess":
                self._guess(action)
            case "shown":
                return self._shown(action)
            case _:
                for each in self._each(action):
                    self._change(each)
        return True

    def _each(self, action: Action) -> list[Action]:
        """«Buy milk and call Ann» are two tasks when no title is both and each part is clearly one."""
        target = action.target or ""
        parts = _AND.split(target)
        if action.task or len(parts) < 2:
            return [action]
        found = [(words, self._search(words)) for words in (target, *parts)]
        known = [(words, each[1]) for words, each in found if each is not None]
        if len(known) < len(found):
            return []
        whole, *single = (sought(words, ran, action.verb).task for words, ran in known)
        tasks = {task.id: task for task in single if task}
        if whole or len(tasks) < len(parts):
            return [action]
        return [replace(action, task=task) for task in tasks.values()]

    def _plain(self, action: Action) -> bool:
        tool = _TOOL[action.verb]
        found = self._take(tool)
        if found is None:
            if action.verb == "create":
                self._call(tool, title=action.title, due_words=action.due, due=action.due_date)
            else:
                self._call(tool)
            return action.verb != "undo"
        self._report(found, action, ())
        return True

    def _shown(self, action: Action) -> bool:
        """Look at the caller's screen, and go on with what is there."""
        if not self._sees:
            self._ask(Question("title", wording.WHAT_TO_ADD, Action("create", due=action.due)))
            return True
        found = self._take(showing.TOOL)
        if found is None:
            self._call(showing.TOOL, about=action.text)
            return False
        index, ran = found
        if ran.waiting:
            self._set(question=Question("gate", ran.waiting, action))
            return True
        offers = showing.offers_of(ran)
        status = str(ran.result.get("status"))
        if action.query == "tell":
            self._say(
                wording.on_screen(offers) if offers else wording.UNSEEN.get(status, wording.FAILED), index
            )
            return True
        made = replace(action, verb="create", text="")
        if status == "seen" and offers:
            title, due = offers[0]
            if showing.is_unclear(ran) and not action.due:
                self._ask(Question("when", wording.date_unclear(title), replace(made, title=title)))
                return True
            return self._plain(replace(made, title=title, due=action.due or due))
        if status == "several" and offers:
            self._ask(Question("shown", wording.which_shown(offers), made, offers=offers))
            return True
        self._ask(Question("title", wording.UNSEEN.get(status, wording.FAILED), made))
        return True

    def _list(self, action: Action) -> None:
        view = action.view or "all"
        found = self._listing(view)
        if found is None:
            self._call("list_tasks", view=view, limit=LIST_LIMIT)
            return
        index, ran = found
        if ran.error is not None:
            self._say(wording.result(ran), index)
            return
        tasks, total = ran.tasks, ran.total
        day = action.day
        if day:
            on_day = due_on(day, tasks, str(ran.result.get("today") or ""))
            # A day that is not understood picks nothing out: everything is told, and no word of that day.
            day = None if on_day is None else day
            tasks, total = (tasks, total) if on_day is None else (on_day, len(on_day))
        if action.query:
            tasks = [task for task in tasks if matching.likeness(action.query, task.title) >= _QUERY_LIKENESS]
            total = len(tasks)
        text, read = wording.listed(tasks, total, view=view, day=day, query=action.query, summary=ran.summary)
        self._say(wording.OLD + text if ran.result.get("old") else text, index)
        focus = tasks[0] if len(tasks) == 1 else self.progress.state.focus
        self._set(shown=Shown(tuple(tasks), read), focus=focus, last=Last(action, None, "done"))

    def _change(self, action: Action) -> None:
        tool = _TOOL[action.verb]
        task, pool = action.task, tuple[Task, ...]()
        if task is None:
            picked = self._pick(action)
            if picked is None:
                return
            task, pool = picked
        found = self._take(tool, task)
        if found is None:
            due, due_date = action.due, action.due_date
            if action.verb == "update":
                self._call(tool, task_id=task.id, title=action.title, due_words=due, due=due_date)
            else:
                self._call(tool, task_id=task.id)
            return
        self._report(found, replace(action, task=task), pool)

    def _open_tasks(self) -> tuple[int, Ran] | None:
        """The list of open tasks; None when it is only now asked for, or could not be had."""
        found = self._listing("all")
        if found is None:
            self._call("list_tasks", view="all", limit=LIST_LIMIT)
        elif found[1].error is not None:
            self._say(wording.result(found[1]), found[0])
            return None
        return found

    def _guess(self, action: Action) -> None:
        """What the words sound like, given the tasks that are there; the tool is called only when it is clear."""
        found = self._open_tasks()
        if found is None:
            return
        index, ran = found
        guess = mishearing.about_a_task(action.text, ran.tasks)
        if guess is None:
            self._say(wording.UNKNOWN, index)
            self._set(question=self._before.question)
            return
        meant = Action(guess.verb, task=guess.task, due=guess.due)
        if guess.task:
            self._change(meant)
        else:
            text = wording.which(meant.verb, guess.candidates)
            self._ask(Question("which", text, meant, guess.candidates))

    def _pick(self, action: Action) -> tuple[Task, tuple[Task, ...]] | None:
        """The task that is meant, and those it was picked from; else ask, or say that there is none."""
        found = self._search(action.target) if action.target else None
        if action.target and found is None:
            return None
        if found and found[1].error is not None:
            self._say(wording.result(found[1]), found[0])
            return None
        decided = found is not None and found[1].decides
        if found and decided:
            it = sought(action.target or "", found[1], action.verb)
            if it.task:
                return it.task, tuple(found[1].tasks)
            if it.question:
                self._ask(Question("which", it.question, replace(action, target=None), it.candidates))
                return None
        listed = self._open_tasks()
        if listed is None:
            return None
        pool = tuple(listed[1].tasks)
        if not pool:
            self._say("You have no tasks.")
            return None
        match = looked_through(action, pool, str(listed[1].result.get("today") or ""), sure=not decided)
        if match.task:
            return match.task, pool
        if match.candidates:
            text = wording.which(action.verb, match.candidates)
            self._ask(Question("which", text, replace(action, target=None, but=None), match.candidates))
        else:
            self._say(wording.not_found(action.target or ""))
        return None

    def _ask(self, question: Question) -> None:
        self._say(question.text)
        self._set(question=question)

    def _report(self, found: tuple[int, Ran], action: Action, pool: tuple[Task, ...]) -> None:
        index, ran = found
        self._say(wording.result(ran), index)
        if ran.waiting:
            question = Question("gate", ran.waiting, action)
            self._set(question=question, focus=action.task, last=Last(action, action.task, "waiting", pool))
        elif ran.error is not None:
            if ran.error.get("code") == "bad_date":
                text = wording.result(ran)
                self._set(question=Question("when", text, action, dates=ran.dates))
        else:
            task = ran.task or action.task
            state: Literal["done", "idle"] = "idle" if ran.result.get("changed") is False else "done"
            self._set(focus=task, last=Last(action, task, state, pool))

    def rest(self) -> None:
        """Tell of changes that no action here asked for: those that the caller's yes released, first of all."""
        for entry in list(self._left):
            ran = entry[1]
            verb = _VERB.get(ran.tool)
            if verb is None:
                continue
            self._left.remove(entry)
            earlier = self._before.last
            pool = earlier.pool if earlier else ()
            self._report(entry, Action(verb, task=ran.task), pool)  # type: ignore[arg-type]


def run(actions: list[Action], turn: Turn, state: State, *, sees: bool = False) -> Progress:
    """Take a turn's actions as far as the results in it allow. `sees`: the caller's screen can be looked at."""
    runner = _Runner(turn, state, sees=sees)
    for action in actions:
        if not runner.run(action):
            break
    runner.rest()
    progress = runner.progress
    waiting = any(ran.waiting for ran in turn.ran[turn.announced :])
    if waiting and len(progress.said) > 1:
        # The call asks the question itself; beside it only what was done is news.
        progress.said = [text for text in progress.said if not _is_question_of(text, turn)]
    return progress


def _is_question_of(text: str, turn: Turn) -> bool:
    return any(ran.waiting == text for ran in turn.ran)


def speaks_before(calls: list[ToolCall]) -> bool:
    """Whether what is done so far must be told together with these calls: no reply follows a question of the gate."""
    return any(call.name in _GATED for call in calls)
