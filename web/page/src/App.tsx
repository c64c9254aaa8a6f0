import { useCallback, useEffect, useState } from 'react'

import { Home } from './Home'
import { SignIn } from './account/SignIn'
import { type Account, ApiError, whoAmI } from './api'

type Who = { known: false; trouble?: string } | { known: true; account: Account | null; why?: string }

/** Signed out, or home. */
export function App() {
  const [who, setWho] = useState<Who>({ known: false })

  const look = useCallback(async () => {
    try {
      setWho({ known: true, account: await whoAmI() })
    } catch (error) {
      setWho({ known: false, trouble: error instanceof ApiError ? error.message : String(error) })
    }
  }, [])
  useEffect(() => void look(), [look])

  const leave = useCallback((why?: string) => setWho({ known: true, account: null, ...(why ? { why } : {}) }), [])

  if (!who.known) {
    return (
      <main className="entry">
        {who.trouble ? (
          <div className="notice bad" role="alert">
            <p>{who.trouble}</p>
            <button onClick={() => void look()}>Try again</button>
          </div>
        ) : (
          <p className="quiet" role="status">
            One moment…
          </p>
        )}
      </main>
    )
  }
  if (!who.account) {
    return <SignIn why={who.why} onSignedIn={(account) => setWho({ known: true, account })} />
  }
  return <Home account={who.account} onSignedOut={leave} />
}
