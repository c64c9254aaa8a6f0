import { useEffect } from 'react'

import { useConsent } from '../account/useConsent'
import { words } from '../words'

interface Props {
  csrf: string
  /** Changes when a turn is over: the caller may have said what they want kept. */
  turn: string
}

/** Whether what is said is kept, at any moment of the call; asked where it was never said. */
export function RecordingLine({ csrf, turn }: Props) {
  const { consent, busy, problem, look, change } = useConsent(csrf)
  useEffect(() => {
    if (turn === 'listening') look()
  }, [turn, look])

  if (!consent) return <p className="recording" />
  const { recording } = words
  if (consent.transcripts === null) {
    return (
      <div className="notice recording-ask" role="group" aria-label={words.account.transcripts}>
        <p>{problem ?? recording.ask(consent.days)}</p>
        <div className="row">
          <button disabled={busy} onClick={() => change(true)}>
            {recording.yes}
          </button>
          <button disabled={busy} onClick={() => change(false)}>
            {recording.no}
          </button>
        </div>
      </div>
    )
  }
  const on = consent.transcripts
  return (
    <p className="recording" data-on={on}>
      <span role="status">
        <span className="dot" aria-hidden="true" />
        {problem ?? (on ? recording.on : recording.off)}
      </span>
      <button className="plain" disabled={busy} onClick={() => change(!on)}>
        {on ? recording.stop : recording.keep}
      </button>
    </p>
  )
}
