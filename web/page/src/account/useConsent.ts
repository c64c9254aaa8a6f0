import { useCallback, useEffect, useState } from 'react'

import { ApiError, type Consent, consentOf, setConsent } from '../api'
import { words } from '../words'

export interface TranscriptConsent {
  /** Null until it is known. */
  consent: Consent | null
  busy: boolean
  problem: string | null
  look: () => void
  change: (transcripts: boolean) => void
}

/** What the caller has said to transcripts of their calls in the browser. */
export function useConsent(csrf: string): TranscriptConsent {
  const [consent, setState] = useState<Consent | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const run = useCallback(async (request: () => Promise<Consent>) => {
    setBusy(true)
    try {
      setState(await request())
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    } finally {
      setBusy(false)
    }
  }, [])

  const look = useCallback(() => void run(consentOf), [run])
  const change = useCallback((transcripts: boolean) => void run(() => setConsent(csrf, transcripts)), [run, csrf])
  useEffect(look, [look])
  return { consent, busy, problem, look, change }
}
