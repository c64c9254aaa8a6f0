import type { Task } from '../api'
import { words } from '../words'
import { localTime, dueForTheEye, groupByDue } from './groupByDue'
import { Undo } from './Undo'
import type { Tasks } from './useTasks'

interface Props {
  csrf: string
  tasks: Tasks
  timeZone: string
}

export function TaskPanel({ csrf, tasks, timeZone }: Props) {
  const now = localTime(timeZone, new Date())
  const groups = groupByDue(tasks.open, now)
  return (
    <section className="tasks" aria-labelledby="tasks-title">
      <header>
        <h2 id="tasks-title">
          {words.tasks.title} <span className="count">{tasks.loaded ? tasks.total : '\u00a0'}</span>
        </h2>
        <Undo csrf={csrf} tasks={tasks} />
      </header>
      {tasks.trouble && (
        <div className="notice bad" role="alert">
          <p>{tasks.trouble}</p>
          <button onClick={tasks.refresh}>{words.common.again}</button>
        </div>
      )}
      {tasks.loaded && tasks.open.length === 0 && (
        <p className="quiet">{words.tasks.nothing}</p>
      )}
      {groups.map(([group, members]) => (
        <section key={group} aria-label={words.tasks.groups[group]} className={group === 'overdue' ? 'group overdue' : 'group'}>
          <h3>{words.tasks.groups[group]}</h3>
          <ul>
            {members.map((task) => (
              <TaskLine key={task.id} task={task} fresh={tasks.fresh.has(task.id)} today={now.slice(0, 10)} />
            ))}
          </ul>
        </section>
      ))}
      {tasks.total > tasks.open.length && <p className="quiet">{words.tasks.more(tasks.total - tasks.open.length)}</p>}
      {tasks.done.length > 0 && (
        <section aria-label={words.tasks.done} className="group done">
          <h3>{words.tasks.done}</h3>
          <ul>
            {tasks.done.map((task) => (
              <TaskLine key={task.id} task={task} fresh={tasks.fresh.has(task.id)} />
            ))}
          </ul>
        </section>
      )}
    </section>
  )
}

function TaskLine({ task, fresh, today = '' }: { task: Task; fresh: boolean; today?: string }) {
  return (
    // The version is part of the key, so that each change starts the highlight anew.
    <li key={task.version} className={fresh ? 'task fresh' : 'task'} data-task={task.id}>
      <div className="what">
        <span className="title">{task.title}</span>
        <TaskFacts task={task} />
      </div>
      {task.due && task.status === 'open' && <time dateTime={task.due}>{dueForTheEye(task.due, today)}</time>}
    </li>
  )
}

/** What a task is beside its title: its priority, how it repeats, its list and its tags. */
function TaskFacts({ task }: { task: Task }) {
  const facts = [task.repeats, task.list_name && words.tasks.list(task.list_name), ...(task.tags ?? []).map(words.tasks.tag)]
  const told = facts.filter((fact): fact is string => Boolean(fact))
  if (!task.priority && told.length === 0) return null
  return (
    <span className="facts">
      {task.priority && (
        <span className={`priority ${task.priority}`}>{task.priority === 'high' ? words.tasks.high : words.tasks.low}</span>
      )}
      {told.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </span>
  )
}
