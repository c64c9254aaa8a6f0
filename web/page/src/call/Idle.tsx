import { useEffect, useRef } from 'react'

import { TranscriptConsent } from '../account/TranscriptConsent'
import { BudgetLine } from '../budget/BudgetLine'
import { useBudget } from '../budget/useBudget'
import { words } from '../words'
import type { Why } from './ending'
import { endingOf } from './endingWords'
import { Stars } from './Stars'

export interface Ended {
  why: Why
  /** The call that can be given stars, if there was one. */
  callId: string | null
  /** What was written and never sent. */
  unsent: string[]
}

interface Props {
  csrf: string
  ended: Ended | null
  elsewhere: string | null
  /** With the id of a call to come back to, or null for a new one. */
  onStart: (callId: string | null) => void
}

/** Before a call, and after one: what happened, and one button. */
export function Idle({ csrf, ended, elsewhere, onStart }: Props) {
  const button = useRef<HTMLButtonElement>(null)
  const [budget] = useBudget()
  const ending = ended ? endingOf(ended.why) : null
  const moved = ended?.why.kind === 'moved' ? ended.why.callId : null
  const rejoin = moved ?? elsewhere
  /** The button takes another tab's call, and says so whatever has happened here. */
  const takes = elsewhere !== null && moved === null
  const { idle } = words
  // The button that ended the call is gone: whoever uses a keyboard goes on from here.
  useEffect(() => {
    if (ended) button.current?.focus()
  }, [ended])

  return (
    <section className="idle" aria-labelledby="idle-title">
      <h1 id="idle-title">{ending?.title ?? idle.title}</h1>
      <div role={ending?.bad ? 'alert' : 'status'}>
        <p className="lead">{ending?.text ?? (takes ? idle.elsewhere : idle.lead)}</p>
        {ending && takes && <p>{idle.elsewhere}</p>}
        {ended && ended.unsent.length > 0 && (
          <p className="notice">{idle.unsent(ended.unsent.map(words.common.quoted).join(' '))}</p>
        )}
      </div>
      <button ref={button} className="primary start" onClick={() => onStart(rejoin)}>
        {takes ? idle.move : (ending?.again ?? idle.start)}
      </button>
      {rejoin && (
        <button className="plain" onClick={() => onStart(null)}>
          {idle.startNew}
        </button>
      )}
      {ended?.callId && <Stars key={ended.callId} csrf={csrf} callId={ended.callId} />}
      {!ending && (
        <ul className="examples" aria-label={idle.examples}>
          {idle.example.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      <TranscriptConsent csrf={csrf} />
      <BudgetLine budget={budget} />
    </section>
  )
}
