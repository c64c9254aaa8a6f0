import { useEffect, useState } from 'react'

/** Where the admin's pages are: behind the `#`, so that they can be reloaded and linked. */
export const ADMIN = '#admin'

/** Back to the page itself, in the place of what the address says now. */
export function leaveHash(): void {
  history.replaceState(null, '', location.pathname)
  dispatchEvent(new Event('hashchange'))
}

export function useHash(): string {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const look = () => setHash(location.hash)
    addEventListener('hashchange', look)
    return () => removeEventListener('hashchange', look)
  }, [])
  return hash
}
