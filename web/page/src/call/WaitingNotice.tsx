import { useEffect, useState } from 'react'
import { words } from '../words'

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
        <strong>{words.call.nobodyYet}</strong> {words.call.nobodyYetText}
      </p>
      <div className="row">
        <button onClick={onRetry}>{words.common.again}</button>
        <button className="plain" onClick={onEnd}>
          {words.call.endIt}
        </button>
      </div>
    </div>
  )
}
