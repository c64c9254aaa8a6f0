/**
 * A call outlives a reload of its tab: the page writes down on leaving what it needs to take it up again.
 *
 * Only on leaving, so that a doubled tab, which inherits this storage, does not take the call from its original.
 */

import { type Rejoin, WAIT_MS } from './rejoin'

const KEY = 'voicetasks.call'

/** Note the call that this tab leaves. `held` is the connection it had. */
export function keepCall(callId: string, held: string | null): void {
  sessionStorage.setItem(KEY, JSON.stringify({ callId, held, at: Date.now() }))
}

/** The call that this tab was in before it was loaded anew; once. */
export function takeKeptCall(): Rejoin | null {
  const kept = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  if (!kept) return null
  const { callId, held, at } = JSON.parse(kept) as { callId: string; held: string | null; at: number }
  return Date.now() - at < WAIT_MS ? { callId, held, unasked: true } : null
}
