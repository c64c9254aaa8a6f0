import { useEffect, useState } from 'react'

const PATIENCE_MS = 10_000

interface Props {
  answered: boolean
  onRetry: () => void
  onEnd: () => void
}

/** Nobody has answered for ten seconds, or whoever did has gone: say so, and offer to try again. */
export function WaitingNotice({ answered, onRetry, onEnd }: Props) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (answered) {
      setLate(false)
      return
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [answered])
  if (!late) return null
  return (
    <div className="notice bad" role="alert">
      <p>
        <strong>Nobody has answered yet.</strong> The assistant should be here within ten seconds. You can wait, or try
        again.
      </p>
      <div className="row">
        <button onClick={onRetry}>Try again</button>
        <button className="plain" onClick={onEnd}>
          End the call
        </button>
      </div>
    </div>
  )
}
