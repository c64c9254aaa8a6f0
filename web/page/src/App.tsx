import { lazy, Suspense, useCallback, useEffect, useState } from 'react'

import { Home } from './Home'
import { takeRefusal } from './account/provider'
import { SignIn } from './account/SignIn'
import { ADMIN, useHash } from './admin/useHash'
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
  const hash = useHash()

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
  const email = who.known ? (who.account?.user.email ?? null) : undefined
  useEffect(() => {
    if (email === undefined) return
    // Whose page is not theirs any more is told by the look itself.
    const lookAgain = () => void whoAmI().catch(() => undefined)
    const timer = setInterval(lookAgain, LOOK_AGAIN_MS)
    const others = new BroadcastChannel('voicetasks.session')
    others.onmessage = lookAgain
    others.postMessage('look')
    return () => {
      clearInterval(timer)
      others.close()
    }
  }, [email])

  const leave = useCallback((why?: string) => {
    belongTo(null)
    setWho({ known: true, account: null, ...(why ? { why } : {}) })
  }, [])
  const enter = useCallback((account: Account) => {
    belongTo(account)
    setWho({ known: true, account })
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
  if (who.account.user.role === 'admin' && hash.startsWith(ADMIN)) {
    return (
      <Suspense fallback={<p className="quiet">{words.common.moment}</p>}>
        <Admin account={who.account} place={hash.slice(ADMIN.length).replace(/^\//, '')} onSignedOut={leave} />
      </Suspense>
    )
  }
  return <Home account={who.account} onSignedOut={leave} />
}
