/** Coming back to a call that lives already. */

import { ApiError, rejoinCall, startCall } from '../api'

/** How long a call waits for a caller whose line was lost. */
export const WAIT_MS = 120_000

export interface Rejoin {
  callId: string
  /** The connection that this tab had in it. */
  held: string | null
  /** Nobody pressed a button: the call is neither taken from another tab nor made anew. */
  unasked: boolean
}

/** The way into a call: a new one, or the one to come back to. */
export async function wayIn(csrf: string, rejoin: Rejoin | null) {
  if (!rejoin) return startCall(csrf)
  try {
    return await rejoinCall(csrf, rejoin.callId, rejoin.unasked ? (rejoin.held ?? '') : null)
  } catch (error) {
    // It has ended meanwhile: whoever asked for it gets a new one.
    if (!rejoin.unasked && error instanceof ApiError && error.status === 404) return startCall(csrf)
    throw error
  }
}
