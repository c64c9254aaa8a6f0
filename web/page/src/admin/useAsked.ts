import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError, ask } from '../api'
import { words } from '../words'

export interface Asked<T> {
  data: T | null
  /** What is wrong now; what was known before stays beside it. */
  problem: string | null
  refresh: () => void
}

/** Asks the server, and again every so often while somebody looks. */
export function useAsked<T>(path: string, onSignedOut: () => void, everyMs = 0): Asked<T> {
  const [data, setData] = useState<T | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const newest = useRef(0)
  const answered = useRef(0)

  const look = useCallback(async () => {
    const mine = ++newest.current
    try {
      const found = await ask<T>(path)
      if (mine !== newest.current) return
      setData(found)
      setProblem(null)
    } catch (error) {
      if (mine !== newest.current) return
      if (error instanceof ApiError && error.status === 401) onSignedOut()
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    } finally {
      answered.current = Math.max(answered.current, mine)
    }
  }, [path, onSignedOut])

  useEffect(() => {
    setData(null)
    void look()
    if (!everyMs) return
    const timer = setInterval(() => {
      // Who asks anew before the answer is there never hears a slow server's, nor that it has failed.
      if (!document.hidden && answered.current === newest.current) void look()
    }, everyMs)
    return () => {
      clearInterval(timer)
      newest.current++
    }
  }, [look, everyMs])

  return { data, problem, refresh: () => void look() }
}
