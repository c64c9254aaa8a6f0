import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError, type Consent, consentOf, setConsent } from '../api'
import { words } from '../words'

export interface TranscriptConsent {
  /** Null until it is known. */
  consent: Consent | null
  /** An answer of the caller's is under way. */
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

  const newest = useRef(0)
  const changing = useRef(false)

  const run = useCallback(async (request: () => Promise<Consent>) => {
    const mine = ++newest.current
    try {
      const found = await request()
      if (mine !== newest.current) return
      setState(found)
      setProblem(null)
    } catch (error) {
      if (mine === newest.current) setProblem(error instanceof ApiError ? error.message : words.common.failed)
    }
  }, [])

  // A look of the page's own disables nothing: a button would lose the keyboard that stands on it.
  const look = useCallback(() => {
    if (!changing.current) void run(consentOf)
  }, [run])
  const change = useCallback(
    (transcripts: boolean) => {
      changing.current = true
      setBusy(true)
      void run(() => setConsent(csrf, transcripts)).finally(() => {
        changing.current = false
        setBusy(false)
      })
    },
    [run, csrf],
  )
  useEffect(look, [look])
  return { consent, busy, problem, look, change }
}
