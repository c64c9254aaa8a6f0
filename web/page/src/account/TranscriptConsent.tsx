import { useEffect, useState } from 'react'

import { ApiError, consentOf, setConsent, type Consent } from '../api'

/** Whether a transcript of calls may be kept. Off until the caller switches it on. */
export function TranscriptConsent({ csrf }: { csrf: string }) {
  const [consent, setState] = useState<Consent | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  useEffect(() => {
    let gone = false
    consentOf().then(
      (found) => !gone && setState(found),
      () => undefined, // without an answer nothing is kept, and there is nothing to switch
    )
    return () => {
      gone = true
    }
  }, [])

  async function change(given: boolean) {
    setProblem(null)
    try {
      setState(await setConsent(csrf, given))
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'That did not work. Try again.')
    }
  }

  if (!consent) return null
  return (
    <div className="consent">
      <label>
        <input
          type="checkbox"
          checked={consent.transcripts === true}
          onChange={(event) => void change(event.target.checked)}
        />
        Keep a written transcript of my calls for {consent.days} days
      </label>
      <p>Sound is never kept. Switching it off deletes what was kept.</p>
      {problem && <p role="alert">{problem}</p>}
    </div>
  )
}
