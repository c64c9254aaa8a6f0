import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError, type Change, lastChange, listTasks, type Task } from '../api'
import { serversNow } from '../serverClock'

export interface Tasks {
  open: Task[]
  /** How many are open; `open` may hold fewer. */
  total: number
  done: Task[]
  /** Ids that came or changed with the last refresh. */
  fresh: ReadonlySet<string>
  loaded: boolean
  /** What was changed last, while it can be undone. */
  last: Change | null
  trouble: string | undefined
  refresh: () => void
}

const SHOWN_DONE = 5
/** A reply that ends is told more than once; all of that is one refresh. */
const SETTLE_MS = 250
/** What was changed elsewhere, and what has become overdue, is seen that soon. */
const LOOK_AGAIN_MS = 60_000
/** A look that failed is tried once more by itself. */
const TRY_AGAIN_MS = 5_000
/** How long the task server takes a change back. */
const UNDO_MS = 600_000

/** The user's tasks. Refreshes that come while one runs are done once, after it. Without `theirs` none is done. */
export function useTasks(onSignedOut: () => void, theirs: boolean): Tasks {
  const [open, setOpen] = useState<Task[]>([])
  const [total, setTotal] = useState(0)
  const [done, setDone] = useState<Task[]>([])
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const [last, setLast] = useState<Change | null>(null)
  const [loaded, setLoaded] = useState(false)
  const [trouble, setTrouble] = useState<string>()
  const running = useRef(false)
  const again = useRef(false)
  const failed = useRef(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const asks = useRef(theirs)
  asks.current = theirs
  const known = useRef<Map<string, number> | null>(null)

  const load = useCallback(() => {
    if (!asks.current) return
    if (running.current) {
      again.current = true
      return
    }
    running.current = true
    void (async () => {
      try {
        const [nowOpen, nowDone, nowLast] = await Promise.all([
          listTasks('all', 100),
          listTasks('done', SHOWN_DONE),
          lastChange(),
        ])
        const before = known.current
        const everything = [...nowOpen.tasks, ...nowDone.tasks]
        const changed = everything.filter((task) => before !== null && before.get(task.id) !== task.version)
        known.current = new Map(everything.map((task) => [task.id, task.version]))
        setOpen(nowOpen.tasks)
        setTotal(nowOpen.total)
        setDone(nowDone.tasks)
        setLast(nowLast)
        if (changed.length > 0) setFresh(new Set(changed.map((task) => task.id)))
        setLoaded(true)
        setTrouble(undefined)
        failed.current = false
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) onSignedOut()
        else {
          setTrouble(error instanceof ApiError ? error.message : String(error))
          clearTimeout(timer.current)
          if (!failed.current) timer.current = setTimeout(load, TRY_AGAIN_MS)
          failed.current = true
        }
      } finally {
        running.current = false
        if (again.current) {
          again.current = false
          load()
        }
      }
    })()
  }, [onSignedOut])

  useEffect(() => {
    if (!last) return
    const left = Date.parse(last.at) + UNDO_MS - serversNow()
    const timer = setTimeout(() => setLast(null), Math.max(0, left))
    return () => clearTimeout(timer)
  }, [last])

  const refresh = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = setTimeout(load, SETTLE_MS)
  }, [load])

  useEffect(() => {
    load()
    const onShown = () => document.visibilityState === 'visible' && refresh()
    const often = setInterval(onShown, LOOK_AGAIN_MS)
    document.addEventListener('visibilitychange', onShown)
    return () => {
      clearInterval(often)
      document.removeEventListener('visibilitychange', onShown)
      clearTimeout(timer.current)
    }
  }, [load, refresh])

  return { open, total, done, fresh, last, loaded, trouble, refresh }
}
