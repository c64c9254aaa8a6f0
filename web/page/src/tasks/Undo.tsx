import { useEffect, useState } from 'react'

import { ApiError, undoChange } from '../api'
import { words } from '../words'
import type { Tasks } from './useTasks'

const SAID_MS = 15_000

/** Takes the last change back, however it was made. */
export function Undo({ csrf, tasks }: { csrf: string; tasks: Tasks }) {
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const { last, refresh } = tasks

  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])

  async function undo() {
    if (!last) return
    setBusy(true)
    setSaid('')
    try {
      await undoChange(csrf, last)
      setSaid(words.tasks.undone(last.title))
    } catch (error) {
      setSaid(error instanceof ApiError ? error.message : words.common.failed)
    } finally {
      setBusy(false)
      refresh()
    }
  }

  return (
    <>
      {last && (
        <button className="plain undo" disabled={busy} onClick={() => void undo()}>
          <span>{words.tasks.undo[last.kind](last.title)}</span>
        </button>
      )}
      <p className="said" role="status">
        {said}
      </p>
    </>
  )
}
