import { useEffect, useState } from 'react'

/** Where the admin's pages are: behind the `#`, so that they can be reloaded and linked. */
export const ADMIN = '#admin'

export function useHash(): string {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const look = () => setHash(location.hash)
    addEventListener('hashchange', look)
    return () => removeEventListener('hashchange', look)
  }, [])
  return hash
}
