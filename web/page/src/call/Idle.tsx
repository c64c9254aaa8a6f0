import { useEffect, useRef } from 'react'

import { TranscriptConsent } from '../account/TranscriptConsent'
import type { Why } from './ending'
import { endingOf } from './endingWords'

interface Props {
  csrf: string
  ended: Why | null
  elsewhere: string | null
  /** With the id of a call to come back to, or null for a new one. */
  onStart: (callId: string | null) => void
}

/** Before a call, and after one: what happened, and one button. */
export function Idle({ csrf, ended, elsewhere, onStart }: Props) {
  const button = useRef<HTMLButtonElement>(null)
  const ending = ended ? endingOf(ended) : null
  const rejoin = ended?.kind === 'moved' ? ended.callId : elsewhere
  // The button that ended the call is gone: whoever uses a keyboard goes on from here.
  useEffect(() => {
    if (ended) button.current?.focus()
  }, [ended])

  return (
    <section className="idle" aria-labelledby="idle-title">
      <h1 id="idle-title">{ending?.title ?? 'Talk to your tasks'}</h1>
      <div role={ending?.bad ? 'alert' : 'status'}>
        <p className="lead">{ending?.text ?? 'Say what is on your mind. You can interrupt, correct and type as well.'}</p>
        {elsewhere && !ending && <p className="notice">You are in a call in another tab. It can go on here.</p>}
      </div>
      <button ref={button} className="primary start" onClick={() => onStart(rejoin)}>
        {ending?.again ?? (elsewhere ? 'Move the call here' : 'Start talking')}
      </button>
      {rejoin && (
        <button className="plain" onClick={() => onStart(null)}>
          Start a new call
        </button>
      )}
      {!ending && (
        <ul className="examples" aria-label="Things to say">
          <li>«What’s on my list today?»</li>
          <li>«Add a task to review the proposal by Friday»</li>
          <li>«Mark the proposal task as done»</li>
        </ul>
      )}
      <TranscriptConsent csrf={csrf} />
    </section>
  )
}
