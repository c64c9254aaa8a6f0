import { type ReactNode, useState } from 'react'

import { ApiError, type KeptLine, type PastCall, transcriptOf } from '../api'
import { nameOf } from '../call/tiers'
import { Stars } from '../call/Stars'
import { words } from '../words'
import { exactly } from '../words/money'

const WHEN = new Intl.DateTimeFormat(words.locale, { dateStyle: 'full', timeStyle: 'short' })

/** One call: when, by what, for how much, what was agreed to, how it was liked. */
export function PastCallCard({ csrf, call }: { csrf: string; call: PastCall }) {
  const seconds = Math.max(0, Math.round((Date.parse(call.ended_at) - Date.parse(call.began_at)) / 1000))
  const served = call.served.map(nameOf).filter((name, at, all) => name !== all[at - 1])
  const facts = [
    call.channel === 'phone' ? words.calls.phone : words.calls.browser,
    words.calls.lasted(Math.floor(seconds / 60), seconds % 60),
    served.join(words.calls.then),
    exactly(call.cost_microdollars),
  ]
  return (
    <li className="card" data-call={call.call_id}>
      <h2>
        <time dateTime={call.began_at}>{WHEN.format(new Date(call.began_at))}</time>
      </h2>
      <p className="facts">
        {facts.filter(Boolean).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      <p className="quiet">
        {consentOf(call)} {call.lines_kept > 0 ? words.calls.kept(call.lines_kept) : words.calls.nothingKept}
      </p>
      {call.lines_kept > 0 && <Lines callId={call.call_id} />}
      <Stars csrf={csrf} callId={call.call_id} given={call.stars} name={words.calls.rate} />
    </li>
  )
}

function consentOf({ consent }: PastCall): string {
  if (consent === null) return words.calls.unasked
  return consent ? words.calls.consented : words.calls.declined
}

function Lines({ callId }: { callId: string }) {
  const [lines, setLines] = useState<KeptLine[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  async function load() {
    setProblem(null)
    try {
      setLines(await transcriptOf(callId))
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    }
  }

  let inside: ReactNode = <p className="quiet">{words.common.moment}</p>
  if (problem) inside = <p role="alert">{problem}</p>
  else if (lines) {
    inside = (
      <ol>
        {lines.map((line) => (
          <li key={line.id}>
            <strong>{words.transcript.who[line.speaker === 'caller' ? 'you' : 'assistant']}</strong> {line.text}
          </li>
        ))}
      </ol>
    )
  }
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && void load()}>
      <summary>{words.calls.show}</summary>
      {inside}
    </details>
  )
}
