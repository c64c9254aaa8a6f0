import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { nameOf, TEXT } from './tiers'
import type { Agent } from './useAgent'

export interface Served {
  stack: string
  name: string
  /** ms since 1970. */
  since: number
}

const SHOWN_MS = 15_000
/** Of a history, as many as there is room for. */
const MOST = 5

export interface TierChanges {
  /** What has served the call, first to last. */
  history: Served[]
  /** The change that has just happened. */
  news: string | null
}

/** Follows what serves the call, and tells of each change for a while. */
export function useTierChanges({ tier, stack, reason }: Agent): TierChanges {
  const [history, setHistory] = useState<Served[]>([])
  const [news, setNews] = useState<string | null>(null)
  const served = useRef({ stack: '', name: '' })

  useEffect(() => {
    // Nobody is there at this moment: whoever comes next may serve with the same.
    if (!stack || !tier) return
    const before = served.current
    served.current = { stack, name: nameOf({ tier, stack }) }
    setHistory((all) => {
      const now = { stack, name: nameOf({ tier, stack }), since: Date.now() }
      const last = all.at(-1)
      return last?.stack === stack ? all : [...all, now].slice(-MOST)
    })
    if (!before.stack || before.stack === stack) return
    // Without a voice there is a notice of its own.
    setNews(stack === TEXT ? null : newsOf(before, served.current, reason))
  }, [tier, stack, reason])

  useEffect(() => {
    if (!news) return
    const timer = setTimeout(() => setNews(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [news])

  return { history, news }
}

interface Serving {
  stack: string
  name: string
}

function newsOf(before: Serving, now: Serving, reason: string): string {
  const { served } = words
  const switched = before.name === now.name ? served.switchedWithin : served.switched
  return [before.stack === TEXT && served.voiceIsBack, switched(now.name, reason)].filter(Boolean).join(' ')
}
