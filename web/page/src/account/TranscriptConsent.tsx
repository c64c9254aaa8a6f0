import { useCallback, useEffect, useState } from 'react'

import { ApiError, consentOf, setConsent, type Consent } from '../api'

/** For the room that the words take until the server has told. */
const USUAL_DAYS = 30

/** Whether a transcript of calls in the browser may be kept. Off until the caller switches it on. */
export function TranscriptConsent({ csrf }: { csrf: string }) {
  const [consent, setState] = useState<Consent | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const run = useCallback(async (request: () => Promise<Consent>) => {
    setBusy(true)
    try {
      setState(await request())
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'That did not work. Try again.')
    } finally {
      setBusy(false)
    }
  }, [])

  useEffect(() => void run(consentOf), [run])

  // Before it is known it takes the room that it will need: a button that jumps away under a press is not pressed.
  const unknown = consent === null
  return (
    <div className="consent">
      <div style={unknown ? { visibility: 'hidden' } : undefined}>
        <label>
          <input
            type="checkbox"
            checked={consent?.transcripts === true}
            disabled={busy || unknown}
            onChange={({ target: { checked } }) => void run(() => setConsent(csrf, checked))}
          />
          Keep a written transcript of my calls in the browser for {consent?.days ?? USUAL_DAYS} days
        </label>
        <p>
          Sound is never kept. Switching it off deletes what was kept of calls in the browser; calls by phone have an
          answer of their own.
        </p>
        {!unknown && problem && <p role="alert">{problem}</p>}
      </div>
      {unknown && problem && (
        <div>
          <p role="alert">We could not find out whether transcripts of your calls are kept. {problem}</p>
          <button className="plain" disabled={busy} onClick={() => void run(consentOf)}>
            Try again
          </button>
        </div>
      )}
    </div>
  )
}
