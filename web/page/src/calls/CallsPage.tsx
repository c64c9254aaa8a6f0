import { useCallback, useEffect, useState } from 'react'

import { ApiError, listCalls, type PastCall, type PastCalls } from '../api'
import { OwnPage } from '../account/OwnPage'
import { words } from '../words'
import { PastCallCard } from './PastCallCard'

interface Props {
  csrf: string
  onClose: () => void
  onSignedOut: () => void
}

/** One's own calls, the newest first. */
export function CallsPage({ csrf, onClose, onSignedOut }: Props) {
  const [calls, setCalls] = useState<PastCall[] | null>(null)
  const [sandbox, setSandbox] = useState(false)
  const [last, setLast] = useState<PastCalls | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const load = useCallback(
    async (before: PastCalls | null) => {
      setBusy(true)
      setProblem(null)
      try {
        const found = await listCalls(before)
        setCalls((known) => [...(before === null ? [] : (known ?? [])), ...found.calls])
        setSandbox(found.sandbox)
        setLast(found.next === null ? null : found)
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) onSignedOut()
        setProblem(error instanceof ApiError ? error.message : words.common.failed)
      } finally {
        setBusy(false)
      }
    },
    [onSignedOut],
  )
  useEffect(() => void load(null), [load])

  return (
    <OwnPage
      title={words.calls.title}
      beside={
        sandbox && (
          <span className="badge sandboxed" title={words.common.sandboxTitle}>
            {words.common.sandbox}
          </span>
        )
      }
      problem={problem}
      // What is there stays: only what failed is asked for again.
      onRetry={() => void load(calls && last)}
      onClose={onClose}
    >
      {calls?.length === 0 && <p className="quiet">{words.calls.none}</p>}
      <ul className="past-calls">
        {calls?.map((call) => (
          <PastCallCard key={call.call_id} csrf={csrf} call={call} />
        ))}
      </ul>
      {last !== null && (
        <p>
          <button disabled={busy} onClick={() => void load(last)}>
            {words.calls.more}
          </button>
        </p>
      )}
    </OwnPage>
  )
}
