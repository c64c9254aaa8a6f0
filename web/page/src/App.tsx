import { lazy, Suspense, useCallback, useEffect, useState } from 'react'

import { Home } from './Home'
import { takeRefusal } from './account/provider'
import { SignIn } from './account/SignIn'
import { ADMIN, leaveHash, useHash } from './admin/useHash'
import { type Account, ApiError, whoAmI } from './api'
import { belongTo } from './session'
import { words } from './words'

// For admins alone, so nobody else loads it.
const Admin = lazy(() => import('./admin/Admin').then((page) => ({ default: page.Admin })))

/** A session gets another cookie from time to time, if its page asks who is signed in. */
const LOOK_AGAIN_MS = 15 * 60_000

type Who = { known: false; trouble?: string } | { known: true; account: Account | null; why?: string }

/** Signed out, or home. */
export function App() {
  const [who, setWho] = useState<Who>({ known: false })
  const [inCall, setInCall] = useState(false)
  const hash = useHash()
  const console = who.known && who.account?.user.role === 'admin' && hash.startsWith(ADMIN)
  useEffect(() => {
    // The browser's «back» leads to the console, too: nobody hangs up by it.
    if (inCall && console) leaveHash()
  }, [inCall, console])

  const look = useCallback(async () => {
    try {
      const account = await whoAmI()
      belongTo(account)
      const why = account ? undefined : takeRefusal()
      setWho({ known: true, account, ...(why ? { why } : {}) })
    } catch (error) {
      setWho({ known: false, trouble: error instanceof ApiError ? error.message : String(error) })
    }
  }, [])
  useEffect(() => void look(), [look])
  const enter = useCallback((account: Account) => {
    belongTo(account)
    setWho({ known: true, account })
  }, [])
  const email = who.known ? (who.account?.user.email ?? null) : undefined
  useEffect(() => {
    if (email === undefined) return
    // Whose page is not theirs any more is told by the look itself; who has signed in with another tab comes in here too.
    const lookAgain = async () => {
      const found = await whoAmI().catch(() => null)
      if (email === null && found) enter(found)
    }
    const timer = setInterval(() => void lookAgain(), LOOK_AGAIN_MS)
    const others = new BroadcastChannel('voicetasks.session')
    others.onmessage = () => void lookAgain()
    others.postMessage('look')
    return () => {
      clearInterval(timer)
      others.close()
    }
  }, [email, enter])

  const leave = useCallback((why?: string) => {
    belongTo(null)
    setWho({ known: true, account: null, ...(why ? { why } : {}) })
  }, [])

  if (!who.known) {
    return (
      <main className="entry">
        {who.trouble ? (
          <div className="notice bad" role="alert">
            <p>{who.trouble}</p>
            <button onClick={() => void look()}>{words.common.again}</button>
          </div>
        ) : (
          <p className="quiet" role="status">
            {words.common.moment}
          </p>
        )}
      </main>
    )
  }
  if (!who.account) {
    return <SignIn why={who.why} onSignedIn={enter} />
  }
  if (console && !inCall) {
    return (
      <Suspense fallback={<p className="quiet">{words.common.moment}</p>}>
        <Admin account={who.account} place={hash.slice(ADMIN.length).replace(/^\//, '')} onSignedOut={leave} />
      </Suspense>
    )
  }
  return <Home account={who.account} onCall={setInCall} onSignedOut={leave} />
}
