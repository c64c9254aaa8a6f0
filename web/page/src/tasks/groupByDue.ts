import type { Task } from '../api'
import { words } from '../words'

export const GROUPS = ['overdue', 'today', 'week', 'later', 'none'] as const
export type Group = (typeof GROUPS)[number]

/** The local date and time (YYYY-MM-DDTHH:MM) of an instant in a time zone: what due dates compare with. */
export function localTime(timeZone: string, at: Date): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return format.format(at).replace(' ', 'T')
}

/**
 * Which group a task belongs to. Due dates are days or local times of the user's own zone, so they compare as text;
 * «this week» is the next seven days, as the spoken list has it.
 */
export function groupOf(task: Task, now: string): Group {
  if (!task.due) return 'none'
  const today = now.slice(0, 10)
  const day = task.due.slice(0, 10)
  if (day < today || (task.due.includes('T') && task.due < now)) return 'overdue'
  if (day === today) return 'today'
  const end = new Date(`${today}T12:00:00Z`)
  end.setUTCDate(end.getUTCDate() + 7)
  return day < end.toISOString().slice(0, 10) ? 'week' : 'later'
}

/** The urgent first, as the spoken list has it. */
const rank = (task: Task) => (task.priority === 'high' ? 0 : task.priority === 'low' ? 2 : 1)

export function groupByDue(tasks: Task[], now: string): [Group, Task[]][] {
  const groups = new Map<Group, Task[]>()
  for (const task of tasks) {
    const group = groupOf(task, now)
    groups.set(group, [...(groups.get(group) ?? []), task])
  }
  for (const members of groups.values()) members.sort((a, b) => rank(a) - rank(b) || (a.due ?? '').localeCompare(b.due ?? ''))
  return GROUPS.flatMap((group) => (groups.has(group) ? [[group, groups.get(group)!] as [Group, Task[]]] : []))
}

/** A due date for the eye: «Fri 27 Nov», with the time where there is one; of today only the time. */
export function dueForTheEye(due: string, today: string): string {
  const [day = '', time] = due.split('T')
  const date = new Intl.DateTimeFormat(words.locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
  const told = date.format(new Date(`${day}T12:00:00Z`)).replace(',', '')
  if (day === today) return time?.slice(0, 5) ?? ''
  return time ? `${told}, ${time.slice(0, 5)}` : told
}
