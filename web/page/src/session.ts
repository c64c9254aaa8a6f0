/**
 * Whose page this is. The cookie is the whole browser's: with another tab somebody may sign in anew, and then the token
 * that this page was given is void, or the page shows what is not its reader's any more.
 */

import type { Account } from './api'

/** The window's event when the server knows no session of this page's person: a dialog that asked needs not tell its page. */
export const SIGNED_OUT = 'voicetasks:signed-out'

/** The window's event when this page's person has signed in anew, in another tab. */
export const SIGNED_IN = 'voicetasks:signed-in'

export const tellSignedOut = () => dispatchEvent(new Event(SIGNED_OUT))

let mine: { email: string; csrf: string } | null = null

/** The page is this person's from now on, or nobody's. */
export function belongTo(account: Account | null): void {
  mine = account && { email: account.user.email, csrf: account.csrf }
}

/** Whose page it is, or null. */
export const whose = () => mine?.email ?? null

/** The token of the session as it is now: what a part of the page was given may be from the one before. */
export const tokenNow = (given: string) => mine?.csrf ?? given

/** Take over the token of who is signed in now. False, and told, when that is not whose page this is. */
export function isStillOf(account: Account): boolean {
  if (!mine) return true
  if (account.user.email !== mine.email) {
    tellSignedOut()
    return false
  }
  const anew = account.csrf !== mine.csrf
  mine.csrf = account.csrf
  if (anew) dispatchEvent(new Event(SIGNED_IN))
  return true
}
