/**
 * A call outlives a reload of its tab: the page writes down on leaving what it needs to take it up again.
 *
 * Only on leaving, so that a doubled tab, which inherits this storage, does not take the call from its original.
 */

import { whose } from '../session'
import { type Rejoin, WAIT_MS } from './rejoin'

const KEY = 'voicetasks.call'

/** Note the call that this tab leaves. `held` is the connection it had. */
export function keepCall(callId: string, held: string | null): void {
  sessionStorage.setItem(KEY, JSON.stringify({ callId, held, whose: whose(), at: Date.now() }))
}

interface Kept {
  callId: string
  held: string | null
  whose: string | null
  at: number
}

/** The call that this tab was in before it was loaded anew; once, and only for whose call it was. */
export function takeKeptCall(): Rejoin | null {
  const kept = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  if (!kept) return null
  const call = JSON.parse(kept) as Kept
  if (call.whose !== whose() || Date.now() - call.at >= WAIT_MS) return null
  return { callId: call.callId, held: call.held, unasked: true }
}
