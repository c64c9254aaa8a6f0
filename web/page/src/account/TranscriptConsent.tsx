import { useCallback, useEffect, useState } from 'react'

import { ApiError, consentOf, setConsent, type Consent } from '../api'

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

  if (!consent) {
    // What is known within the blink of an eye needs no «one moment».
    if (!problem) return null
    return (
      <div className="consent">
        <p role="alert">We could not find out whether transcripts of your calls are kept. {problem}</p>
        <button className="plain" disabled={busy} onClick={() => void run(consentOf)}>
          Try again
        </button>
      </div>
    )
  }
  return (
    <div className="consent">
      <label>
        <input
          type="checkbox"
          checked={consent.transcripts === true}
          disabled={busy}
          onChange={({ target: { checked } }) => void run(() => setConsent(csrf, checked))}
        />
        Keep a written transcript of my calls in the browser for {consent.days} days
      </label>
      <p>
        Sound is never kept. Switching it off deletes what was kept of calls in the browser; calls by phone have an
        answer of their own.
      </p>
      {problem && <p role="alert">{problem}</p>}
    </div>
  )
}
